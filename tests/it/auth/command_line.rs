//! `mcpmux auth`: logins that a person makes and undoes at the command line, and a running mcpmux that notices.

use serde_json::Value;

use super::evil::{Evil, Twist};
use super::real::Guarded;
use super::{appears, call, home, needs_auth, opened, serve, text};
use crate::harness::{PATIENCE, http};

#[tokio::test]
async fn the_command_line_logs_in_and_out_while_mcpmux_runs() {
    let guarded = Guarded::start(&[]).await;
    let home = home(&guarded.section("one", "auth.open_browser = false"));
    let served = serve(&home).await;
    needs_auth(&home, "one").await;
    let (code, out, _) = home.run(&["auth", "status", "--json"]).await;
    assert_eq!((code, out.as_str()), (0, "[{\"backend\":\"one\",\"logged_in\":false}]\n"));

    let browser = home.path().join("browser");
    let mut login = home.mcpmux(&["auth", "login", "one", "--json"]);
    let login = login.env("BROWSER", browser).stdin(std::process::Stdio::null()).output();
    let login = tokio::time::timeout(PATIENCE, login).await.unwrap().unwrap();
    assert!(login.status.success(), "{login:?}");
    appears(&served, "one__read").await;
    assert_eq!(text(&served, "one__read").await, "read done");
    let (_, out, _) = home.run(&["auth", "status", "--json"]).await;
    let rows: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&rows[0]["logged_in"], &rows[0]["renews"]), (&true.into(), &true.into()), "{rows}");

    let (code, out, error) = home.run(&["auth", "logout", "one", "--json"]).await;
    assert_eq!(code, 0, "{error}");
    let rows: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(rows[0]["revoked"], true, "{rows}");
    assert_eq!(guarded.asked("/token/revocation").await.len(), 2);
    assert_eq!(call(&served, "one__read").await["error"]["code"], 1008);
    assert_eq!(opened(&home).len(), 1);
}

#[tokio::test]
async fn a_login_without_a_browser_takes_the_address_that_it_ended_at() {
    let guarded = Guarded::start(&[]).await;
    let home = home(&guarded.section("one", ""));
    let mut command = home.mcpmux(&["auth", "login", "one", "--no-browser", "--json"]);
    let pipe = std::process::Stdio::piped;
    let mut child = command.stdin(pipe()).stdout(pipe()).stderr(pipe()).spawn().unwrap();
    let mut lines =
        tokio::io::AsyncBufReadExt::lines(tokio::io::BufReader::new(child.stderr.take().unwrap()));
    let url = loop {
        let line = lines.next_line().await.unwrap().expect("it says where");
        if line.starts_with("http") {
            break line;
        }
    };
    // A browser elsewhere cannot reach the callback: it shows the address alone.
    let browser = reqwest_without_redirects();
    let mut at = url;
    let mut jar = String::new();
    while !at.starts_with("http://127.0.0.1:") || !at.contains("/callback") {
        let response = browser.get(&at).header("cookie", &jar).send().await.unwrap();
        for cookie in response.headers().get_all("set-cookie") {
            jar.push_str(cookie.to_str().unwrap().split(';').next().unwrap());
            jar.push_str("; ");
        }
        let next = response.headers()["location"].to_str().unwrap();
        at = response.url().join(next).unwrap().to_string();
    }
    let mut input = child.stdin.take().unwrap();
    let pasted = format!("http://127.0.0.1:1/callback?code=x&state=wrong\n{at}\n");
    tokio::io::AsyncWriteExt::write_all(&mut input, pasted.as_bytes()).await.unwrap();
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
    let output = output.expect("it ends").unwrap();
    assert!(output.status.success(), "{output:?}");
    let served = serve(&home).await;
    assert_eq!(text(&served, "one__read").await, "read done");
    assert!(opened(&home).is_empty());
}

fn reqwest_without_redirects() -> reqwest::Client {
    http::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

#[tokio::test]
async fn a_logout_is_noticed_also_where_no_token_can_be_revoked() {
    let evil = Evil::start(Twist::default()).await;
    let home = home(&evil.section());
    let served = serve(&home).await;
    appears(&served, "b__read").await;
    let (code, out, error) = home.run(&["auth", "logout", "b", "--json"]).await;
    assert_eq!(code, 0, "{error}");
    let rows: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(rows[0]["revoked"], false, "{rows}");
    let noticed = async { while call(&served, "b__read").await["error"]["code"] != 1008 {} };
    tokio::time::timeout(PATIENCE, noticed).await.expect("its token is not used any more");
    assert_eq!(opened(&home).len(), 1, "nobody is asked to log in who has just logged out");
}
