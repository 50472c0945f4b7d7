// The matrix test's client on both generations of the TypeScript SDK; it does what `matrix_client.py` does.
//
//   matrix_client.mjs --sdk v1|v2 --era legacy|modern [--backend NAME=PREFIX]... http URL | sse URL | unix PATH | stdio COMMAND ARGS...
//
// v1 has no modern era.
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { load, parsed } from './matrix_sdk.mjs';

const { options: { sdk, era, backend: backends }, rest: [way, ...target] } = parsed(process.argv.slice(2));
const v1 = sdk === 'v1';
const modern = era === 'modern';
const { Client } = await load(v1 ? '@modelcontextprotocol/sdk/client/index.js' : '@modelcontextprotocol/client');
const schemas = v1 ? await load('@modelcontextprotocol/sdk/types.js') : {};

const PATIENCE = 30_000;
const ASKED = { elicitation_form: ['ask_form', 'accept Ada'], elicitation_url: ['ask_url', 'accept'],
  sampling: ['ask_model', 'assistant: hello from the model'],
  roots: ['ask_roots', 'file:///matrix/one file:///matrix/two'] };
const TOOLS = ['echo', 'fail', 'steps', 'go', 'wait', 'noticed', 'log', 'touch', 'change', ...Object.values(ASKED).map(([tool]) => tool)];
const RESOURCES = [...Array(8).keys()].map(n => `r${n}`);

function equal(found, expected) {
  const [a, b] = [found, expected].map(it => JSON.stringify(it));
  if (a !== b) throw new Error(`${a} instead of ${b}`);
}

// What came that nobody asked for, in order.
class News {
  all = [];
  #more = Promise.withResolvers();

  add(item) {
    this.all.push(item);
    this.#more.resolve();
    this.#more = Promise.withResolvers();
  }

  async until(holds) {
    while (!holds(this.all)) await this.#more.promise;
  }
}

const news = new News();
class Cannot extends Error {}

class Backend {
  constructor(client, name, prefix) {
    Object.assign(this, { client, name, prefix });
  }

  uri(tail) {
    return `matrix://${this.name}/${tail}`;
  }

  call(tool, args = {}, options = {}, meta = undefined) {
    const params = { name: this.prefix + tool, arguments: args, ...(meta && { _meta: meta }) };
    return v1 ? this.client.callTool(params, undefined, options) : this.client.callTool(params, options);
  }

  async said(tool, args) {
    return (await this.call(tool, args)).content[0].text;
  }

  // The names of all entries of this backend; v2 follows the cursors itself.
  async pages(kind) {
    const list = { tools: 'listTools', prompts: 'listPrompts', resources: 'listResources', resourceTemplates: 'listResourceTemplates' };
    const names = [];
    let [cursor, count] = [undefined, 0];
    do {
      const page = await this.client[list[kind]](cursor ? { cursor } : undefined, v1 ? {} : { cacheMode: 'bypass' });
      count += 1;
      const named = kind === 'tools' || kind === 'prompts';
      const start = named ? this.prefix : this.uri('');
      const all = page[kind].map(entry => named ? entry.name : entry.uri ?? entry.uriTemplate);
      names.push(...all.filter(name => name.startsWith(start)).map(name => name.slice(start.length)));
      cursor = page.nextCursor;
    } while (cursor);
    return { names, count };
  }
}

const heard = (method, all = news.all) => all.filter(it => it.method === method);
const logs = all => heard('notifications/message', all).map(it => [it.params.level, it.params.data]);
const updates = all => heard('notifications/resources/updated', all).map(it => it.params.uri);

