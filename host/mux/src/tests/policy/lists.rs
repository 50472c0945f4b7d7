//! The authorize-list hook: what a client does not see it cannot call, nor tell from what is not there.

use super::*;

/// Leaves out what has one of these native names.
fn hiding_from(client: &'static str, natives: &'static [&'static str]) -> Hooks {
    let hook = listing_by("p", move |_, entries| {
        let shown = |entry: &Seen| !natives.contains(&entry.native.as_str());
        Ok(entries.iter().map(shown).collect())
    });
    only("", "", client, hook)
}

fn named(era: Era, name: &str) -> Arc<Client> {
    let mut client = client(era, "{}");
    Arc::make_mut(&mut client).info = Some(Raw::of(&json!({ "name": name, "version": "1" })));
    client
}

async fn listed(mux: &Mux, client: &Client, kind: EntryKind) -> Vec<String> {
    let list = mux.list(client, kind, None).await.unwrap().entries.elements().unwrap();
    let name = |entry: Raw| entry.read::<Value>().unwrap()[kind.key()].as_str().unwrap().to_owned();
    list.into_iter().map(name).collect()
}

async fn by(mux: &Mux, client: &Arc<Client>, method: Method, name: &str, params: Value) -> Outcome {
    let call = Call { client: Arc::clone(client), ..request(Era::Legacy, method, name, params) };
    mux.call(call, Flight::default()).await
}

#[tokio::test]
async fn what_is_left_out_of_a_clients_lists_is_not_there_for_it() {
    let hidden = ["t", "p", "x:1", "y:{id}"];
    for era in ERAS {
        let scene = Scene::new(era, [hiding_from("some*", &["t", "p", "x:1", "y:{id}"])]).await;
        let (some, other) = (named(era, "somebody"), named(era, "other"));
        let mux = &scene.stage.mux;
        for kind in EntryKind::ALL {
            let (less, all) = (listed(mux, &some, kind).await, listed(mux, &other, kind).await);
            let shown = |name: &&String| !hidden.contains(&name.trim_start_matches("a__"));
            assert_eq!(less, all.iter().filter(shown).cloned().collect::<Vec<_>>());
            assert_eq!(less.len() + 1, all.len());
        }
        let reference = json!({ "ref": { "type": "ref/prompt", "name": "a__p" } });
        let template = json!({ "ref": { "type": "ref/resource", "uri": "y:{id}" } });
        for (method, name, params) in [
            (Method::ToolsCall, "a__t", json!({})),
            (Method::PromptsGet, "a__p", json!({})),
            (Method::ResourcesRead, "x:1", json!({})),
            (Method::ResourcesRead, "mcpmux+a+x:1", json!({})),
            (Method::ResourcesRead, "y:7", json!({})),
            (Method::Complete, "a__p", reference),
            (Method::Complete, "y:{id}", template),
        ] {
            let refused = fault(by(mux, &some, method, name, params.clone()).await);
            assert_eq!(refused, mcpmux_core::gate::unknown(method, name));
            let (record, _) = scene.ledger.take().remove(0);
            assert_eq!((record.status, record.subject.exposed.as_str()), (Status::Refused, name));
            by(mux, &other, method, name, params).await.unwrap();
            scene.ledger.take();
        }
        for (method, name) in [(Method::ToolsCall, "a__u"), (Method::ResourcesRead, "x:2")] {
            by(mux, &some, method, name, json!({})).await.unwrap();
        }
        assert!(mux.definition(&some, EntryKind::Tool, "a__t").is_none());
        assert!(mux.definition(&other, EntryKind::Tool, "a__t").is_some());
        let seat = mux.join(Arc::clone(&some), Arc::<Guest>::default());
        let call =
            Call { client: Arc::clone(&some), ..request(era, Method::Subscribe, "x:1", json!({})) };
        assert_eq!(
            fault(seat.subscribe(call, Flight::default()).await).kind,
            Kind::ResourceNotFound
        );
    }
}

#[tokio::test]
async fn a_plugin_is_asked_once_for_each_kind_of_client_about_all_that_it_matches() {
    let notes = Notes::default();
    let noted = notes.clone();
    let hook = listing_by("p", move |client, entries| {
        let names = entries.iter().map(|entry| entry.exposed.as_str()).collect::<Vec<_>>();
        noted.note(format!("{} {}", client.era(), names.join(" ")));
        Ok(vec![true; entries.len()])
    });
    let scene = Scene::new(Era::Legacy, [only("a", "?", "", hook)]).await;
    let mux = &scene.stage.mux;
    for _ in 0..3 {
        for era in ERAS {
            listed(mux, &named(era, "n"), EntryKind::Tool).await;
            by(mux, &named(era, "n"), Method::ToolsCall, "a__t", json!({})).await.unwrap();
        }
    }
    assert_eq!(notes.take(), ["legacy a__t a__u a__p", "modern a__t a__u a__p"]);
    listed(mux, &named(Era::Legacy, "m"), EntryKind::Tool).await;
    assert_eq!(notes.take().len(), 1);
    // A new list is judged anew, an old one that comes again is not.
    let mut changes = mux.changes();
    changes.borrow_and_update();
    scene.stage.inbox.state(&scene.a.name, State::Ready(everything().listing(Era::Legacy)));
    let lists = Lists { tools: vec!["v"], ..everything() };
    scene.stage.inbox.state(&scene.a.name, State::Ready(lists.listing(Era::Legacy)));
    changes.changed().await.unwrap();
    listed(mux, &named(Era::Legacy, "m"), EntryKind::Tool).await;
    assert_eq!(notes.take(), ["legacy a__v a__p"]);
}

#[tokio::test]
async fn who_cannot_judge_a_list_shows_nothing_and_a_shadow_hides_nothing() {
    let broken = || listing_by("p", |_, _| Err("broken".to_owned()));
    let short = || listing_by("p", |_, _| Ok(vec![true]));
    let client = named(Era::Legacy, "n");
    for (plugin, count) in [
        (broken(), 0),
        (short(), 0),
        (open(HookKind::AuthorizeList, broken()), 0),
        (only("", "t", "", broken()), 1),
        (shadow(broken()), 2),
        (shadow(hiding_from("", &["t"])), 2),
        (Hooks { mode: Mode::Off, ..hiding_from("", &["t"]) }, 2),
    ] {
        let scene = Scene::new(Era::Legacy, [plugin]).await;
        assert_eq!(listed(&scene.stage.mux, &client, EntryKind::Tool).await.len(), count);
        let called = scene.tool(Era::Legacy, "a__t", json!({})).await;
        assert_eq!(called.is_ok(), count == 2);
    }
}

#[tokio::test]
async fn only_the_failure_of_one_that_is_followed_has_lists_judged_again() {
    let broken = || listing_by("q", |_, _| Err("broken".to_owned()));
    for (plugin, lasting) in [(broken(), false), (shadow(broken()), true)] {
        let scene = Scene::new(Era::Legacy, [hiding_from("", &["t"]), plugin]).await;
        listed(&scene.stage.mux, &named(Era::Legacy, "n"), EntryKind::Tool).await;
        assert_eq!(scene.stage.mux.shared.view().sights.are_lasting(), lasting);
    }
}

#[tokio::test]
async fn lists_are_private_once_they_may_differ_and_a_change_of_who_judges_is_told() {
    let a = actor("a", Era::Legacy);
    let (inbox, mux) = start(Limits::default());
    let plugin = Arc::new(hiding_from("", &["t"]));
    let setup = |plugins: &[&Arc<Hooks>]| Setup {
        plugins: plugins.iter().map(|plugin| Arc::clone(plugin)).collect(),
        ..members(&[(&a, Naming::default())])
    };
    mux.apply(setup(&[])).await;
    let mut listing = everything().listing(Era::Legacy);
    listing.caching.public = true;
    inbox.state(&a.name, State::Ready(listing));
    mux.settled().await;
    let page = async || {
        let page = mux.list(&anyone(), EntryKind::Tool, None).await.unwrap();
        (page.caching.public, page.entries.elements().unwrap().len())
    };
    assert_eq!(page().await, (true, 2));
    let mut changes = mux.changes();
    let count = |changes: &mut tokio::sync::watch::Receiver<Generations>| {
        let now = *changes.borrow_and_update();
        [now.tools, now.prompts, now.resources]
    };
    let before = count(&mut changes);
    let in_shadow = Arc::new(shadow(hiding_from("", &["t"])));
    for (plugins, expected) in
        [(vec![&plugin], (false, 1)), (vec![], (true, 2)), (vec![&in_shadow], (true, 2))]
    {
        mux.apply(setup(&plugins)).await;
        changes.changed().await.unwrap();
        assert_eq!(page().await, expected);
    }
    assert_eq!(count(&mut changes), before.map(|count| count + 3));
}

#[tokio::test]
async fn pages_of_what_a_client_sees_lead_from_one_to_the_next() {
    let (inbox, mux) = start(Limits { page: 1, ..Limits::default() });
    let a = actor("a", Era::Legacy);
    let lists = Lists { tools: vec!["t", "u", "v"], ..Lists::default() };
    let named = [(&a, lists, Naming::default())];
    let stage = Stage::set(inbox, mux, &named, vec![Arc::new(hiding_from("", &["u"]))]).await;
    let first = stage.mux.list(&anyone(), EntryKind::Tool, None).await.unwrap();
    let second = stage.mux.list(&anyone(), EntryKind::Tool, first.next.as_deref()).await.unwrap();
    let pages = [of_raw(&first.entries), of_raw(&second.entries)];
    assert_eq!(
        (pages, second.next),
        ([r#"[{"name":"a__t"}]"#, r#"[{"name":"a__v"}]"#].map(str::to_owned), None)
    );
}

#[tokio::test]
async fn a_plugin_reads_what_its_calls_client_sees() {
    let notes = Notes::default();
    let noted = notes.clone();
    let reading = requesting("q", move |subject, _| {
        let entries = subject.scope.entries(&subject.client);
        let names = entries.iter().map(|entry| entry.exposed.as_str()).collect::<Vec<_>>();
        let definition = |name| {
            subject.scope.definition(&subject.client, EntryKind::Tool, name).map(|raw| of_raw(&raw))
        };
        noted.note(format!(
            "{} {:?} {:?}",
            names.join(" "),
            definition("a__t"),
            definition("a__u")
        ));
        Ok(RequestAction::Forward)
    });
    let scene = Scene::new(Era::Legacy, [hiding_from("some", &["t", "x:1"]), reading]).await;
    let mux = &scene.stage.mux;
    for (name, expected) in [
        ("some", r#"a__u a__p x:2 y:{id} None Some("{\"name\":\"a__u\"}")"#),
        (
            "other",
            r#"a__t a__u a__p x:1 x:2 y:{id} Some("{\"name\":\"a__t\"}") Some("{\"name\":\"a__u\"}")"#,
        ),
    ] {
        by(mux, &named(Era::Legacy, name), Method::ToolsCall, "a__u", json!({})).await.unwrap();
        assert_eq!(notes.take(), [expected]);
    }
}

#[tokio::test]
async fn an_update_of_what_a_client_no_longer_sees_is_not_told() {
    let a = actor("a", Era::Legacy);
    let stage = Stage::of(&[(&a, everything())]).await;
    let guest = Arc::default();
    let seat = stage.join(Era::Legacy, "{}", &guest);
    let call = request(Era::Legacy, Method::Subscribe, "x:1", json!({}));
    seat.subscribe(call, Flight::default()).await.unwrap();
    stage.updated(&a, "x:1");
    assert_eq!(guest.heard().len(), 1);
    let mut changes = stage.mux.changes();
    changes.borrow_and_update();
    let plugins = vec![Arc::new(hiding_from("", &["x:1"]))];
    stage.mux.apply(Setup { plugins, ..members(&[(&a, Naming::default())]) }).await;
    changes.changed().await.unwrap();
    stage.updated(&a, "x:1");
    assert_eq!(guest.heard().len(), 0);
}
