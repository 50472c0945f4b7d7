"""The matrix test's server on the Python SDK; `matrix_server.mjs` and `rmcp` have the same features under the same names.

  matrix_server.py --era legacy|modern --transport stdio|http|sse --name NAME

Over HTTP it takes a free port of 127.0.0.1 and says it on standard error. NAME is part of its resources' URIs.
"""
import argparse
import asyncio
import functools
import socket
import sys
import warnings

import anyio
import mcp_types as t
from mcp.server.lowlevel.server import NotificationOptions, Server
from mcp.server.stdio import stdio_server
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler
from mcp.shared.exceptions import MCPDeprecationWarning, MCPError
from mcp.shared.subscriptions import PromptsListChanged, ResourcesListChanged, ResourceUpdated, ToolsListChanged

import one_era

warnings.simplefilter("ignore", MCPDeprecationWarning)

LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]
PAGE = 6
STATE = "the state of the call"
BUS = InMemorySubscriptionBus()
EXTRA = {"tools": False, "prompts": False, "resources": False}
CHANGED = {"tools": ToolsListChanged, "prompts": PromptsListChanged, "resources": ResourcesListChanged}
SUBSCRIBED = set()
NOTICED = {}
TOOLS = {}
LEVEL = ["debug"]
NAME = "matrix"


def tool(name, **arguments):
    def add(function):
        schema = {"type": "object", "properties": {key: {"type": kind} for key, kind in arguments.items()},
                  "required": list(arguments)}
        TOOLS[name] = (t.Tool(name=name, description=f"the tool {name}", input_schema=schema), function)
        return function
    return add


def done(said, **more):
    return t.CallToolResult(content=[t.TextContent(type="text", text=said)], **more)


def modern(ctx):
    return ctx.protocol_version >= one_era.MODERN


@tool("echo", text="string")
async def echo(ctx, text):
    return done(f"echo: {text}", structured_content={"text": text})


@tool("fail", text="string")
async def fail(ctx, text):
    return done(f"failed: {text}", is_error=True)


def noticed(mark):
    return NOTICED.setdefault(mark, anyio.Event())


@tool("steps", mark="string")
async def steps(ctx, mark):
    for step, said in ((0.5, "one"), (1.25, "two"), (2, "three")):
        await ctx.session.report_progress(step, total=2, message=said)
    # Clients forget who listens to a call's progress as soon as its answer is there.
    await noticed(mark).wait()
    return done("stepped")


@tool("go", mark="string")
async def go(ctx, mark):
    noticed(mark).set()
    return done("gone")


@tool("wait", mark="string")
async def wait(ctx, mark):
    try:
        await ctx.session.report_progress(1, message="waiting")
        await anyio.sleep(60)
    except anyio.get_cancelled_exc_class():
        noticed(mark).set()
        raise
    return done("nobody cancelled it")


@tool("noticed", mark="string")
async def was_noticed(ctx, mark):
    with anyio.move_on_after(10):
        await noticed(mark).wait()
        return done("noticed")
    return done("not noticed")


@tool("log", text="string")
async def log(ctx, text):
    for level, said in (("info", "quiet"), ("error", "loud")):
        if modern(ctx) or LEVELS.index(level) >= LEVELS.index(LEVEL[0]):
            await ctx.session.send_log_message(level, f"{said} {text}", logger="matrix", related_request_id=ctx.request_id)
    return done("logged")


@tool("touch", uri="string")
async def touch(ctx, uri):
    if modern(ctx):
        await BUS.publish(ResourceUpdated(uri=uri))
    elif uri in SUBSCRIBED:
        await ctx.session.send_resource_updated(uri)
    return done("touched")


@tool("change", kind="string")
async def change(ctx, kind):
    EXTRA[kind] = not EXTRA[kind]
    if modern(ctx):
        await BUS.publish(CHANGED[kind]())
    else:
        singular = kind.removesuffix("s")
        await getattr(ctx.session, f"send_{singular}_list_changed")()
    return done("changed")


