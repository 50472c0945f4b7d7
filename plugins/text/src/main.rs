//! The `text` backend: counts, slugs and differences of text, as an MCP server over standard input and output.

mod difference;
mod slug;
mod tools;

use mcpmux_plugin_server::Server;

fn main() -> std::io::Result<()> {
    server().run()
}

fn server() -> Server {
    Server {
        name: "text",
        title: "Text",
        version: env!("CARGO_PKG_VERSION"),
        instructions: "Counts, slugs and differences of text.",
        tools: vec![tools::count(), tools::text_slugify(), tools::diff_lines()],
    }
}
