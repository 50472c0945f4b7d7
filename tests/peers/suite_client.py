"""The client that the conformance suite judges: mcpmux with the suite's server behind it, driven by the Python SDK.

  suite_client.py FOLDER MCPMUX MODE URL   the suite adds the URL; FOLDER gets the configuration

MODE is what the SDK speaks to mcpmux, `legacy` or a revision. With `direct` for MCPMUX there is none: so it is seen
that this script does what the scenarios want.
"""
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

import mcp_types as t
from mcp import Client
from mcp.shared.exceptions import MCPError

SCENARIO = os.environ["MCP_CONFORMANCE_SCENARIO"]
CONTEXT = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT") or "{}")
# The one tool of a scenario, and what it is called with.
CALLS = {"tools_call": ("add_numbers", {"a": 5, "b": 3}), "sse-retry": ("test_reconnection", {}),
         "elicitation-sep1034-client-defaults": ("test_client_elicitation_defaults", {})}
ROUNDS = ("test_mrtr_echo_state", "test_mrtr_no_state", "test_mrtr_unrelated", "test_mrtr_no_result_type")


async def elicit(context, params):
    properties = (params.requested_schema or {}).get("properties", {})
    content = {name: schema["default"] for name, schema in properties.items() if "default" in schema}
    if "confirmed" in properties:
        content["confirmed"] = True
    return t.ElicitResult(action="accept", content=content)


async def sample(context, params):
    return t.CreateMessageResult(role="assistant", content=t.TextContent(type="text", text="ok"), model="none")


async def roots(context):
    return t.ListRootsResult(roots=[])


# What these want is that mcpmux does not go on; so there are no tools, or the call fails.
GIVES_UP = ("scope-retry-limit", "resource-mismatch", "metadata-issuer-mismatch", "iss-supported-missing",
            "iss-wrong-issuer", "iss-unexpected", "iss-normalized")


async def authorized(client):
    """Calls the one tool until it answers: it is there once somebody has logged in. Lists may be cached, calls are not."""
    end = time.monotonic() + (3 if SCENARIO.removeprefix("auth/") in GIVES_UP else 15)
    while time.monotonic() < end:
        try:
            print("answer:", (await client.call_tool("test-tool", {})).is_error, file=sys.stderr)
            # A server that moves takes one call and refuses the next; it takes it when somebody has logged in again.
            if SCENARIO != "auth/authorization-server-migration" or moved(client):
                return
        except MCPError as error:
            print("error:", error, file=sys.stderr)
        await asyncio.sleep(0.2)


def moved(client, answered=[]):
    """Whether this is the third answer."""
    answered.append(client)
    return len(answered) == 3


async def drive(client):
    if SCENARIO.startswith("auth/"):
        return await authorized(client)
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    print("tools:", list(tools), file=sys.stderr)
    if SCENARIO in CALLS:
        await client.call_tool(*CALLS[SCENARIO])
    elif SCENARIO == "json-schema-2020-12-preservation":
        schema = tools["json_schema_2020_12_tool"].input_schema
        await client.call_tool("json_schema_echo", {"schema": schema})
    elif SCENARIO == "http-custom-headers":
        for call in CONTEXT["toolCalls"]:
            await told(client.call_tool(call["name"], call["arguments"]))
    elif SCENARIO == "http-invalid-tool-headers":
        for name in tools:
            await told(client.call_tool(name, {"region": "us-west1"}))
    elif SCENARIO == "sep-2322-client-request-state":
        for name in ROUNDS:
            await told(client.call_tool(name, {}))
    elif SCENARIO == "http-standard-headers":
        for name in tools:
            await told(client.call_tool(name, {}))
        for resource in (await client.list_resources()).resources:
            await told(client.read_resource(resource.uri))
        for prompt in (await client.list_prompts()).prompts:
            await told(client.get_prompt(prompt.name, {}))
    elif SCENARIO not in ("initialize", "request-metadata", "json-schema-ref-no-deref"):
        sys.exit(f"nobody has said what to do in {SCENARIO}")


async def told(answer):
    """The suite's servers answer some calls with errors; what it judges is the call."""
    try:
        print("answer:", (await answer).model_dump_json(exclude_none=True)[:300], file=sys.stderr)
    except MCPError as error:
        print("error:", error, file=sys.stderr)


def environment(folder):
    """A browser that goes where it is sent and asks nobody; whatever node is told is not for it."""
    browser = folder / "browser"
    browser.write_text(f'#!/bin/sh\nexec {sys.executable} {Path(__file__).parent / "browser.py"} "$@"\n')
    browser.chmod(0o755)
    return {**os.environ, "NO_COLOR": "1", "BROWSER": str(browser), "XDG_STATE_HOME": str(folder / "state")}


def issuer(url):
    """What an operator knows of the backend: the authorization server that it names."""
    parts = urllib.parse.urlsplit(url)
    place = f"{parts.scheme}://{parts.netloc}/.well-known/oauth-protected-resource{parts.path}"
    with urllib.request.urlopen(place, timeout=10) as answer:
        return json.load(answer)["authorization_servers"][0]


def auth(folder, url):
    """The `auth` of a scenario."""
    if not SCENARIO.startswith("auth/"):
        return ""
    keys = {"type": "oauth"}
    keys |= {key: CONTEXT[key] for key in ("client_id", "client_secret") if key in CONTEXT}
    if SCENARIO == "auth/basic-cimd":
        # The suite's own words.
        keys["client_metadata_url"] = "https://conformance-test.local/client-metadata.json"
    if "client-credentials" in SCENARIO:
        keys["grant"] = "client_credentials"
    if "private_key_pem" in CONTEXT:
        (folder / "key.pem").write_text(CONTEXT["private_key_pem"])
        (folder / "key.pem").chmod(0o600)
        keys["client_key"] = "key.pem"
    if "idp_id_token" in CONTEXT:
        (folder / "id").write_text(CONTEXT["idp_id_token"])
        keys |= {"grant": "enterprise", "identity_token_endpoint": CONTEXT["idp_token_endpoint"],
                 "identity_client_id": CONTEXT["idp_client_id"], "identity_command": ["cat", str(folder / "id")]}
    if "grant" in keys:
        keys["issuer"] = issuer(url)
    return "".join(f"auth.{key} = {json.dumps(value)}\n" for key, value in keys.items())


@contextlib.contextmanager
def serving(folder, mcpmux, url):
    """mcpmux in front of the URL: its endpoint, once the backend has come up or failed."""
    config = folder / "mcpmux.toml"
    config.write_text(f'[backends.suite]\nprefix = ""\nurl = "{url}"\n' + auth(folder, url))
    command = [mcpmux, "-c", str(config), "-vv", "serve", "--http", "127.0.0.1:0"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               text=True, cwd=folder, env=environment(folder))
    try:
        endpoint = None
        for line in process.stderr:
            sys.stderr.write(line)
            if "listening url=" in line:
                endpoint = line.split("listening url=")[1].split()[0]
            if "claude mcp add" in line:
                break
        # It may say more, and must not block on it.
        threading.Thread(target=lambda: sys.stderr.writelines(process.stderr), daemon=True).start()
        yield endpoint
    finally:
        process.terminate()
        process.wait(10)


async def main():
    folder, mcpmux, mode, url = Path(sys.argv[1]), *sys.argv[2:]
    with contextlib.nullcontext(url) if mcpmux == "direct" else serving(folder, mcpmux, url) as endpoint:
        async with asyncio.timeout(20), Client(endpoint, mode=mode, elicitation_callback=elicit,
                                               sampling_callback=sample, list_roots_callback=roots) as client:
            await drive(client)


asyncio.run(main())
