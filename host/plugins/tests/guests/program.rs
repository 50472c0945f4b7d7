//! A WASI command whose first argument says what it does; built by the test with `rustc`.

use std::io::{BufRead, Write};

fn main() {
    let mode = std::env::args().nth(1).unwrap_or_default();
    match mode.as_str() {
        "echo" => {
            for line in std::io::stdin().lock().lines() {
                println!("got {}", line.unwrap());
                std::io::stdout().flush().unwrap();
            }
            eprintln!("input is over");
        }
        "look" => {
            let env: Vec<_> = std::env::vars().collect();
            println!("args {:?}", std::env::args().skip(1).collect::<Vec<_>>());
            println!("env {env:?}");
            println!("file {}", std::fs::read("/etc/passwd").is_ok());
            println!("net {}", std::net::TcpStream::connect("127.0.0.1:1").is_ok());
            println!("time {}", std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs() > 1_700_000_000);
        }
        "spin" => {
            println!("spinning");
            loop {
                std::hint::black_box(());
            }
        }
        "sleep" => {
            println!("sleeping");
            std::thread::sleep(std::time::Duration::from_secs(3600));
        }
        "hog" => {
            let mut all = Vec::new();
            loop {
                all.push(std::hint::black_box(vec![1_u8; 1 << 20]));
            }
        }
        "exit" => std::process::exit(3),
        _ => panic!("the mode {mode} is unknown"),
    }
}
