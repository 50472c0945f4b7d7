//! What catalog hooks hide, unlist and add, as calls meet it.

use super::*;

/// Gives these edits for whatever it is shown.
struct Edits(Vec<ListEdit>);

impl CatalogHook for Edits {
    fn plugin(&self) -> PluginName {
        PluginName::new("p").unwrap()
    }

    fn transform(&self, _: &[EntryView<'_>]) -> Result<Vec<ListEdit>, String> {
        Ok(self.0.clone())
    }
}

fn editing(pattern: &str, edits: Vec<ListEdit>, hooks: Hooks) -> Hooks {
    only("", pattern, "", Hooks { catalog: Some(Arc::new(Edits(edits))), ..hooks })
}

fn adding(name: &str) -> Vec<ListEdit> {
    let definition = Raw::literal(r#"{"inputSchema":{"type":"object"}}"#);
    vec![ListEdit::Add(VirtualTool { name: name.to_owned(), definition })]
}

#[tokio::test]
async fn a_plugins_own_tool_is_answered_by_its_request_hook_whatever_it_matches() {
    let notes = Notes::default();
    let noted = notes.clone();
    let answering = requesting("p", move |subject, document| {
        let (to, exposed) = (&subject.to, &subject.exposed);
        noted.note(format!("{} {} {exposed} {}", to.backend, to.native, of_raw(document)));
        Ok(RequestAction::Answer(Raw::literal(r#"{"content":[]}"#)))
    });
    let plugin = only("nothing", "", "nobody", editing("t", adding("find"), answering));
    for era in ERAS {
        let scene = Scene::new(era, [plugin.clone()]).await;
        assert_eq!(names(&scene.stage.mux).await, ["a__t", "a__u", "find"]);
        let answered = scene.tool(era, "find", json!({ "q": 1 })).await;
        assert_eq!(result(answered), json!({ "content": [] }));
        assert_eq!(notes.take(), [r#"p find find {"q":1}"#]);
        let (record, _) = scene.ledger.take().remove(0);
        assert_eq!((record.status, record.subject.to.backend.as_str()), (Status::Success, "p"));
        assert!(scene.a.sent().is_empty());
        scene.tool(era, "a__t", json!({})).await.unwrap();
        assert_eq!(notes.take(), [""; 0]);
    }
}

#[tokio::test]
async fn a_tool_that_nobody_answers_says_so() {
    let forward = requesting("p", |_, _| Ok(RequestAction::Forward));
    let silent = [
        editing("", adding("find"), forward),
        editing("", adding("find"), plain("p")),
        // A backend of the plugin's name is another one.
        editing("", adding("find"), plain("a")),
    ];
    for plugin in silent {
        let scene = Scene::new(Era::Legacy, [plugin]).await;
        let refused = fault(scene.tool(Era::Legacy, "find", json!({})).await);
        assert_eq!(refused.kind, Kind::PluginFailed);
        assert!(refused.public.contains("the tool `find` was added by a plugin"), "{refused}");
        assert!(scene.a.sent().is_empty());
    }
}

#[tokio::test]
async fn a_search_tool_stands_for_tools_that_are_not_listed() {
    let searching = requesting("p", |subject, document| {
        if subject.to.native.as_str() != "run" {
            return Ok(RequestAction::Forward);
        }
        let of = |at: &str| document.at(&pointer(at)).unwrap().unwrap();
        let exposed = of("/tool").as_string().unwrap().into_owned();
        Ok(RequestAction::Reroute { exposed, arguments: of("/arguments") })
    });
    let mut edits = adding("run");
    edits.extend([ListEdit::Unlist(0), ListEdit::Unlist(1)]);
    let scene = Scene::new(Era::Legacy, [editing("?", edits, searching)]).await;
    assert_eq!(names(&scene.stage.mux).await, ["run"]);
    for era in ERAS {
        let wanted = json!({ "tool": "a__u", "arguments": { "n": 1 } });
        scene.tool(era, "run", wanted).await.unwrap();
        assert_eq!(scene.a.sent().pop().unwrap(), "tools/call u");
        assert_eq!(scene.a.params(), json!({ "arguments": { "n": 1 } }));
    }
    // It cannot call itself.
    let itself = json!({ "tool": "run", "arguments": { "tool": "a__t", "arguments": {} } });
    assert_eq!(reason(scene.tool(Era::Legacy, "run", itself).await).0, Kind::PluginFailed);
    scene.tool(Era::Legacy, "a__t", json!({})).await.unwrap();
}

#[tokio::test]
async fn what_is_hidden_is_reached_by_no_name() {
    // Of all kinds, in order: t, u, p, x:1, x:2, y:{id}.
    let edits = [0, 2, 3, 5].map(ListEdit::Hide).to_vec();
    let scene = Scene::new(Era::Legacy, [editing("", edits, plain("p"))]).await;
    for (method, name) in [
        (Method::ToolsCall, "a__t"),
        (Method::PromptsGet, "a__p"),
        (Method::ResourcesRead, "x:1"),
        (Method::ResourcesRead, "mcpmux+a+x:1"),
        (Method::ResourcesRead, "y:7"),
        (Method::ResourcesRead, "y:{id}"),
    ] {
        let refused = fault(scene.ask(method, name, json!({})).await);
        assert_eq!(refused, mcpmux_core::gate::unknown(method, name));
    }
    let template = json!({ "ref": { "type": "ref/resource", "uri": "y:{id}" } });
    assert!(scene.ask(Method::Complete, "y:{id}", template).await.is_err());
    assert!(scene.a.sent().is_empty());
    scene.ask(Method::ResourcesRead, "x:2", json!({})).await.unwrap();
}

#[tokio::test]
async fn what_becomes_hidden_is_not_wanted_any_more_and_its_updates_are_not_told() {
    let a = actor("a", Era::Legacy);
    let stage = Stage::of(&[(&a, everything())]).await;
    let guest = Arc::default();
    let seat = stage.join(Era::Legacy, "{}", &guest);
    for uri in ["x:1", "x:2"] {
        let call = request(Era::Legacy, Method::Subscribe, uri, json!({}));
        seat.subscribe(call, Flight::default()).await.unwrap();
    }
    let plugins = vec![Arc::new(editing("x:1", vec![ListEdit::Hide(0)], plain("p")))];
    stage.mux.apply(Setup { plugins, ..members(&[(&a, Naming::default())]) }).await;
    until(|| a.wanted() == ["x:2"]).await;
    stage.updated(&a, "x:1");
    stage.updated(&a, "x:2");
    assert_eq!(guest.heard(), [json!({ "uri": "x:2" })]);
}

#[tokio::test]
async fn a_refusal_of_a_plugins_own_tool_names_no_backend() {
    let refuse = requesting("p", |_, _| Ok(RequestAction::Refuse(denial("no"))));
    let broken = requesting("p", |_, _| Err("broken".to_owned()));
    for plugin in [refuse, broken] {
        let scene = Scene::new(Era::Legacy, [editing("", adding("find"), plugin)]).await;
        let refused = fault(scene.tool(Era::Legacy, "find", json!({})).await);
        assert!(refused.backend.is_none() && refused.code.is_some(), "{refused:?}");
    }
}
