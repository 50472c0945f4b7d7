// The matrix test's server on both generations of the TypeScript SDK; its features are those of `matrix_server.py`.
//
//   matrix_server.mjs --sdk v1|v2 --era legacy|modern --transport stdio|http|sse --name NAME
//
// v1 has no modern era, and v2 no HTTP+SSE.
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import { load, parsed } from './matrix_sdk.mjs';

const { sdk, era, transport, name: NAME = 'matrix' } = parsed(process.argv.slice(2)).options;
const v1 = sdk === 'v1';
const modern = era === 'modern';
const { Server } = await load(v1 ? '@modelcontextprotocol/sdk/server/index.js' : '@modelcontextprotocol/server');
const { StdioServerTransport } = await load(v1 ? '@modelcontextprotocol/sdk/server/stdio.js' : '@modelcontextprotocol/server/stdio');
const schemas = v1 ? await load('@modelcontextprotocol/sdk/types.js') : {};

const PAGE = 6;
const STATE = 'the state of the call';
const LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];
let LEVEL = 'debug';
const EXTRA = { tools: false, prompts: false, resources: false };
const SUBSCRIBED = new Set();
const NOTICED = new Map();
const uri = tail => `matrix://${NAME}/${tail}`;
const done = (text, more = {}) => ({ content: [{ type: 'text', text }], ...more });

function noticed(mark) {
  if (!NOTICED.has(mark)) NOTICED.set(mark, Promise.withResolvers());
  return NOTICED.get(mark);
}

const later = (ms, value) => new Promise(resolve => setTimeout(resolve, ms, value).unref());
const FORM = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
const WHO = { mode: 'form', message: 'who?', requestedSchema: FORM };
const GO = { mode: 'url', message: 'go there', url: 'https://example.test/go' };
const SAMPLE = { messages: [{ role: 'user', content: { type: 'text', text: 'say hello' } }], maxTokens: 10 };

// Asks the client by a request in the call, or by a result that asks for a retry.
async function ask(call, method, params, now, show) {
  if (!modern) return done(show(await now({ relatedRequestId: call.id })));
  const answered = call.answers?.asked;
  if (answered === undefined) return { resultType: 'input_required', inputRequests: { asked: { method, params } }, requestState: STATE };
  if (call.state !== STATE) throw new Error(`another state came back: ${call.state}`);
  return done(show(answered));
}

const progress = (call, progress, total, message) =>
  call.notify('notifications/progress', { progressToken: call.meta?.progressToken, progress, total, message });

const TOOLS = {
  echo: [['text'], async ({ text }) => done(`echo: ${text}`, { structuredContent: { text } })],
  fail: [['text'], async ({ text }) => done(`failed: ${text}`, { isError: true })],
  steps: [['mark'], async ({ mark }, call) => {
    await progress(call, 0.5, 2, 'one');
    await progress(call, 1.25, 2, 'two');
    await progress(call, 2, 2, 'three');
    // Clients forget who listens to a call's progress as soon as its answer is there.
    await noticed(mark).promise;
    return done('stepped');
  }],
  go: [['mark'], async ({ mark }) => {
    noticed(mark).resolve('noticed');
    return done('gone');
  }],
  wait: [['mark'], async ({ mark }, call) => {
    await progress(call, 1, undefined, 'waiting');
    const cancelled = new Promise(resolve => call.signal.addEventListener('abort', () => resolve(true)));
    if (!call.signal.aborted && !(await Promise.race([cancelled, later(60_000, false)]))) return done('nobody cancelled it');
    noticed(mark).resolve('noticed');
    return done('cancelled');
  }],
  noticed: [['mark'], async ({ mark }) => done(await Promise.race([noticed(mark).promise, later(10_000, 'not noticed')]))],
  log: [['text'], async ({ text }, call) => {
    await call.log('info', `quiet ${text}`);
    await call.log('error', `loud ${text}`);
    return done('logged');
  }],
  touch: [['uri'], async ({ uri }, call) => {
    if (modern || SUBSCRIBED.has(uri)) await call.server.publish.updated(uri);
    return done('touched');
  }],
  change: [['kind'], async ({ kind }, call) => {
    EXTRA[kind] = !EXTRA[kind];
    await call.server.publish[kind]();
    return done('changed');
  }],
  ask_form: [[], async (_, call) => ask(call, 'elicitation/create', WHO, how => call.server.elicitInput(WHO, how),
    it => `${it.action} ${it.content.name}`)],
  ask_url: [[], async (_, call) => ask(call, 'elicitation/create', GO,
    how => call.server.elicitInput({ ...GO, elicitationId: 'elicitation-1' }, how), it => it.action)],
  ask_model: [[], async (_, call) => ask(call, 'sampling/createMessage', SAMPLE, how => call.server.createMessage(SAMPLE, how),
    it => `${it.role}: ${it.content.text}`)],
  // The SDK's example, which does not say in whose call it asks.
  ask_roots: [[], async (_, call) => ask(call, 'roots/list', {}, () => call.server.listRoots(),
    it => it.roots.map(root => root.uri).join(' '))],
};

