//! Which requests of a plugin leave, and as what.

use std::sync::Mutex;

use mcpmux_core::ports::Pending;

use super::*;

/// Keeps what is sent, and answers it.
#[derive(Default)]
struct Sent(Mutex<Vec<OutboundRequest>>);

impl Outbound for Sent {
    fn send(&self, request: OutboundRequest) -> Pending<'_, Result<Response, Error>> {
        self.0.lock().unwrap().push(request);
        let body = b"there"[..].into();
        Box::pin(async { Ok(Response { status: 302, headers: Vec::new(), body }) })
    }
}

fn web(grants: &[&str]) -> (Web, Arc<Sent>) {
    let grants: Vec<String> = grants.iter().map(|grant| (*grant).to_owned()).collect();
    let sent = Arc::new(Sent::default());
    let grants = Arc::new(Grants::parse(&grants).unwrap());
    (Web::new(grants, Arc::clone(&sent) as Arc<dyn Outbound>), sent)
}

fn get(url: &str) -> Request {
    Request { method: "GET".into(), url: url.into(), ..Request::default() }
}

#[tokio::test]
async fn a_granted_request_leaves_with_its_bounds() {
    let (web, sent) = web(&["http:a.example", "http:http://localhost:8080"]);
    let mut request = get("https://A.example:443/x/../y?q=1#part");
    request.headers = vec![("x-a".into(), "1".into())];
    request.body = b"body".to_vec();
    let response = web.send(request).await.unwrap();
    assert_eq!((response.status, &response.body[..]), (302, &b"there"[..]));
    let timeout = Some(Duration::from_millis(5));
    web.send(Request { timeout, ..get("http://localhost:8080/") }).await.unwrap();
    let sent = sent.0.lock().unwrap();
    let [far, near] = &sent[..] else { panic!("two were sent") };
    assert_eq!(far.url, "https://a.example/y?q=1");
    assert_eq!((far.method.as_str(), &far.body[..], far.near), ("GET", &b"body"[..], Near::No));
    assert_eq!(far.headers, [("x-a".to_owned(), "1".to_owned())]);
    assert_eq!((far.timeout, far.limit), (TIMEOUT, RESPONSE));
    assert_eq!((near.timeout, near.near), (Duration::from_millis(5), Near::Address));
}

#[tokio::test]
async fn what_is_not_granted_does_not_leave() {
    let (web, sent) = web(&["http:a.example", "http:http://localhost:8080"]);
    for (url, part) in [
        ("https://b.example/", "add \"http:b.example\""),
        ("https://a.example:8443/", "add \"http:a.example:8443\""),
        ("http://a.example/", "add \"http:http://a.example:80\""),
        ("http://127.0.0.1:8080/", "add \"http:http://127.0.0.1:8080\""),
        ("https://a.example@b.example/", "user info"),
        ("https://u:p@a.example/", "user info"),
        ("https://b.example\\@a.example/", "`https://b.example:443` is not granted"),
        ("ftp://a.example/", "not `ftp`"),
        ("file:///etc/passwd", "not `file`"),
        ("a.example", "the URL is none"),
        ("", "the URL is none"),
    ] {
        match web.send(get(url)).await {
            Err(Error::NotAllowed(why)) => assert!(why.contains(part), "{url}: {why}"),
            _ => panic!("{url} was sent"),
        }
    }
    assert!(sent.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_is_too_much_does_not_leave() {
    let (web, sent) = web(&["http:a.example"]);
    let url = "https://a.example/";
    let header = |size: usize| ("x".to_owned(), "y".repeat(size));
    for (request, part) in [
        (Request { body: vec![0; REQUEST + 1], ..get(url) }, "1048577 bytes"),
        (Request { headers: vec![header(1); 65], ..get(url) }, "more than 64 headers"),
        (Request { headers: vec![header(32 << 10)], ..get(url) }, "32768 bytes"),
    ] {
        match web.send(request).await {
            Err(Error::NotAllowed(why)) => assert!(why.contains(part), "{why}"),
            _ => panic!("it was sent"),
        }
    }
    web.send(Request { body: vec![0; REQUEST], ..get(url) }).await.unwrap();
    assert_eq!(sent.0.lock().unwrap().len(), 1);
}
