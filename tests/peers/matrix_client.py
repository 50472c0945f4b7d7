"""The matrix test's client on the Python SDK: tries every feature on each backend, and prints one JSON line for each.

  matrix_client.py --era legacy|modern [--backend NAME=PREFIX]... http URL | sse URL | unix PATH | stdio COMMAND ARGS...

PREFIX is what the backend's names of tools and prompts are preceded by. A line is {backend, feature, ok, detail}.
"""
import argparse
import asyncio
import json
import traceback
import warnings
from contextlib import asynccontextmanager

import anyio
import httpx2
import mcp_types as t
from mcp import Client, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPDeprecationWarning, MCPError
from mcp.shared.subscriptions import PromptsListChanged, ResourcesListChanged, ResourceUpdated, ToolsListChanged

warnings.simplefilter("ignore", MCPDeprecationWarning)

PATIENCE = 30
MODERN = "2026-07-28"
TOOLS = ["echo", "fail", "steps", "go", "wait", "noticed", "log", "touch", "change", "ask_form", "ask_url", "ask_model",
         "ask_roots"]
ASKED = {"elicitation_form": ("ask_form", "accept Ada"), "elicitation_url": ("ask_url", "accept"),
         "sampling": ("ask_model", "assistant: hello from the model"),
         "roots": ("ask_roots", "file:///matrix/one file:///matrix/two")}
ROOTS = ["file:///matrix/one", "file:///matrix/two"]
FEATURES = {}


def feature(name):
    def add(function):
        FEATURES[name] = function
        return function
    return add


def equal(found, expected):
    if found != expected:
        raise AssertionError(f"{found!r} instead of {expected!r}")


class News:
    """What came that nobody asked for, in order."""

    def __init__(self):
        self.all, self.more = [], anyio.Event()

    def add(self, item):
        self.all.append(item)
        self.more.set()
        self.more = anyio.Event()

    async def until(self, holds):
        while not holds(self.all):
            await self.more.wait()
        return self.all


class Backend:
    def __init__(self, client, era, name, prefix, news):
        self.client, self.modern, self.name, self.prefix, self.news = client, era == "modern", name, prefix, news

    def uri(self, tail):
        return f"matrix://{self.name}/{tail}"

    async def call(self, tool, progress=None, meta=None, **arguments):
        return await self.client.call_tool(self.prefix + tool, arguments, progress_callback=progress, meta=meta)

    async def said(self, tool, **arguments):
        return (await self.call(tool, **arguments)).content[0].text

    async def pages(self, kind):
        """The names of all entries of this backend, page by page, and how many pages there were."""
        what = {"tools": self.client.list_tools, "prompts": self.client.list_prompts,
                "resources": self.client.list_resources, "resource_templates": self.client.list_resource_templates}
        names, cursor, count = [], None, 0
        while True:
            page = await what[kind](cursor=cursor)
            count += 1
            for entry in getattr(page, kind):
                if kind in ("tools", "prompts"):
                    names += [entry.name.removeprefix(self.prefix)] if entry.name.startswith(self.prefix) else []
                else:
                    uri = str(getattr(entry, "uri", None) or entry.uri_template)
                    names += [uri.removeprefix(self.uri(""))] if uri.startswith(self.uri("")) else []
            cursor = page.next_cursor
            if not cursor:
                return names, count


@feature("tools")
async def tools(b):
    names, _ = await b.pages("tools")
    equal(sorted(names), sorted(TOOLS))
    answer = await b.call("echo", text="höflich")
    equal((answer.content[0].text, answer.structured_content), ("echo: höflich", {"text": "höflich"}))
    answer = await b.call("fail", text="x")
    equal((answer.is_error, answer.content[0].text), (True, "failed: x"))


@feature("pagination")
async def pagination(b):
    names, count = await b.pages("tools")
    equal(len(names), len(set(names)))
    equal(set(names), set(TOOLS))
    names, more = await b.pages("resources")
    equal(sorted(names), [f"r{n}" for n in range(8)])
    return f"{count} and {more} pages"


@feature("resources")
async def resources(b):
    names, _ = await b.pages("resources")
    equal(sorted(names), [f"r{n}" for n in range(8)])


@feature("templates")
async def templates(b):
    names, _ = await b.pages("resource_templates")
    equal(names, ["item/{id}"])