const FEATURES = {
  async tools(b) {
    equal((await b.pages('tools')).names.sort(), [...TOOLS].sort());
    let answer = await b.call('echo', { text: 'höflich' });
    equal([answer.content[0].text, answer.structuredContent], ['echo: höflich', { text: 'höflich' }]);
    answer = await b.call('fail', { text: 'x' });
    equal([answer.isError, answer.content[0].text], [true, 'failed: x']);
  },
  async pagination(b) {
    const { names, count } = await b.pages('tools');
    equal(names.sort(), [...TOOLS].sort());
    const more = await b.pages('resources');
    equal(more.names.sort(), RESOURCES);
    return `${count} and ${more.count} pages`;
  },
  async resources(b) {
    equal((await b.pages('resources')).names.sort(), RESOURCES);
  },
  async templates(b) {
    equal((await b.pages('resourceTemplates')).names, ['item/{id}']);
  },
  async read(b) {
    for (const tail of ['r7', 'item/42']) {
      const [content] = (await b.client.readResource({ uri: b.uri(tail) })).contents;
      equal([content.uri, content.text], [b.uri(tail), `content of ${tail}`]);
    }
    const refused = await b.client.readResource({ uri: `nowhere://${b.name}/x` }).catch(error => error);
    if (!(refused instanceof Error)) throw new Error('an unknown resource was read');
    return `unknown: ${refused.code}`;
  },
  async prompts(b) {
    equal((await b.pages('prompts')).names.sort(), ['greet', 'plain']);
    const [message] = (await b.client.getPrompt({ name: `${b.prefix}greet`, arguments: { name: 'Ada' } })).messages;
    equal([message.role, message.content.text], ['user', 'hello, Ada']);
  },
  async completion(b) {
    const prompt = { ref: { type: 'ref/prompt', name: `${b.prefix}greet` }, argument: { name: 'name', value: 'A' } };
    equal((await b.client.complete(prompt)).completion.values, ['Ada', 'Alan']);
    const template = { ref: { type: 'ref/resource', uri: b.uri('item/{id}') }, argument: { name: 'id', value: '1' } };
    equal((await b.client.complete(template)).completion.values, ['1', '10']);
  },
  async progress(b) {
    const steps = new News();
    const options = { onprogress: it => steps.add([it.progress, it.total, it.message]) };
    const answer = b.call('steps', { mark: 'steps' }, options).catch(error => error);
    await Promise.race([answer, steps.until(all => all.length >= 3)]);
    equal(await b.said('go', { mark: 'steps' }), 'gone');
    equal((await answer).content?.[0].text, 'stepped');
    equal(steps.all, [[0.5, 2, 'one'], [1.25, 2, 'two'], [2, 2, 'three']]);
  },
  async logging(b) {
    const loud = ['error', `loud ${b.name}`];
    const asked = modern ? { 'io.modelcontextprotocol/logLevel': 'warning' } : undefined;
    if (modern) equal(await b.said('log', { text: 'unasked' }), 'logged');
    else await b.client.setLoggingLevel('warning');
    equal((await b.call('log', { text: b.name }, {}, asked)).content[0].text, 'logged');
    await news.until(all => logs(all).some(it => it[1] === loud[1]));
    equal(logs(news.all).filter(it => it[1].endsWith(b.name) || it[1].endsWith('unasked')), [loud]);
  },
  async subscription(b) {
    const [first, second] = [b.uri('r1'), b.uri('r2')];
    const subscribed = {};
    for (const uri of [first, second]) {
      if (modern) subscribed[uri] = await b.client.listen({ resourceSubscriptions: [uri] });
      else await b.client.subscribeResource({ uri });
    }
    await b.said('touch', { uri: first });
    await news.until(all => updates(all).includes(first));
    if (modern) await subscribed[first].close();
    else await b.client.unsubscribeResource({ uri: first });
    await b.said('touch', { uri: first });
    await b.said('touch', { uri: second });
    await news.until(all => updates(all).includes(second));
    // One change may be told twice; what counts is that none is told of what is unsubscribed.
    const told = updates(news.all).filter(uri => uri === first || uri === second);
    equal(told.filter((uri, at) => uri !== told[at - 1]), [first, second]);
    if (modern) await subscribed[second].close();
    else await b.client.unsubscribeResource({ uri: second });
  },
  ...Object.fromEntries(Object.entries(ASKED).map(([name, [tool, expected]]) =>
    [name, async b => equal(await b.said(tool), expected)])),
  ...Object.fromEntries(['tools', 'prompts', 'resources'].map(kind => [`changed_${kind}`, async b => {
    const method = `notifications/${kind}/list_changed`;
    const listening = modern ? await b.client.listen({ [`${kind}ListChanged`]: true }) : undefined;
    const extra = async () => (await b.pages(kind)).names.includes('extra');
    equal(await extra(), false);
    let seen = heard(method).length;
    equal(await b.said('change', { kind }), 'changed');
    do {
      await news.until(all => heard(method, all).length > seen);
      seen = heard(method).length;
    } while (!(await extra()));
    await listening?.close();
  }])),
  async ping(b) {
    if (modern) throw new Cannot('the era has no ping');
    await b.client.ping();
  },
  // The last: for a while a message that names no call could be of the one that was given up.
  async cancellation(b) {
    const stop = new AbortController();
    const begun = Promise.withResolvers();
    const options = { signal: stop.signal, onprogress: begun.resolve };
    const waiting = b.call('wait', { mark: 'cancelled' }, options).then(() => 'ended by itself', () => 'cancelled');
    await Promise.race([begun.promise, waiting]);
    stop.abort('enough');
    equal(await waiting, 'cancelled');
    equal(await b.said('noticed', { mark: 'cancelled' }), 'noticed');
  },
};