function page(key, items, params) {
  const start = Number(params?.cursor ?? 0);
  const nextCursor = start + PAGE < items.length ? String(start + PAGE) : undefined;
  return { [key]: items.slice(start, start + PAGE), ...(nextCursor && { nextCursor }) };
}

function tool([name, [args]]) {
  const properties = Object.fromEntries(args.map(arg => [arg, { type: 'string' }]));
  return { name, description: `the tool ${name}`, inputSchema: { type: 'object', properties, required: args } };
}

function failure(code, message, data) {
  return Object.assign(new Error(message), { code, data });
}

const HANDLERS = {
  'tools/list': params => page('tools', [...Object.entries(TOOLS).map(tool),
    ...(EXTRA.tools ? [{ name: 'extra', description: 'the tool extra', inputSchema: { type: 'object' } }] : [])], params),
  'tools/call': (params, call) => {
    if (!TOOLS[params.name]) throw failure(-32602, `no tool ${params.name}`);
    return TOOLS[params.name][1](params.arguments ?? {}, call);
  },
  'resources/list': params => page('resources', [...Array(8).keys()].map(n => `r${n}`).concat(EXTRA.resources ? ['extra'] : [])
    .map(name => ({ uri: uri(name), name, mimeType: 'text/plain' })), params),
  'resources/templates/list': () => ({ resourceTemplates: [{ uriTemplate: uri('item/{id}'), name: 'item', mimeType: 'text/plain' }] }),
  'resources/read': params => {
    if (!params.uri.startsWith(uri(''))) throw failure(modern ? -32602 : -32002, 'no such resource', { uri: params.uri });
    return { contents: [{ uri: params.uri, mimeType: 'text/plain', text: `content of ${params.uri.slice(uri('').length)}` }] };
  },
  'prompts/list': () => ({ prompts: [
    { name: 'greet', description: 'the prompt greet', arguments: [{ name: 'name', required: true }] },
    { name: 'plain', description: 'the prompt plain' },
    ...(EXTRA.prompts ? [{ name: 'extra', description: 'the prompt extra' }] : [])] }),
  'prompts/get': params => ({ messages: [{ role: 'user', content: { type: 'text',
    text: params.name === 'greet' ? `hello, ${params.arguments?.name}` : params.name } }] }),
  'completion/complete': params => {
    const known = params.ref.type === 'ref/prompt' ? ['Ada', 'Alan', 'Grace'] : ['1', '10', '2'];
    const values = known.filter(value => value.startsWith(params.argument.value));
    return { completion: { values, total: values.length, hasMore: false } };
  },
};
const LEGACY = {
  ...(v1 && { 'logging/setLevel': params => { LEVEL = params.level; return {}; } }),
  'resources/subscribe': params => { SUBSCRIBED.add(params.uri); return {}; },
  'resources/unsubscribe': params => { SUBSCRIBED.delete(params.uri); return {}; },
};
// v1 finds a method by its schema.
const SCHEMAS = { 'tools/list': 'ListTools', 'tools/call': 'CallTool', 'resources/list': 'ListResources',
  'resources/templates/list': 'ListResourceTemplates', 'resources/read': 'ReadResource', 'prompts/list': 'ListPrompts',
  'prompts/get': 'GetPrompt', 'completion/complete': 'Complete', 'resources/subscribe': 'Subscribe',
  'resources/unsubscribe': 'Unsubscribe', 'logging/setLevel': 'SetLevel' };

