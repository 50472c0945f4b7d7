//! The `clock` backend: tells the time and reckons with it, as an MCP server over standard input and output.

mod moment;
mod tools;

use mcpmux_plugin_server::Server;

fn main() -> std::io::Result<()> {
    server().run()
}

fn server() -> Server {
    Server {
        name: "clock",
        title: "Clock",
        version: env!("CARGO_PKG_VERSION"),
        instructions: "Tells the time and reckons with it. Times are RFC 3339, as `2026-07-28T09:30:00Z`.",
        tools: vec![tools::now(), tools::add_duration(), tools::difference()],
    }
}
