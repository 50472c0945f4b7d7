//! Checks of a session's streams: going on after a broken connection, bounds, and one reader a message.

use std::task::Waker;

use super::*;

/// What a reader gets now: `id data`, `id` alone for a prime, `end` at the end.
fn read(reader: &mut Reader) -> Vec<String> {
    let mut context = Context::from_waker(Waker::noop());
    let mut decoder = sse::Decoder::new(1 << 20);
    let mut all = Vec::new();
    loop {
        match reader.poll_next(&mut context) {
            Poll::Pending => return all,
            Poll::Ready(None) => {
                all.push("end".to_owned());
                return all;
            }
            Poll::Ready(Some(event)) => {
                decoder.push(&event);
                let event = decoder.next_event().unwrap().unwrap();
                let data = String::from_utf8(event.data.to_vec()).unwrap();
                all.push(format!("{} {data}", event.id.unwrap()).trim_end().to_owned());
            }
        }
    }
}

#[test]
fn a_client_that_comes_back_gets_what_it_missed_and_no_more() {
    let streams = Streams::new(1 << 10, true);
    let (one, other) = (streams.create(), streams.create());
    let mut reader = streams.read(one).unwrap();
    streams.tell(one, b"a".to_vec());
    streams.tell(other, b"x".to_vec());
    assert_eq!(read(&mut reader), ["2-0", "2-1 a"]);
    drop(reader);
    assert!(streams.pose(one, b"b".to_vec()));
    streams.finish(one, b"c".to_vec());
    let mut again = streams.resume("2-0").unwrap();
    assert_eq!(read(&mut again), ["2-1 a", "2-2 b", "2-3 c", "end"]);
    let mut later = streams.resume("2-2").unwrap();
    assert_eq!(read(&mut later), ["2-3 c", "end"]);
    assert_eq!(read(&mut again), ["end"], "the later reader took over");
    for unknown in ["9-1", "2-9", "2", "x-y", ""] {
        assert!(streams.resume(unknown).is_none(), "{unknown}");
    }
}

#[test]
fn what_is_kept_is_bounded_and_the_answer_is_kept() {
    let streams = Streams::new(10, false);
    let stream = streams.create();
    let mut reader = streams.read(stream).unwrap();
    for number in 0..5 {
        streams.tell(stream, format!("n{number}xx").into());
    }
    assert_eq!(read(&mut reader).len(), 5);
    assert_eq!(read(&mut streams.resume("2-0").unwrap()), ["2-3 n3xx", "2-4 n4xx"]);
    drop(reader);
    streams.finish(stream, b"an answer longer than the bound".to_vec());
    let expected = ["2-5 an answer longer than the bound", "end"];
    assert_eq!(read(&mut streams.resume("2-1").unwrap()), expected);
    let next = streams.create();
    streams.finish(next, b"another long answer".to_vec());
    assert!(streams.resume("2-1").is_none(), "the stream is forgotten with its last event");
}

#[test]
fn a_slow_reader_misses_notifications_only() {
    let streams = Streams::new(1 << 20, false);
    let stream = streams.create();
    let mut reader = streams.read(stream).unwrap();
    for number in 0..200 {
        streams.tell(stream, format!("n{number}").into());
        streams.tell(stream, format!("n{number}").into());
        if number % 50 == 0 {
            assert!(streams.pose(stream, format!("q{number}").into()));
        }
    }
    streams.finish(stream, b"answer".to_vec());
    let got = read(&mut reader);
    let all = |what: &str| got.iter().filter(|event| event.contains(what)).count();
    assert_eq!((all(" q"), all(" answer"), all("end")), (4, 1, 1), "{got:?}");
    assert!(all(" n") <= super::super::WAITING && all(" n") > 50, "{got:?}");
}

#[test]
fn a_message_that_belongs_to_no_call_is_read_on_one_stream() {
    let streams = Streams::new(1 << 10, false);
    streams.tell_news(b"early".to_vec());
    let mut first = streams.read_news().unwrap();
    let mut second = streams.read_news().unwrap();
    streams.tell_news(b"both".to_vec());
    assert_eq!(read(&mut first), ["1-0 early"]);
    assert_eq!(read(&mut second), ["2-0 both"]);
    drop(second);
    streams.tell_news(b"one".to_vec());
    assert_eq!(read(&mut first), ["1-1 one"]);
    drop(first);
    streams.tell_news(b"none".to_vec());
    let mut third = streams.read_news().unwrap();
    assert_eq!(read(&mut third), ["3-0 none"]);
    streams.end_news();
    assert_eq!(read(&mut third), ["end"]);
    assert!(streams.read_news().is_none());
}

#[tokio::test]
async fn a_question_waits_for_a_stream_that_is_read() {
    let streams = Streams::new(1 << 10, false);
    let (posed, mut reader) = tokio::join!(streams.pose_news(b"q".to_vec()), async {
        tokio::task::yield_now().await;
        streams.read_news().unwrap()
    });
    assert_eq!(posed, Ok(()));
    assert_eq!(read(&mut reader), ["1-0 q"]);
    drop(reader);
    let (posed, ()) = tokio::join!(streams.pose_news(b"q".to_vec()), async { streams.end() });
    assert!(posed.is_err());
}
