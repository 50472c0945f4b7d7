//! A registry that answers as a test tells it to, on a port of its own.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};

/// What it answers to a path: everything after the status line's version.
pub type Answers = HashMap<String, Vec<u8>>;

/// Listens and returns its address; every connection serves one request, and is closed then.
pub fn start(answers: Answers) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    // Ends with the test's process.
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            answer(&stream, &answers);
        }
    });
    address
}

/// An answer with a body, and with a length that may be another one.
pub fn ok(length: usize, body: &[u8]) -> Vec<u8> {
    let head = format!("200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn answer(mut stream: &TcpStream, answers: &Answers) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let Some(path) = lines.next().and_then(|line| Some(line.split(' ').nth(1)?.to_owned())) else {
        return;
    };
    // The head of a request ends with an empty line; a GET has nothing after it.
    let _head = lines.take_while(|line| !line.is_empty()).count();
    let answer = answers.get(&path);
    let gone = b"404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".to_vec();
    // Whoever has heard enough hangs up.
    let _sent = stream.write_all(b"HTTP/1.1 ");
    let _sent = stream.write_all(answer.unwrap_or(&gone));
}
