"""A plugin in Python: numbers in the arguments of tools are cut to a cap, and a call over a hard cap is refused."""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import lifecycle, request
from wit_world.imports import log, types

SCHEMA = {
    "type": "object",
    "properties": {
        "caps": {
            "type": "object",
            "additionalProperties": {"type": "number"},
            "description": "The most that may stand at a JSON Pointer into the arguments",
        },
        "refuse": {"type": "boolean", "description": "Refuse what is above its cap, instead of cutting it"},
    },
    "required": ["caps"],
    "additionalProperties": False,
}

caps: dict[str, float] = {}
refuse = False


class Lifecycle(exports.Lifecycle):
    def describe(self) -> lifecycle.Description:
        return lifecycle.Description(
            id="caps",
            version="0.1.0",
            summary="keeps numbers in arguments under a cap",
            config_schema=json.dumps(SCHEMA),
            wants=[],
        )

    def init(self, config_json: str) -> None:
        global caps, refuse
        given = json.loads(config_json)
        if not isinstance(given.get("caps"), dict):
            # What is raised as `Err` is the `err` of the result: the operator reads it.
            raise Err('caps: a table is needed, as in caps = { "/limit" = 100 }')
        caps, refuse = given["caps"], given.get("refuse", False)


class Request(exports.Request):
    def on_request(self, call: types.Call, arguments: types.Document) -> request.Action:
        patches = []
        # The arguments stay in the host: only what is asked for is copied.
        for (at, cap), text in zip(caps.items(), arguments.get_many(list(caps))):
            value = json.loads(text) if text is not None else None
            if not isinstance(value, (int, float)) or isinstance(value, bool) or value <= cap:
                continue
            if refuse:
                message = f"{at} of {call.name} is {value}, more than {cap}"
                return request.Action_Refuse(types.Denial(code="policy.cap", message=message))
            log.write(log.Level.INFO, f"cut {at} of {call.backend}/{call.name} to {cap}")
            patches.append(types.Patch_Set((at, json.dumps(cap))))
        if not patches:
            return request.Action_Forward()
        return request.Action_Change(types.Rewrite_Patch(patches))
