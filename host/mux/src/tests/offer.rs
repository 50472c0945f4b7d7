//! What clients are offered at the start, the numbers of the lists, and the pages of each.

use serde_json::{Value, json};

use super::stage::*;
use super::*;

/// A backend that says this of itself.
struct Said(&'static str, Era, &'static str, Option<&'static str>, Option<&'static str>);

async fn offer(all: &[Said]) -> (Value, Option<String>) {
    let actors: Vec<_> = all.iter().map(|said| actor(said.0, said.1)).collect();
    let (inbox, mux) = start(Limits::default());
    let named: Vec<_> = actors.iter().map(|actor| (actor, Naming::default())).collect();
    mux.apply(members(&named)).await;
    for Said(name, era, capabilities, info, instructions) in all {
        let mut listing =
            Lists { capabilities: Some(capabilities), ..Lists::default() }.listing(*era);
        listing.info = info.map(Raw::literal);
        listing.instructions = instructions.map(str::to_owned);
        inbox.state(&BackendName::new(name).unwrap(), State::Ready(listing));
    }
    let offer = mux.offer().await;
    assert!(offer.settled);
    (offer.capabilities.to_raw().read().unwrap(), offer.instructions)
}

#[tokio::test]
async fn capabilities_are_those_of_all_backends_that_can_be_honoured() {
    let (tools, _) = offer(&[]).await;
    assert_eq!(tools, json!({"tools":{"listChanged":true}}));
    let one = r#"{"resources":{},"logging":{},"experimental":{"x":{}},"tasks":{"list":{},"requests":{"tools":{"call":{}}}},"extensions":{"io.modelcontextprotocol/ui":{"v":1},"io.modelcontextprotocol/tasks":{},"x.y/z":{}}}"#;
    let two = r#"{"prompts":{},"completions":{},"resources":{"subscribe":true},"tasks":{"cancel":{},"requests":{"tools":{}}},"extensions":{"io.modelcontextprotocol/ui":{"v":2}}}"#;
    let three = r#"{"resources":{"subscribe":false},"tasks":{"other":{}},"extensions":{"io.modelcontextprotocol/tasks":{}}}"#;
    let (all, said) = offer(&[
        Said("a", Era::Legacy, one, None, None),
        Said("b", Era::Legacy, two, None, None),
        Said("c", Era::Modern, three, None, None),
    ])
    .await;
    let expected = json!({
        "tools": {"listChanged":true}, "prompts": {"listChanged":true}, "completions": {}, "logging": {},
        "resources": {"subscribe":true,"listChanged":true},
        "tasks": {"cancel":{},"requests":{"tools":{"call":{}}}},
        "extensions": {"io.modelcontextprotocol/ui":{"v":1},"io.modelcontextprotocol/tasks":{}},
    });
    assert_eq!((all, said), (expected, None));
}

