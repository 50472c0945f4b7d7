//! The `mcpServers` of AI clients as backends of ours; its shape is checked before.

use crate::mistake::Findings;
use crate::node::fields::Fields;
use crate::node::{Member, Node, Value};

/// A tree in our own shape that says what the client's does.
pub(crate) fn translate(root: &Node, found: &mut Findings<'_>) -> Node {
    let servers = Fields::of(root).member("mcpServers");
    let mut backends: Vec<Member> = Vec::new();
    for server in servers.map_or(&[][..], |servers| servers.node.members()) {
        fits(server, found);
        let key = name(server, found);
        match backends.iter().find(|backend| backend.key == key) {
            Some(_) => found.hinted(
                server.at,
                format!("another server is called `{key}` here already"),
                "rename one of them with lower-case letters, digits and `-`",
            ),
            None => backends.push(Member { key, at: server.at, node: backend(&server.node) }),
        }
    }
    let backends = Node { at: root.at, value: Value::Table(backends) };
    let member = Member { key: "backends".to_owned(), at: root.at, node: backends };
    Node { at: root.at, value: Value::Table(vec![member]) }
}

/// The name that a backend can have.
fn name(server: &Member, found: &mut Findings<'_>) -> String {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let change = |c: char| if allowed(c) { c } else { '-' };
    let name: String = server.key.to_lowercase().chars().map(change).collect();
    if name != server.key {
        let written = server.key.escape_debug();
        found.warning(
            server.at,
            format!(
                "`{written}` is called `{name}` here, because a backend's name is `[a-z0-9-]+`"
            ),
        );
    }
    name
}

/// Checks that `type` is that of the server's other keys.
fn fits(server: &Member, found: &mut Findings<'_>) {
    let fields = Fields::of(&server.node);
    let Some((at, kind)) = fields.text("type") else { return };
    let (wanted, other) = match kind.full.as_str() {
        "stdio" => ("command", "url"),
        "http" | "streamable-http" | "streamableHttp" | "sse" => ("url", "command"),
        _ => return,
    };
    if fields.member(wanted).is_none() && fields.member(other).is_some() {
        let text =
            format!("`type` is `{}`, which contradicts `{other}`", kind.written.escape_debug());
        found.hinted(at, text, format!("a server of this type has `{wanted}`"));
    }
}

fn backend(server: &Node) -> Node {
    let members = server.members().iter().filter_map(|member| match member.key.as_str() {
        "command" => Some(Member { node: command(member, server), ..member.clone() }),
        "env" | "cwd" | "url" | "headers" => Some(member.clone()),
        _ => None,
    });
    Node { at: server.at, value: Value::Table(members.collect()) }
}

/// Program and arguments in one list.
fn command(program: &Member, server: &Node) -> Node {
    let mut argv = vec![program.node.clone()];
    if let Some(Value::List(args)) =
        Fields::of(server).member("args").map(|member| &member.node.value)
    {
        argv.extend(args.iter().cloned());
    }
    Node { at: program.node.at, value: Value::List(argv) }
}
