"""A client on the Python SDK: lists the tools, makes the calls it is told to, and prints one JSON line.

  client.py [--mode auto|legacy|2026-07-28] [--call TOOL JSON]... --url URL
  client.py [--mode ..] [--call TOOL JSON]... --stdio COMMAND ARGS...
"""
import argparse
import asyncio
import json

from mcp import Client, StdioServerParameters


async def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--mode", default="auto")
    options.add_argument("--call", nargs=2, action="append", default=[], metavar=("TOOL", "JSON"))
    options.add_argument("--url")
    options.add_argument("--stdio", nargs=argparse.REMAINDER)
    chosen = options.parse_args()
    target = chosen.url
    if chosen.stdio:
        target = StdioServerParameters(command=chosen.stdio[0], args=chosen.stdio[1:])
    async with Client(target, mode=chosen.mode, read_timeout_seconds=30) as client:
        said = {"protocol": client.protocol_version, "tools": [], "calls": []}
        cursor = None
        while True:
            page = await client.list_tools(cursor=cursor)
            said["tools"] += [tool.name for tool in page.tools]
            cursor = page.next_cursor
            if not cursor:
                break
        for tool, arguments in chosen.call:
            result = await client.call_tool(tool, json.loads(arguments))
            said["calls"].append(result.model_dump(mode="json", exclude_none=True, by_alias=True))
        print(json.dumps(said))


asyncio.run(main())
