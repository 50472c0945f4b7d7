// A plugin in JavaScript: tools may touch files under some folders only, and tools that say they destroy are not shown.

import { write } from "mcpmux:plugin/log@0.2.0";

let config = { roots: [], destructive: false };

const schema = {
  type: "object",
  properties: {
    roots: {
      type: "array",
      items: { type: "string", pattern: "^/" },
      description: "Folders that a tool's `path` may lie in",
    },
    destructive: { type: "boolean", description: "Show tools that say they destroy" },
  },
  required: ["roots"],
  additionalProperties: false,
};

export const lifecycle = {
  describe() {
    return {
      id: "paths",
      version: "0.1.0",
      summary: "keeps the paths in arguments under some folders",
      configSchema: JSON.stringify(schema),
      wants: [],
    };
  },

  // What is thrown is the `err` of the result: the operator reads it.
  init(text) {
    const given = JSON.parse(text);
    if (!Array.isArray(given.roots) || !given.roots.every((root) => typeof root === "string")) {
      throw 'roots: an array of strings is needed, as in roots = ["/data"]';
    }
    config = { roots: given.roots.map(normal), destructive: given.destructive === true };
  },
};

export const authorize = {
  check(call, args) {
    // The arguments stay in the host: only what is asked for is copied.
    const path = args.getString("/path");
    if (path === undefined) return { tag: "allow" };
    const at = normal(path);
    if (config.roots.some((root) => at === root || at.startsWith(root === "/" ? "/" : `${root}/`))) {
      return { tag: "allow" };
    }
    write("info", `${call.backend}/${call.name} asked for a path outside of the roots`);
    return {
      tag: "deny",
      val: { code: "policy.path", message: `${call.name} may not touch ${path}` },
    };
  },
};

export const authorizeList = {
  checkList(_client, entries) {
    return entries.map((entry) => config.destructive || entry.destructive !== true);
  },
};

// The path without `.`, `..` and doubled slashes; a relative one stays relative and is under no root.
function normal(path) {
  const parts = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return (path.startsWith("/") ? "/" : "") + parts.join("/");
}
