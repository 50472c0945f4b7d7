//! TLS with a server of the test's own, whose certificate is for `localhost`, `named.test` and 127.0.0.1.

use std::io::{Read, Write};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::*;

fn certificate() -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(include_bytes!("certificate.pem")).unwrap()
}

/// Answers one connection after the other, in a thread that ends with the test's process.
fn server() -> u16 {
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream.unwrap());
            let (mut request, mut buffer) = (Vec::new(), [0; 1024]);
            while !is_whole(&request) {
                match stream.read(&mut buffer) {
                    Ok(read @ 1..) => request.extend_from_slice(&buffer[..read]),
                    // The other side does not believe us.
                    _ => break,
                }
            }
            if is_whole(&request) {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret");
                let _ = stream.flush();
            }
        }
    });
    port
}

fn trusting(net: Fake) -> Internet {
    let mut roots = RootCertStore::empty();
    roots.add(certificate()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Internet { net: Arc::new(net), trust: Trust::of(config) }
}

#[tokio::test]
async fn a_server_that_is_believed_is_asked_with_tls() {
    let port = server();
    let elsewhere = Some(SocketAddr::from(([127, 0, 0, 1], port)));
    let net = Fake { elsewhere, ..Fake::default() }.name("named.test", &[&["1.1.1.1"]]);
    let internet = trusting(net);
    for host in ["named.test", "localhost", "127.0.0.1"] {
        let request = get(&format!("https://{host}:{port}/"), true);
        let response = within(internet.send(request)).await.unwrap();
        assert_eq!((response.status, &response.body[..]), (200, &b"secret"[..]), "{host}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_believed_is_told_nothing() {
    let port = server();
    let elsewhere = Some(SocketAddr::from(([127, 0, 0, 1], port)));
    let net = Fake { elsewhere, ..Fake::default() }.name("other.test", &[&["1.1.1.1"]]);
    let plain = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = plain.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in plain.incoming() {
            stream.unwrap().write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        }
    });
    let unknown = Internet::default();
    let named = trusting(net);
    for (internet, url) in [
        (&unknown, format!("https://localhost:{port}/")),
        (&named, format!("https://other.test:{port}/")),
        (&named, format!("https://{address}/")),
    ] {
        match within(internet.send(get(&url, true))).await {
            Err(OutboundError::Network(why)) => assert!(why.starts_with("TLS with"), "{why}"),
            other => panic!("{url}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_name_that_the_operator_wrote_may_lead_into_a_private_network_where_tls_makes_sure_of_it()
{
    let elsewhere = Some(SocketAddr::from(([127, 0, 0, 1], server())));
    let names = |address: &str| {
        let net = Fake { elsewhere, ..Fake::default() };
        trusting(net.name("named.test", &[&[address]]).name("other.test", &[&[address]]))
    };
    let ask = async |internet: &Internet, url: &str, near: Near| {
        within(internet.send(near_or_not(url, near))).await
    };
    for address in ["10.1.2.3", "192.168.0.1", "fd00::1"] {
        let internet = names(address);
        let answer = ask(&internet, "https://named.test/", Near::Name).await.unwrap();
        assert_eq!(&answer.body[..], b"secret", "{address}");
        for (url, near) in [
            ("https://named.test/", Near::No),
            ("https://named.test/", Near::Address),
            ("http://named.test/", Near::Name),
        ] {
            let answer = ask(&internet, url, near).await;
            assert!(
                matches!(answer, Err(OutboundError::NotAllowed(_))),
                "{address} {url} {near:?}"
            );
        }
        let answer = ask(&internet, "https://other.test/", Near::Name).await;
        assert!(matches!(answer, Err(OutboundError::Network(_))), "its certificate is not for it");
    }
    for address in ["169.254.169.254", "169.254.1.1", "0.0.0.0", "fe80::1", "fd00:ec2::254"] {
        let answer = ask(&names(address), "https://named.test/", Near::Name).await;
        assert!(matches!(answer, Err(OutboundError::NotAllowed(_))), "{address}");
    }
}