function call(server, context) {
  if (v1) {
    return { server, id: context.requestId, meta: context._meta, signal: context.signal,
      notify: (method, params) => context.sendNotification({ method, params }),
      // Its own `sendLoggingMessage` says it on the stream that belongs to no call, which is told apart from the calls'
      // only while these last.
      log: (level, data) => LEVELS.indexOf(level) < LEVELS.indexOf(LEVEL) ? undefined
        : context.sendNotification({ method: 'notifications/message', params: { level, data, logger: 'matrix' } }) };
  }
  const { id, _meta, signal, inputResponses, requestState } = context.mcpReq;
  return { server, id, meta: _meta, signal, answers: inputResponses, state: modern ? requestState() : undefined,
    notify: (method, params) => context.mcpReq.notify({ method, params }),
    log: (level, data) => context.mcpReq.log(level, data, 'matrix') };
}

let handler;
function build() {
  const server = new Server({ name: NAME, version: '1.0.0' }, { capabilities: { tools: { listChanged: true },
    prompts: { listChanged: true }, resources: { listChanged: true, subscribe: true }, completions: {}, logging: {} } });
  const tell = handler?.notify;
  server.publish = tell ? { tools: tell.toolsChanged, prompts: tell.promptsChanged, resources: tell.resourcesChanged, updated: tell.resourceUpdated }
    : { tools: () => server.sendToolListChanged(), prompts: () => server.sendPromptListChanged(),
      resources: () => server.sendResourceListChanged(), updated: uri => server.sendResourceUpdated({ uri }) };
  for (const [method, answer] of Object.entries({ ...HANDLERS, ...(modern ? {} : LEGACY) })) {
    server.setRequestHandler(v1 ? schemas[`${SCHEMAS[method]}RequestSchema`] : method,
      async (request, context) => answer(request.params ?? {}, call(server, context)));
  }
  return server;
}

function listen(answer) {
  const server = createServer((request, response) => Promise.resolve(answer(request, response)).catch(error => {
    console.error(error);
    response.destroy();
  }));
  server.listen(0, '127.0.0.1', () => console.error(`bound to 127.0.0.1:${server.address().port}`));
}

if (transport === 'stdio' && modern) {
  const { serveStdio } = await load('@modelcontextprotocol/server/stdio');
  serveStdio(build, { legacy: 'reject' });
} else if (transport === 'stdio') {
  await build().connect(new StdioServerTransport());
} else if (transport === 'sse') {
  const { SSEServerTransport } = await load('@modelcontextprotocol/sdk/server/sse.js');
  const sessions = new Map();
  listen(async (request, response) => {
    if (request.method === 'GET') {
      const transport = new SSEServerTransport('/messages', response);
      sessions.set(transport.sessionId, transport);
      return build().connect(transport);
    }
    const session = sessions.get(new URL(request.url, 'http://localhost').searchParams.get('sessionId'));
    return session ? session.handlePostMessage(request, response) : response.writeHead(404).end();
  });
} else if (modern) {
  const { createMcpHandler } = await load('@modelcontextprotocol/server');
  const { toNodeHandler } = await load('@modelcontextprotocol/node');
  handler = createMcpHandler(build, { legacy: 'reject' });
  listen(toNodeHandler(handler));
} else {
  const Transport = v1 ? (await load('@modelcontextprotocol/sdk/server/streamableHttp.js')).StreamableHTTPServerTransport
    : (await load('@modelcontextprotocol/node')).NodeStreamableHTTPServerTransport;
  const sessions = new Map();
  listen(async (request, response) => {
    let transport = sessions.get(request.headers['mcp-session-id']);
    if (!transport && request.headers['mcp-session-id']) return response.writeHead(404).end();
    if (!transport) {
      transport = new Transport({ sessionIdGenerator: randomUUID, onsessioninitialized: id => { sessions.set(id, transport); } });
      await build().connect(transport);
    }
    return transport.handleRequest(request, response);
  });
}
