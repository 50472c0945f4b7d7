//! Which addresses are dialled: the one that was judged, and no other.

use super::*;

const OK: &str = "HTTP/1.1 204 No Content\r\n\r\n";

#[track_caller]
fn refused(answer: Result<OutboundResponse, OutboundError>, part: &str) {
    match answer {
        Err(OutboundError::NotAllowed(why)) => assert!(why.contains(part), "{why}"),
        other => panic!("{other:?}, instead of {part}"),
    }
}

#[tokio::test]
async fn a_name_that_leads_to_a_special_address_is_not_dialled_even_if_it_may_be_near() {
    for (address, part) in [
        ("127.0.0.1", "this machine"),
        ("::1", "this machine"),
        ("::ffff:127.0.0.1", "this machine"),
        ("64:ff9b::7f00:1", "this machine"),
        ("2002:7f00:1::", "this machine"),
        ("10.1.2.3", "a private network"),
        ("172.16.0.1", "a private network"),
        ("192.168.0.1", "a private network"),
        ("100.64.0.1", "a private network"),
        ("fd00::1", "a private network"),
        ("::ffff:10.0.0.1", "a private network"),
        ("0.0.0.0", "an unspecified address"),
        ("::", "an unspecified address"),
        ("169.254.169.254", "metadata"),
        ("fd00:ec2::254", "metadata"),
        ("169.254.1.1", "link-local"),
        ("fe80::1", "link-local"),
        ("224.0.0.1", "multicast"),
        ("255.255.255.255", "broadcast"),
        ("198.18.0.1", "benchmarks"),
        ("192.0.2.1", "documentation"),
        ("2001:db8::1", "documentation"),
        ("240.0.0.1", "reserved"),
        ("2001::1", "reserved"),
    ] {
        let net = Arc::new(Fake::default().name("a.test", &[&[address]]));
        for near in [false, true] {
            let answer = within(internet(&net).send(get("http://a.test/", near))).await;
            refused(answer, part);
        }
        assert!(net.dialled().is_empty(), "{address}");
    }
}

#[tokio::test]
async fn an_address_that_no_grant_names_is_not_dialled() {
    let net = Arc::new(Fake::default());
    for (host, part) in [
        ("127.0.0.1", "`127.0.0.1` is this machine"),
        ("0x7f.1", "`127.0.0.1` is this machine"),
        ("2130706433", "`127.0.0.1` is this machine"),
        ("017700000001", "`127.0.0.1` is this machine"),
        ("[::ffff:7f00:1]", "this machine"),
        ("localhost", "this machine"),
        ("LOCALHOST", "this machine"),
        ("[::1]", "this machine"),
        ("10.0.0.1", "a private network"),
        ("169.254.169.254", "metadata"),
        ("0", "an unspecified address"),
    ] {
        refused(within(internet(&net).send(get(&format!("http://{host}/"), false))).await, part);
    }
    for (host, part) in
        [("169.254.169.254", "metadata"), ("[fe80::1]", "link-local"), ("0", "unspecified")]
    {
        refused(within(internet(&net).send(get(&format!("http://{host}/"), true))).await, part);
    }
    assert!(net.resolved.lock().unwrap().is_empty() && net.dialled().is_empty());
}

#[tokio::test]
async fn what_a_grant_names_itself_may_be_this_machine() {
    let mut server = Server::start(OK, true).await;
    let port = server.address.port();
    for host in ["127.0.0.1", "localhost"] {
        let net = Arc::new(Fake::default());
        let request = get(&format!("http://{host}:{port}/"), true);
        assert_eq!(within(internet(&net).send(request)).await.unwrap().status, 204);
        assert!(server.seen().await.contains(&format!("host: {host}:{port}\r\n")));
        assert_eq!(net.dialled(), ["127.0.0.1"]);
        assert!(net.resolved.lock().unwrap().is_empty(), "nobody is asked where this machine is");
    }
}

#[tokio::test]
async fn only_the_addresses_that_pass_are_tried() {
    let server = Server::start(OK, true).await;
    let addresses: [&[&str]; 1] = [&["127.0.0.1", "10.0.0.1", "::ffff:127.0.0.1", "1.1.1.1"]];
    let net = Fake { elsewhere: Some(server.address), ..Fake::default() };
    let net = Arc::new(net.name("a.test", &addresses));
    let answer = within(internet(&net).send(get("http://a.test/", false))).await;
    assert_eq!(answer.unwrap().status, 204);
    assert_eq!(net.dialled(), ["1.1.1.1"]);
}

#[tokio::test]
async fn an_address_that_does_not_answer_is_followed_by_the_next() {
    let server = Server::start(OK, true).await;
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    /// Connections to the first address of a name fail.
    struct Half(Fake, SocketAddr);
    impl Net for Half {
        fn resolve<'a>(
            &'a self,
            name: &'a str,
            port: u16,
        ) -> Pending<'a, io::Result<Vec<SocketAddr>>> {
            self.0.resolve(name, port)
        }
        fn connect(&self, to: SocketAddr) -> Pending<'_, io::Result<TcpStream>> {
            let first = to.ip().to_string() == "1.0.0.1";
            if first { Box::pin(TcpStream::connect(self.1)) } else { self.0.connect(to) }
        }
    }
    let net = Fake { elsewhere: Some(server.address), ..Fake::default() };
    let net = Half(net.name("a.test", &[&["1.0.0.1", "1.1.1.1"]]), closed);
    let internet = Internet { net: Arc::new(net), trust: Trust::default() };
    assert_eq!(within(internet.send(get("http://a.test/", false))).await.unwrap().status, 204);
}

#[tokio::test]
async fn a_name_that_changes_its_address_gains_nothing() {
    let server = Server::start(OK, true).await;
    let net = Fake { elsewhere: Some(server.address), ..Fake::default() };
    let net = Arc::new(net.name("flips.test", &[&["1.1.1.1"], &["127.0.0.1"]]));
    let internet = internet(&net);
    let request = || get(&format!("http://flips.test:{}/", server.address.port()), false);
    assert_eq!(within(internet.send(request())).await.unwrap().status, 204);
    assert_eq!(net.resolved.lock().unwrap().len(), 1, "what was judged is not asked for again");
    refused(within(internet.send(request())).await, "this machine");
    assert_eq!(net.resolved.lock().unwrap().len(), 2, "and nothing is remembered");
    assert_eq!(net.dialled(), ["1.1.1.1"]);
}
