//! `search`: a long list becomes three tools, by which the others are found, described and called.

use serde_json::{Value, json};

use super::{Stage, Tool, check_refused, check_unknown, first, names, plugin};

/// Twelve tools at each backend; more than the plugin leaves as they are.
fn tools() -> Vec<Tool> {
    let odd = |number: usize| {
        Tool::new(&format!("odd_job_{number}")).with("description", "Does some work")
    };
    let schema =
        json!({"type": "object", "properties": {"city": {"type": "string", "x-vendor": 1.5}}});
    let weather = Tool::new("forecast")
        .with("title", "Weather of the coming days")
        .with("inputSchema", schema);
    let others =
        [Tool::new("ping"), Tool::new("drop_table").with("description", "Drops a table"), weather];
    (0..9).map(odd).chain(others).collect()
}

const KEEP: &str = "grant = [\"catalog\"]\n[plugins.config]\nkeep = [\"*__ping\"]\n";
const RULES: &str = r#"
[plugins.config]
deny = ["*/drop_*"]
[[plugins.config.rules]]
effect = "deny"
entries = ["*/forecast"]
arguments = [{ at = "/city", equals = "Atlantis" }]
code = "policy.city"
"#;

/// What is left in the list.
const LISTED: [&str; 5] = ["call_tool", "describe_tool", "find_tools", "new__ping", "old__ping"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tools_out_of_sight_are_found_described_and_called_as_policy_allows() {
    let config = format!("{}{}", plugin("search", KEEP), plugin("permissions", RULES));
    let stage = Stage::new(&tools(), &config).await;
    for client in stage.clients().await {
        assert_eq!(names(&client).await, LISTED);
        let call = async |name: &str, arguments: Value| {
            client.call("call_tool", json!({"name": name, "arguments": arguments})).await
        };

        let found = client.call("find_tools", json!({"query": "what will the weather be?"})).await;
        let title = "Weather of the coming days";
        let both = format!("\n- old__forecast: {title}\n- new__forecast: {title}");
        assert_eq!(first(&found).trim_end(), format!("2 of 22 tools match, the best first{both}"));
        let limited = client.call("find_tools", json!({"query": "odd job", "limit": 3})).await;
        assert!(first(&limited).starts_with("18 of 22 tools match, the best first; here are 3\n"));
        assert_eq!(first(&limited).lines().count(), 4, "{limited}");
        let overview = client.call("find_tools", json!({})).await;
        assert!(
            first(&overview).starts_with("there are 22 tools, of new (11), old (11)"),
            "{overview}"
        );

        let described = client.call("describe_tool", json!({"name": "old__forecast"})).await;
        let described: Value = serde_json::from_str(first(&described)).unwrap();
        assert_eq!(
            (&described["name"], &described["title"]),
            (&json!("old__forecast"), &json!(title))
        );
        assert_eq!(described["inputSchema"]["properties"]["city"]["x-vendor"], 1.5, "{described}");

        for backend in super::BACKENDS {
            let forecast = format!("{backend}__forecast");
            let city = json!({"city": "Zürich"});
            assert_eq!(first(&call(&forecast, city.clone()).await), city.to_string());
            assert_eq!(first(&client.call(&forecast, city.clone()).await), city.to_string());
            // Policy judges the call of that tool, whoever made it.
            let lost = json!({"city": "Atlantis"});
            let refused = call(&forecast, lost.clone()).await;
            check_refused(&refused, "policy.city", &forecast, "not_delivered");
            check_refused(
                &client.call(&forecast, lost).await,
                "policy.city",
                "/city",
                "not_delivered",
            );
            let denied = format!("{backend}__drop_table");
            check_unknown(&client.call(&denied, json!({})).await, &denied);
            let denied = call(&denied, json!({})).await;
            assert_eq!(denied["result"]["isError"], true, "{denied}");
        }
        let dropped = client.call("find_tools", json!({"query": "drop table"})).await;
        assert!(first(&dropped).starts_with("no tool matches `drop table`"), "{dropped}");
        let near = call("old__forcast", json!({})).await;
        assert_eq!(near["result"]["isError"], true, "{near}");
        assert!(first(&near).contains("did you mean `old__forecast`"), "{near}");
    }
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_list_stays_as_it_is() {
    let tools = ["a", "b"].map(Tool::new);
    let stage = Stage::new(&tools, &plugin("search", KEEP)).await;
    for client in stage.clients().await {
        assert_eq!(names(&client).await, ["new__a", "new__b", "old__a", "old__b"]);
    }
    stage.stop().await;
}