# --- what is asked of the client: by requests in the call, or by a result that asks for a retry ------------------
FORM = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
WHO = t.ElicitRequest(params=t.ElicitRequestFormParams(message="who?", requested_schema=FORM))
GO = t.ElicitRequest(params=t.ElicitRequestURLParams(message="go there", url="https://example.test/go"))
SAMPLE = t.CreateMessageRequest(params=t.CreateMessageRequestParams(
    messages=[t.SamplingMessage(role="user", content=t.TextContent(type="text", text="say hello"))], max_tokens=10))


def plain(answer):
    return answer if isinstance(answer, dict) else answer.model_dump(by_alias=True, mode="json", exclude_none=True)


async def ask(ctx, request, now, show):
    if not modern(ctx):
        return done(show(plain(await now)))
    now.close()
    answered = (ctx.params.input_responses or {}).get("asked")
    if answered is None:
        return t.InputRequiredResult(input_requests={"asked": request}, request_state=STATE)
    if ctx.params.request_state != STATE:
        raise MCPError(t.INVALID_PARAMS, "another state came back")
    return done(show(plain(answered)))


@tool("ask_form")
async def ask_form(ctx):
    now = ctx.session.elicit_form("who?", FORM, related_request_id=ctx.request_id)
    return await ask(ctx, WHO, now, lambda it: f"{it['action']} {it['content']['name']}")


@tool("ask_url")
async def ask_url(ctx):
    now = ctx.session.elicit_url("go there", WHERE, "elicitation-1", related_request_id=ctx.request_id)
    return await ask(ctx, GO, now, lambda it: it["action"])


WHERE = "https://example.test/go"


@tool("ask_model")
async def ask_model(ctx):
    now = ctx.session.create_message(SAMPLE.params.messages, max_tokens=10, related_request_id=ctx.request_id)
    return await ask(ctx, SAMPLE, now, lambda it: f"{it['role']}: {it['content']['text']}")


@tool("ask_roots")
async def ask_roots(ctx):
    return await ask(ctx, t.ListRootsRequest(), ctx.session.list_roots(),
                     lambda it: " ".join(root["uri"] for root in it["roots"]))


# --- handlers ----------------------------------------------------------------------------------------------------
def page(items, params):
    start = int(params.cursor) if params and params.cursor else 0
    return items[start:start + PAGE], str(start + PAGE) if start + PAGE < len(items) else None


async def list_tools(ctx, params):
    tools = [it for it, _ in TOOLS.values()]
    if EXTRA["tools"]:
        tools.append(t.Tool(name="extra", description="the tool extra", input_schema={"type": "object"}))
    tools, cursor = page(tools, params)
    return t.ListToolsResult(tools=tools, next_cursor=cursor)


class Call:
    """The context of a call, with its parameters."""

    def __init__(self, ctx, params):
        self.ctx, self.params = ctx, params

    def __getattr__(self, name):
        return getattr(self.ctx, name)


async def call_tool(ctx, params):
    if params.name not in TOOLS:
        raise MCPError(t.INVALID_PARAMS, f"no tool {params.name}")
    return await TOOLS[params.name][1](Call(ctx, params), **(params.arguments or {}))


def uri(tail):
    return f"matrix://{NAME}/{tail}"


async def list_resources(ctx, params):
    names = [f"r{n}" for n in range(8)] + (["extra"] if EXTRA["resources"] else [])
    names, cursor = page(names, params)
    resources = [t.Resource(uri=uri(name), name=name, mime_type="text/plain") for name in names]
    return t.ListResourcesResult(resources=resources, next_cursor=cursor)


async def list_templates(ctx, params):
    item = t.ResourceTemplate(uri_template=uri("item/{id}"), name="item", mime_type="text/plain")
    return t.ListResourceTemplatesResult(resource_templates=[item])


