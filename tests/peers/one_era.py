"""What a server of one era answers to the other, in front of one that speaks both: over HTTP and over lines."""
import json
from contextlib import asynccontextmanager

import anyio
import mcp_types as t
from mcp.shared.message import SessionMessage

MODERN = "2026-07-28"
VERSION = "io.modelcontextprotocol/protocolVersion"
HEADER = b"mcp-protocol-version"


def refusal(requested):
    """A modern server's, of a revision that it does not speak."""
    return {"code": -32022, "message": "Unsupported protocol version",
            "data": {"supported": [MODERN], "requested": requested or "unknown"}}


class Posts:
    """An ASGI application that lets one era through."""

    def __init__(self, era, app):
        self.era, self.app = era, app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or self.era == "both":
            return await self.app(scope, receive, send)
        version = next((value.decode("latin-1") for name, value in scope["headers"] if name == HEADER), None)
        if (version == MODERN) == (self.era == "modern"):
            return await self.app(scope, receive, send)
        if scope["method"] != "POST":
            return await answer(send, 405, None)
        body = b""
        while (event := await receive())["type"] == "http.request":
            body += event.get("body", b"")
            if not event.get("more_body"):
                break
        message = json.loads(body)
        asked = message.get("params") or {}
        error = refusal(version or asked.get("protocolVersion"))
        if self.era == "legacy":
            # As servers on the SDKs of that time answer: they look at the header before the method.
            error = {"code": -32600, "message": f"Bad Request: Unsupported protocol version: {version}"}
        await answer(send, 400, {"jsonrpc": "2.0", "id": message.get("id"), "error": error})


async def answer(send, status, message):
    body = b"" if message is None else json.dumps(message).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def lines(era, read, write):
    """The messages of one era; requests of the other are answered here."""
    if era == "both":
        yield read
        return
    sending, accepted = anyio.create_memory_object_stream(0)

    async def pass_on():
        async with sending:
            async for item in read:
                error = wrong(era, item.message) if isinstance(item, SessionMessage) else None
                if error is None:
                    await sending.send(item)
                else:
                    told = t.JSONRPCError(jsonrpc="2.0", id=item.message.id, error=t.ErrorData(**error))
                    await write.send(SessionMessage(told))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(pass_on)
        yield accepted
        tasks.cancel_scope.cancel()


def wrong(era, message):
    """The error for a request of the other era."""
    if not isinstance(message, t.JSONRPCRequest):
        return None
    params = message.params or {}
    modern = VERSION in (params.get("_meta") or {})
    if era == "legacy" and (modern or message.method == "server/discover"):
        return {"code": -32601, "message": "Method not found"}
    if era == "modern" and not modern:
        return refusal(params.get("protocolVersion"))
    return None