// What fetches from a unix socket, whatever the host.
const from = socketPath => (url, { method, headers, body, signal } = {}) => new Promise((resolve, reject) => {
  const options = { socketPath, method, signal, headers: Object.fromEntries(new Headers(headers)) };
  const sent = request(url, options, answer => {
    const bare = [204, 205, 304].includes(answer.statusCode);
    resolve(new Response(bare ? null : Readable.toWeb(answer), { status: answer.statusCode, headers: answer.headers }));
  });
  sent.on('error', reject);
  sent.end(body);
});

async function transport() {
  if (way === 'stdio') {
    const { StdioClientTransport } = await load(v1 ? '@modelcontextprotocol/sdk/client/stdio.js' : '@modelcontextprotocol/client/stdio');
    return new StdioClientTransport({ command: target[0], args: target.slice(1) });
  }
  if (way === 'sse') {
    const { SSEClientTransport } = await load(v1 ? '@modelcontextprotocol/sdk/client/sse.js' : '@modelcontextprotocol/client');
    return new SSEClientTransport(new URL(target[0]));
  }
  const { StreamableHTTPClientTransport } = await load(v1 ? '@modelcontextprotocol/sdk/client/streamableHttp.js' : '@modelcontextprotocol/client');
  if (way === 'unix') return new StreamableHTTPClientTransport(new URL('http://localhost/mcp'), { fetch: from(target[0]) });
  return new StreamableHTTPClientTransport(new URL(target[0]));
}

const ANSWERS = {
  'elicitation/create': ({ params }) => params.mode === 'url' ? { action: params.url === 'https://example.test/go' ? 'accept' : 'cancel' }
    : { action: 'accept', content: Object.fromEntries(Object.keys(params.requestedSchema.properties).map(key => [key, 'Ada'])) },
  'sampling/createMessage': ({ params }) => {
    const content = [params.messages[0].content].flat()[0];
    return { role: 'assistant', model: 'none', content: { type: 'text', text: `${content.text.replace('say ', '')} from the model` } };
  },
  'roots/list': () => ({ roots: ['file:///matrix/one', 'file:///matrix/two'].map(uri => ({ uri, name: uri })) }),
};
const NEWS = ['message', 'resources/updated', 'tools/list_changed', 'prompts/list_changed', 'resources/list_changed'];
const SCHEMAS = { 'elicitation/create': 'ElicitRequest', 'sampling/createMessage': 'CreateMessageRequest',
  'roots/list': 'ListRootsRequest', message: 'LoggingMessageNotification', 'resources/updated': 'ResourceUpdatedNotification',
  'tools/list_changed': 'ToolListChangedNotification', 'prompts/list_changed': 'PromptListChangedNotification',
  'resources/list_changed': 'ResourceListChangedNotification' };

const client = new Client({ name: 'matrix', version: '1.0.0' }, {
  capabilities: { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} },
  ...(!v1 && { versionNegotiation: { mode: modern ? { pin: '2026-07-28' } : 'legacy' } }),
});
for (const [method, answer] of Object.entries(ANSWERS)) {
  client.setRequestHandler(v1 ? schemas[`${SCHEMAS[method]}Schema`] : method, async request => answer(request));
}
for (const name of NEWS) {
  const method = `notifications/${name}`;
  client.setNotificationHandler(v1 ? schemas[`${SCHEMAS[name]}Schema`] : method, ({ params }) => news.add({ method, params }));
}
await client.connect(await transport());
for (const [name, prefix] of backends.map(it => it.split('='))) {
  for (const [feature, attempt] of Object.entries(FEATURES)) {
    const said = { backend: name, feature, ok: false, detail: '' };
    let timer;
    const late = new Promise((_, reject) => { timer = setTimeout(reject, PATIENCE, new Error('nothing came in time')); });
    try {
      said.detail = await Promise.race([attempt(new Backend(client, name, prefix)), late]) ?? '';
      said.ok = true;
    } catch (error) {
      said.detail = error instanceof Cannot ? `cannot: ${error.message}` : `${error?.stack ?? error}`.slice(0, 2000);
    }
    clearTimeout(timer);
    console.log(JSON.stringify(said));
  }
}
await Promise.race([client.close(), new Promise(resolve => setTimeout(resolve, 3000))]);
process.exit(0);