async def read_resource(ctx, params):
    asked = str(params.uri)
    if not asked.startswith(uri("")):
        raise MCPError(t.INVALID_PARAMS if modern(ctx) else -32002, "no such resource", {"uri": asked})
    said = f"content of {asked.removeprefix(uri(''))}"
    return t.ReadResourceResult(contents=[t.TextResourceContents(uri=asked, mime_type="text/plain", text=said)])


async def subscribe(ctx, params):
    SUBSCRIBED.add(str(params.uri))
    return t.EmptyResult()


async def unsubscribe(ctx, params):
    SUBSCRIBED.discard(str(params.uri))
    return t.EmptyResult()


async def list_prompts(ctx, params):
    name = t.PromptArgument(name="name", required=True)
    prompts = [t.Prompt(name="greet", description="the prompt greet", arguments=[name]),
               t.Prompt(name="plain", description="the prompt plain")]
    if EXTRA["prompts"]:
        prompts.append(t.Prompt(name="extra", description="the prompt extra"))
    return t.ListPromptsResult(prompts=prompts)


async def get_prompt(ctx, params):
    said = f"hello, {(params.arguments or {}).get('name')}" if params.name == "greet" else params.name
    message = t.PromptMessage(role="user", content=t.TextContent(type="text", text=said))
    return t.GetPromptResult(messages=[message])


async def complete(ctx, params):
    prompt = isinstance(params.ref, t.PromptReference)
    known = ["Ada", "Alan", "Grace"] if prompt else ["1", "10", "2"]
    values = [value for value in known if value.startswith(params.argument.value)]
    return t.CompleteResult(completion=t.Completion(values=values, total=len(values), has_more=False))


async def set_level(ctx, params):
    LEVEL[0] = params.level
    return t.EmptyResult()


def build(era):
    server = Server(
        NAME, version="1.0.0", on_list_tools=list_tools, on_call_tool=call_tool, on_list_resources=list_resources,
        on_list_resource_templates=list_templates, on_read_resource=read_resource, on_subscribe_resource=subscribe,
        on_unsubscribe_resource=unsubscribe, on_list_prompts=list_prompts, on_get_prompt=get_prompt,
        on_completion=complete, on_set_logging_level=set_level,
        on_subscriptions_listen=ListenHandler(BUS) if era == "modern" else None)
    changes = NotificationOptions(tools_changed=True, prompts_changed=True, resources_changed=True)
    server.create_initialization_options = functools.partial(server.create_initialization_options, changes)
    return server


async def stdio(era):
    server = build(era)
    async with stdio_server() as (read, write), one_era.lines(era, read, write) as accepted:
        await server.run(accepted, write, server.create_initialization_options())


def sse():
    from mcp.server.sse import SseServerTransport
    from starlette.applications import Starlette
    from starlette.responses import Response
    from starlette.routing import Mount, Route
    transport = SseServerTransport("/messages/")
    server = build("legacy")

    async def stream(request):
        async with transport.connect_sse(request.scope, request.receive, request._send) as (read, write):
            await server.run(read, write, server.create_initialization_options())
        return Response()

    return Starlette(routes=[Route("/sse", endpoint=stream, methods=["GET"]),
                             Mount("/messages/", app=transport.handle_post_message)])


def http(app):
    import uvicorn
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    print(f"bound to 127.0.0.1:{listening.getsockname()[1]}", file=sys.stderr, flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listening])


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--era", choices=["legacy", "modern"], required=True)
    options.add_argument("--transport", choices=["stdio", "http", "sse"], required=True)
    options.add_argument("--name", default=NAME)
    chosen = options.parse_args()
    NAME = chosen.name
    if chosen.transport == "stdio":
        asyncio.run(stdio(chosen.era))
    elif chosen.transport == "sse":
        http(sse())
    else:
        http(one_era.Posts(chosen.era, build(chosen.era).streamable_http_app(host="127.0.0.1")))
