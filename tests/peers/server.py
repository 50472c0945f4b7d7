"""A server of the 2026-07-28 era on the Python SDK, which also speaks 2025-11-25: three tools.

  server.py --stdio
  server.py --http      on a free port of 127.0.0.1, which it says on standard error

`seen` tells the revision and the client's name as the server sees them, `fail` fails as the tool or in JSON-RPC,
`count` reports progress.
"""
import asyncio
import json
import socket
import sys

import mcp_types as t
from mcp.server.lowlevel.server import NotificationOptions, Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError

NUMBERS = {"type": "number", "minimum": 1.0, "maximum": 123456789012345678901234567890}
SEEN = t.Tool(name="seen", title="What is seen", description="Höflich: \u2028 <&>",
              input_schema={"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
                            "$defs": {"n": NUMBERS}, "properties": {"n": {"$ref": "#/$defs/n"}}, "x-unknown": [None]},
              output_schema={"type": "object", "properties": {"revision": {"type": "string"}}},
              annotations=t.ToolAnnotations(read_only_hint=True), _meta={"example.test/kept": {"a": [1, 2.50]}})
FAIL = t.Tool(name="fail", description="Fails", input_schema={"type": "object", "properties": {"how": {"type": "string"}}})
COUNT = t.Tool(name="count", description="Counts to three", input_schema={"type": "object"})


async def list_tools(context, params):
    return t.ListToolsResult(tools=[SEEN, FAIL, COUNT])


async def call_tool(context, params):
    arguments = params.arguments or {}
    if params.name == "seen":
        client = context.session.client_params
        seen = {"revision": context.protocol_version, "arguments": arguments,
                "client": client.client_info.name if client and client.client_info else None}
        return t.CallToolResult(content=[text(json.dumps(seen))], structured_content=seen, _meta={"example.test/kept": 1})
    if params.name == "fail" and arguments.get("how") == "tool":
        return t.CallToolResult(content=[text("it failed")], is_error=True)
    if params.name == "fail":
        raise MCPError(-31234, "it is wrong", {"why": ["because", 1.0]})
    for step in (1, 2, 3):
        await context.session.report_progress(step, total=3, message=f"step {step}")
    return t.CallToolResult(content=[text("counted")])


def text(said):
    return t.TextContent(type="text", text=said)


SERVER = Server("tests", version="1.2.3", on_list_tools=list_tools, on_call_tool=call_tool)


async def stdio():
    async with stdio_server() as (received, sent):
        await SERVER.run(received, sent, SERVER.create_initialization_options(NotificationOptions()))


def http():
    import uvicorn
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    print(f"bound to 127.0.0.1:{listening.getsockname()[1]}", file=sys.stderr, flush=True)
    app = SERVER.streamable_http_app(host="127.0.0.1")
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])


if sys.argv[1:] == ["--http"]:
    http()
else:
    asyncio.run(stdio())
