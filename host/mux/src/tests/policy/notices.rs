//! The notify hook: what backends say during calls and outside of them.

use super::*;

fn fixed(action: NotifyAction) -> Hooks {
    noticing("p", move |_, _| Ok(action.clone()))
}

const SAID: usize = 3;

fn said() -> Vec<Value> {
    vec![
        json!({ "progress": 0.5 }),
        json!({ "level": "info", "data": "d" }),
        json!({ "method": "vendor/x", "params": null }),
    ]
}

#[tokio::test]
async fn what_is_said_during_a_call_is_told_changed_or_dropped_as_the_hook_says() {
    let notes = Notes::default();
    let noted = notes.clone();
    let deliver = noticing("p", move |notice, params| {
        let Notice { backend, method, call } = notice;
        noted.note(format!("{backend} {method} {} {}", call.is_some(), of_raw(params)));
        Ok(NotifyAction::Deliver)
    });
    let guest = listener();
    let (mux, _inbox) = chatting([deliver]).await;
    chat(&mux, &guest).await;
    assert_eq!(guest.heard(), said());
    let seen = [
        r#"a notifications/progress true {"progress":0.50}"#,
        r#"a notifications/message true {"level":"info","data":"d"}"#,
        "a vendor/x true {}",
    ];
    assert_eq!(notes.take(), seen);
    let (mux, _inbox) = chatting([fixed(NotifyAction::Change(set("/n", &json!(1))))]).await;
    chat(&mux, &guest).await;
    let changed = [
        json!({ "progress": 0.5, "n": 1 }),
        json!({ "level": "info", "data": "d", "n": 1 }),
        json!({ "method": "vendor/x", "params": { "n": 1 } }),
    ];
    assert_eq!(guest.heard(), changed);
    let unread = noticing("q", |_, _| panic!("it was dropped before"));
    let (mux, _inbox) = chatting([fixed(NotifyAction::Drop), unread]).await;
    chat(&mux, &guest).await;
    assert_eq!(guest.heard(), [Value::Null; 0]);
}

#[tokio::test]
async fn who_cannot_say_drops_unless_it_fails_open_and_a_shadow_changes_nothing() {
    let broken = || noticing("p", |_, _| Err("broken".to_owned()));
    let nonsense = || fixed(NotifyAction::Change(Rewrite::Replace(Raw::literal("7"))));
    let change = NotifyAction::Change(set("/n", &json!(1)));
    for (plugin, told) in [
        (broken(), 0),
        (nonsense(), 0),
        (open(HookKind::Notify, broken()), SAID),
        (open(HookKind::Notify, nonsense()), SAID),
        (shadow(broken()), SAID),
        (shadow(fixed(NotifyAction::Drop)), SAID),
        (shadow(fixed(change)), SAID),
    ] {
        let guest = listener();
        let (mux, _inbox) = chatting([plugin]).await;
        chat(&mux, &guest).await;
        assert_eq!(guest.heard(), said()[..told]);
    }
}

#[tokio::test]
async fn what_is_said_outside_of_calls_passes_for_each_client_that_it_matters_to() {
    let notes = Notes::default();
    let noting = || {
        let noted = notes.clone();
        noticing("p", move |notice, params| {
            assert_eq!(notice.call, None);
            noted.note(of_raw(params));
            Ok(NotifyAction::Change(set("/n", &json!(1))))
        })
    };
    let message = || Event::Message(Raw::literal(r#"{"level":"info"}"#).object().unwrap());
    for (client, asked, changed) in [("", 1, [true, true]), ("one", 1, [true, false])] {
        let (mux, inbox) = chatting([only("a", "", client, noting())]).await;
        let guests = [listener(), listener()];
        let name = BackendName::new("a").unwrap();
        let seats = ["one", "two"].into_iter().zip(&guests).map(|(name, guest)| {
            let mut client = client_of(name);
            Arc::make_mut(&mut client).session = Some(name.into());
            mux.join(client, Arc::clone(guest) as _)
        });
        let _seats: Vec<_> = seats.collect();
        inbox.heard(&name, message());
        assert_eq!(notes.take().len(), asked);
        for (guest, changed) in guests.iter().zip(changed) {
            let expected = if changed {
                json!({ "level": "info", "n": 1 })
            } else {
                json!({ "level": "info" })
            };
            assert_eq!(guest.heard(), [expected]);
        }
    }
}

fn client_of(name: &str) -> Arc<Client> {
    let mut client = client(Era::Legacy, "{}");
    Arc::make_mut(&mut client).info = Some(Raw::of(&json!({ "name": name, "version": "1" })));
    client
}

#[tokio::test]
async fn an_update_of_a_resource_passes_and_keeps_its_uri() {
    let uri = NotifyAction::Change(set("/uri", &json!("x:2")));
    let change = NotifyAction::Change(set("/n", &json!(1)));
    for (plugin, told) in [
        (only("", "x:1", "", fixed(change.clone())), vec![json!({ "uri": "x:1", "n": 1 })]),
        (only("", "x:2", "", fixed(change)), vec![json!({ "uri": "x:1" })]),
        (fixed(NotifyAction::Drop), vec![]),
        (fixed(uri), vec![]),
    ] {
        let scene = Scene::new(Era::Legacy, [plugin]).await;
        let guest = listener();
        let seat = scene.stage.join(Era::Legacy, "{}", &guest);
        let call = request(Era::Legacy, Method::Subscribe, "x:1", json!({}));
        seat.subscribe(call, Flight::default()).await.unwrap();
        scene.stage.updated(&scene.a, "x:1");
        assert_eq!(guest.heard(), told);
    }
}