#[tokio::test]
async fn instructions_of_one_stand_alone_and_those_of_many_under_their_names() {
    let said = |name, info, text| Said(name, Era::Legacy, "{}", info, text);
    let described = r#"{"name":"n","title":"Clock","description":"Tells the time."}"#;
    let (_, one) =
        offer(&[said("a", Some(r#"{"name":"n"}"#), Some(" As it is.\n")), said("b", None, None)])
            .await;
    assert_eq!(one.as_deref(), Some(" As it is.\n"));
    let (_, many) = offer(&[
        said("a", Some(described), Some(" First.\n")),
        said("b", None, Some("Second.")),
        said("c", Some(described), None),
        said("d", Some(r#"{"name":"d"}"#), None),
    ])
    .await;
    let expected = "## a: Clock\n\nTells the time.\n\nFirst.\n\n## b\n\nSecond.\n\n## c: Clock\n\nTells the time.";
    assert_eq!(many.as_deref(), Some(expected));
}

#[tokio::test]
async fn while_a_backend_is_starting_everything_is_offered() {
    let list_wait = std::time::Duration::from_millis(50);
    let (inbox, mux) = start(Limits { list_wait, ..Limits::default() });
    let (a, b) = (actor("a", Era::Legacy), actor("b", Era::Legacy));
    mux.apply(members(&[(&a, Naming::default()), (&b, Naming::default())])).await;
    let ready = || State::Ready(Lists::default().listing(Era::Legacy));
    inbox.state(&a.name, ready());
    let early = mux.offer().await;
    let keys: Vec<_> = early.capabilities.iter().map(|member| member.key.as_str()).collect();
    assert_eq!(keys, ["tools", "prompts", "resources", "completions", "logging"]);
    assert!(!early.settled);
    // One that is down is not waited for.
    let fault =
        mcpmux_core::fault::Fault::new(mcpmux_core::fault::Kind::BackendUnavailable, "down");
    inbox.state(&b.name, State::Down(fault));
    let settled = async { while !mux.offer().await.settled {} };
    tokio::time::timeout(std::time::Duration::from_secs(10), settled).await.unwrap();
    assert!(mux.offer().await.capabilities.get("prompts").is_none());
}

#[tokio::test]
async fn each_list_has_its_own_number_and_announcing_counts() {
    let a = actor("a", Era::Legacy);
    let stage = Stage::of(&[(&a, Lists::default())]).await;
    let mut changes = stage.mux.changes();
    let mut known = *changes.borrow_and_update();
    let mut lists = resources(&[]);
    for at in 0..5 {
        let mut announced = Changed::default();
        match at {
            0 => lists.tools.push("t"),
            1 => lists.prompts.push("p"),
            2 => lists.resources.push("x:1"),
            3 => lists.templates.push("t://{id}"),
            _ => announced.prompts = true,
        }
        let mut listing = lists.listing(Era::Legacy);
        listing.announced = announced;
        stage.inbox.state(&a.name, State::Ready(listing));
        changes.changed().await.unwrap();
        match at {
            0 => known.tools += 1,
            1 | 4 => known.prompts += 1,
            _ => known.resources += 1,
        }
        assert_eq!(*changes.borrow_and_update(), known, "{at}");
    }
    // What nobody announced and nobody sees differently is no change; what was announced before it was seen is.
    let mut announcing = lists.listing(Era::Legacy);
    announcing.announced.tools = true;
    stage.inbox.state(&a.name, State::Ready(announcing));
    stage.inbox.state(&a.name, State::Ready(lists.listing(Era::Legacy)));
    changes.changed().await.unwrap();
    known.tools += 1;
    assert_eq!(*changes.borrow_and_update(), known);
}

#[tokio::test]
async fn each_kind_has_its_pages() {
    let (a, b) = (actor("a", Era::Legacy), actor("b", Era::Legacy));
    let lists = || Lists {
        tools: vec!["t", "u"],
        prompts: vec!["p", "q"],
        templates: vec!["x:{id}", "y:{id}"],
        ..resources(&["x:1", "y:1"])
    };
    let naming = Naming::default;
    let limits = Limits { page: 3, ..Limits::default() };
    let stage = Stage::named(&[(&a, lists(), naming()), (&b, lists(), naming())], limits).await;
    for kind in EntryKind::ALL {
        let first = stage.mux.list(&anyone(), kind, None).await.unwrap();
        let last = stage.mux.list(&anyone(), kind, first.next.as_deref()).await.unwrap();
        let names = [first.entries, last.entries].map(|page| {
            let names = page.elements().unwrap().into_iter();
            let name = |entry: Raw| entry.read::<Value>().unwrap()[kind.key()].clone();
            names.map(name).collect::<Vec<_>>()
        });
        let (plain, b) = match kind {
            EntryKind::Tool => (["a__t", "a__u"], ["b__t", "b__u"]),
            EntryKind::Prompt => (["a__p", "a__q"], ["b__p", "b__q"]),
            EntryKind::Resource => (["x:1", "y:1"], ["mcpmux+b+x:1", "mcpmux+b+y:1"]),
            EntryKind::Template => (["x:{id}", "y:{id}"], ["mcpmux+b+x:{id}", "mcpmux+b+y:{id}"]),
        };
        assert_eq!(names[0], [plain[0], plain[1], b[0]]);
        assert_eq!((&names[1], last.next), (&vec![json!(b[1])], None));
    }
}