@feature("read")
async def read(b):
    for tail in ("r7", "item/42"):
        content = (await b.client.read_resource(b.uri(tail))).contents[0]
        equal((str(content.uri), content.text), (b.uri(tail), f"content of {tail}"))
    try:
        await b.client.read_resource(f"nowhere://{b.name}/x")
    except MCPError as error:
        return f"unknown: {error.error.code}"
    raise AssertionError("an unknown resource was read")


@feature("prompts")
async def prompts(b):
    names, _ = await b.pages("prompts")
    equal(sorted(names), ["greet", "plain"])
    got = await b.client.get_prompt(b.prefix + "greet", {"name": "Ada"})
    equal((got.messages[0].role, got.messages[0].content.text), ("user", "hello, Ada"))


@feature("completion")
async def completion(b):
    found = await b.client.complete(t.PromptReference(name=b.prefix + "greet"), {"name": "name", "value": "A"})
    equal(found.completion.values, ["Ada", "Alan"])
    found = await b.client.complete(t.ResourceTemplateReference(uri=b.uri("item/{id}")), {"name": "id", "value": "1"})
    equal(found.completion.values, ["1", "10"])


@feature("progress")
async def progress(b):
    news = News()

    async def heard(done, total, message):
        news.add((done, total, message))

    async with anyio.create_task_group() as tasks:
        async def stepping():
            equal((await b.call("steps", progress=heard, mark="steps")).content[0].text, "stepped")
        tasks.start_soon(stepping)
        await news.until(lambda all: len(all) >= 3)
        await b.said("go", mark="steps")
    equal(news.all, [(0.5, 2, "one"), (1.25, 2, "two"), (2, 2, "three")])


def logged(all):
    return [(it.level, it.data) for kind, it in all if kind == "log"]


@feature("logging")
async def logging(b):
    loud = ("error", f"loud {b.name}")
    meta = None
    if b.modern:
        equal(await b.said("log", text="unasked"), "logged")
        meta = {"io.modelcontextprotocol/logLevel": "warning"}
    else:
        await b.client.set_logging_level("warning")
    equal((await b.call("log", text=b.name, meta=meta)).content[0].text, "logged")
    await b.news.until(lambda all: loud in logged(all))
    equal([it for it in logged(b.news.all) if it[1].endswith((b.name, "unasked"))], [loud])


def updates(all):
    return [str(it.params.uri) for kind, it in all if kind == "news" and isinstance(it, t.ResourceUpdatedNotification)]


@feature("subscription")
async def subscription(b):
    first, second = b.uri("r1"), b.uri("r2")
    if b.modern:
        async with b.client.listen(resource_subscriptions=[second]) as stays:
            async with b.client.listen(resource_subscriptions=[first]) as goes:
                await b.said("touch", uri=first)
                equal(await anext(goes), ResourceUpdated(first))
            await b.said("touch", uri=first)
            await b.said("touch", uri=second)
            equal(await anext(stays), ResourceUpdated(second))
        return
    await b.client.subscribe_resource(first)
    await b.client.subscribe_resource(second)
    await b.said("touch", uri=first)
    await b.news.until(lambda all: first in updates(all))
    await b.client.unsubscribe_resource(first)
    await b.said("touch", uri=first)
    await b.said("touch", uri=second)
    await b.news.until(lambda all: second in updates(all))
    # One change may be told twice; what counts is that none is told of what is unsubscribed.
    told = [uri for uri in updates(b.news.all) if uri in (first, second)]
    equal([uri for at, uri in enumerate(told) if told[:at][-1:] != [uri]], [first, second])
    await b.client.unsubscribe_resource(second)


def asked(name, tool, expected):
    async def run(b):
        equal(await b.said(tool), expected)
    FEATURES[name] = run


for name, (tool, expected) in ASKED.items():
    asked(name, tool, expected)


