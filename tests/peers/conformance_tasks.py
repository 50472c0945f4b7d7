"""The tasks extension of 2026-07-28 for the conformance fixture: the tools that the suite wants, and tasks/*.

A task runs beside the call that made it. What it asks of the client stands in the answers to `tasks/get`.
"""
import asyncio
import secrets
from datetime import datetime, timezone

import mcp_types as t
from mcp.shared.exceptions import MCPError

EXTENSION = "io.modelcontextprotocol/tasks"
MISSING = MCPError(t.MISSING_REQUIRED_CLIENT_CAPABILITY, "the client did not declare tasks",
                   {"requiredCapabilities": {"extensions": {EXTENSION: {}}}})
TASKS: dict[str, "Task"] = {}


class Asked(t.RequestParams):
    task_id: str
    input_responses: dict | None = None


class Task:
    """`work` gets the task, to ask through it, and returns the result of the call."""

    def __init__(self, work):
        self.id, self.status, self.more = secrets.token_hex(8), "working", {}
        self.created = self.updated = now()
        self.asked, self.answers, self.answered = {}, {}, asyncio.Event()
        TASKS[self.id] = self
        self.running = asyncio.create_task(self.run(work))

    async def run(self, work):
        try:
            self.end("completed", result=dump(await work(self)))
        except asyncio.CancelledError:
            self.end("cancelled")
        except Exception as error:
            self.end("failed", error={"code": t.INTERNAL_ERROR, "message": str(error)})

    def end(self, status, **more):
        self.status, self.more, self.asked, self.updated = status, more, {}, now()

    async def ask(self, requests):
        self.asked, self.status, self.updated = {key: dump(it) for key, it in requests.items()}, "input_required", now()
        while self.asked:
            await self.answered.wait()
            self.answered.clear()
        self.status, self.updated = "working", now()
        return self.answers

    def update(self, responses):
        for key in [key for key in responses if key in self.asked]:
            self.answers[key] = responses[key]
            del self.asked[key]
        self.answered.set()

    def shown(self, result_type):
        shown = {"resultType": result_type, "taskId": self.id, "status": self.status, "createdAt": self.created,
                 "lastUpdatedAt": self.updated, "ttlMs": 60000, "pollIntervalMs": 100, **self.more}
        return {**shown, "inputRequests": self.asked} if self.asked else shown


def now():
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def dump(model):
    return model.model_dump(by_alias=True, mode="json", exclude_none=True)


def declared(ctx):
    capabilities = ctx.session.client_capabilities
    return capabilities is not None and EXTENSION in (capabilities.extensions or {})


async def answer(ctx, work, required=False):
    """A task for a client that knows them, else the result when it is there."""
    if declared(ctx):
        return Task(work).shown("task")
    if required:
        raise MISSING
    return await work(None)


def find(ctx, p):
    if not declared(ctx):
        raise MISSING
    header = ctx.request.headers.get("mcp-name") if ctx.request else None
    if header is not None and header != p.task_id:
        raise MCPError(t.HEADER_MISMATCH, "mcp-name header does not match the request body's 'taskId'")
    if p.task_id not in TASKS:
        raise MCPError(t.INVALID_PARAMS, f"Unknown task: {p.task_id}")
    return TASKS[p.task_id]


async def get(ctx, p):
    return find(ctx, p).shown("complete")


async def update(ctx, p):
    find(ctx, p).update(p.input_responses or {})
    return {"resultType": "complete"}


async def cancel(ctx, p):
    find(ctx, p).running.cancel()
    return {"resultType": "complete"}


def add_methods(server):
    server.extensions = {EXTENSION: {}}
    for method, handler in (("tasks/get", get), ("tasks/update", update), ("tasks/cancel", cancel)):
        server.add_request_handler(method, Asked, handler)


def add_tools(tool, done, elicit, ask):
    """With what the fixture makes its tools with."""
    @tool("greet", "Says hello", {"type": "object", "properties": {"name": {"type": "string"}}})
    async def _(ctx, p):
        return done(f"Hello, {(p.arguments or {}).get('name')}!")

    @tool("slow_compute", "Takes its time", {"type": "object", "properties": {"seconds": {"type": "number"}}})
    async def _(ctx, p):
        async def work(task):
            await asyncio.sleep((p.arguments or {}).get("seconds", 0))
            return done("computed")
        return await answer(ctx, work)

    @tool("failing_job", "Ends with a tool's error, as a task only")
    async def _(ctx, p):
        async def work(task):
            return done("it failed", is_error=True)
        return await answer(ctx, work, required=True)

    @tool("protocol_error_job", "Ends with an error of the protocol")
    async def _(ctx, p):
        async def work(task):
            raise ValueError("it is broken")
        return await answer(ctx, work)

    def confirming(name, keys):
        @tool(name, "Asks as a task")
        async def _(ctx, p):
            async def work(task):
                if task is None:
                    return done("only a task can ask")
                answers = await task.ask({key: elicit("Really?", confirm="boolean") for key in keys})
                return done(f"{len(answers)} answers")
            return await answer(ctx, work)

    confirming("confirm_delete", ["confirm"])
    confirming("multi_input", ["one", "two"])

    @tool("test_tool_with_task", "Asks, then goes on as a task")
    async def _(ctx, p):
        got = await ask(ctx, p, {"user_name": elicit("What is your name?", name="string")}, state="task")
        if not isinstance(got, dict):
            return got

        async def work(task):
            return done(f"Hello, {(got['user_name'].get('content') or {}).get('name')}!")
        return await answer(ctx, work, required=True)