def changed(kind, event, notification):
    def heard(all):
        return sum(1 for tag, it in all if tag == "news" and isinstance(it, notification))

    async def extra(b):
        return "extra" in (await b.pages(kind))[0]

    async def run(b):
        equal(await extra(b), False)
        if b.modern:
            async with b.client.listen(**{f"{kind}_list_changed": True}) as listening:
                await b.said("change", kind=kind)
                equal(await anext(listening), event())
                while not await extra(b):
                    await anext(listening)
            return
        seen = heard(b.news.all)
        await b.said("change", kind=kind)
        while True:
            await b.news.until(lambda all: heard(all) > seen)
            seen = heard(b.news.all)
            if await extra(b):
                return

    FEATURES[f"changed_{kind}"] = run


changed("tools", ToolsListChanged, t.ToolListChangedNotification)
changed("prompts", PromptsListChanged, t.PromptListChangedNotification)
changed("resources", ResourcesListChanged, t.ResourceListChangedNotification)


@feature("ping")
async def ping(b):
    if b.modern:
        raise Cannot("the era has no ping")
    await b.client.send_ping()


# The last: for a while a message that names no call could be of the one that was given up.
@feature("cancellation")
async def cancellation(b):
    begun = anyio.Event()

    async def heard(done, total, message):
        begun.set()

    async with anyio.create_task_group() as tasks:
        async def waiting():
            await b.call("wait", progress=heard, mark="cancelled")
            raise AssertionError("the call ended by itself")
        tasks.start_soon(waiting)
        await begun.wait()
        tasks.cancel_scope.cancel()
    equal(await b.said("noticed", mark="cancelled"), "noticed")


class Cannot(Exception):
    """This SDK or era has no such thing."""


# --- what the server asks for -------------------------------------------------------------------------------------
async def elicited(context, params):
    if isinstance(params, t.ElicitRequestURLParams):
        return t.ElicitResult(action="accept" if params.url == "https://example.test/go" else "cancel")
    return t.ElicitResult(action="accept", content={key: "Ada" for key in params.requested_schema["properties"]})


async def sampled(context, params):
    said = params.messages[0].content.text.removeprefix("say ")
    return t.CreateMessageResult(role="assistant", model="none",
                                 content=t.TextContent(type="text", text=f"{said} from the model"))


async def rooted(context):
    return t.ListRootsResult(roots=[t.Root(uri=uri, name=uri) for uri in ROOTS])


@asynccontextmanager
async def unix(path):
    """HTTP on a unix socket."""
    timeout = httpx2.Timeout(30, read=300)
    async with httpx2.AsyncClient(transport=httpx2.AsyncHTTPTransport(uds=path), timeout=timeout) as http:
        async with streamable_http_client("http://localhost/mcp", http_client=http) as streams:
            yield streams


async def attempt(backend, name):
    said = {"backend": backend.name, "feature": name, "ok": False, "detail": ""}
    try:
        with anyio.fail_after(PATIENCE):
            said["detail"] = await FEATURES[name](backend) or ""
        said["ok"] = True
    except Cannot as why:
        said["detail"] = f"cannot: {why}"
    except Exception as error:
        lines = traceback.format_exception(error)
        said["detail"] = f"{error!r}\n{''.join(lines[-2:])}"[:2000]
        if isinstance(error, ExceptionGroup):
            said["detail"] = repr(error.exceptions)
    print(json.dumps(said), flush=True)


async def main():
    options = argparse.ArgumentParser()
    options.add_argument("--era", choices=["legacy", "modern"], required=True)
    options.add_argument("--backend", action="append", default=[])
    options.add_argument("way", choices=["http", "sse", "unix", "stdio"])
    options.add_argument("target", nargs=argparse.REMAINDER)
    chosen = options.parse_args()
    ways = {"http": lambda url: url, "sse": sse_client, "unix": unix,
            "stdio": lambda command, *args: StdioServerParameters(command=command, args=list(args))}
    news = News()

    async def heard(message):
        if not isinstance(message, Exception):
            news.add(("news", message))

    async def logged(params):
        news.add(("log", params))

    client = Client(ways[chosen.way](*chosen.target), mode="legacy" if chosen.era == "legacy" else MODERN,
                    sampling_callback=sampled, list_roots_callback=rooted, elicitation_callback=elicited,
                    logging_callback=logged, message_handler=heard, cache=None)
    async with client:
        for backend in chosen.backend or ["matrix="]:
            name, prefix = backend.split("=")
            for each in FEATURES:
                await attempt(Backend(client, chosen.era, name, prefix, news), each)


asyncio.run(main())
