// A real authorization server (npm oidc-provider), and MCP servers that take its tokens, each on a port of its own.
//
//   node authorization.mjs FOLDER [--ttl SECONDS] [--slow MILLISECONDS] [--secret]    FOLDER holds node_modules
//
// It says `bound to ADDRESS` on standard error for the MCP servers, whose paths are /one/mcp and /two/mcp. Whoever comes
// is logged in and has consented. Clients register themselves; with --secret they all have one. The tool `read` needs
// the scope `read`, `write` needs `write`. A refresh token counts once: one that is shown again ends the whole login. The MCP
// servers take access tokens two seconds longer than they hold. With --slow, what a refresh gives is on its way for so long.
//
// At that address, for the test: GET /asked, what the authorization server was asked; GET /tokens, which it gave; GET /issuer,
// what it is called; GET /keys, the private keys of the clients `signs-es256` and `signs-rs256`; POST /expire, no access token
// counts any more; POST /revoke, nor does a refresh token or a login; POST /forget, nor is a client known that registered
// itself.
import { generateKeyPairSync } from 'node:crypto';
import http from 'node:http';
import path from 'node:path';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { ttl: { type: 'string', default: '3600' }, slow: { type: 'string', default: '0' }, secret: { type: 'boolean', default: false } },
});
const from = createRequire(path.resolve(positionals[0], 'x.js'));
const { Provider } = await import(pathToFileURL(from.resolve('oidc-provider')).href);

const listen = (server) => new Promise((done) => server.listen(0, '127.0.0.1', () => done(server.address().port)));
const issuing = http.createServer();
const serving = http.createServer();
const issuer = `http://127.0.0.1:${await listen(issuing)}`;
const address = `127.0.0.1:${await listen(serving)}`;
const scopes = ['read', 'write'];
const asked = [];

const LEEWAY = 2;

// Everything the provider keeps, under its model's name.
const kept = new Map();
class Kept {
  constructor(model) { this.model = model; }
  at(id) { return `${this.model} ${id}`; }
  async upsert(id, payload, seconds) {
    kept.set(this.at(id), { model: this.model, payload: { ...payload }, until: seconds ? Date.now() + (seconds + LEEWAY) * 1000 : Infinity });
  }
  async find(id) {
    const entry = kept.get(this.at(id));
    return entry && entry.until > Date.now() ? entry.payload : undefined;
  }
  async findByUid(uid) { return [...kept.values()].find((e) => e.model === this.model && e.payload.uid === uid)?.payload; }
  async findByUserCode() { return undefined; }
  async consume(id) { const entry = kept.get(this.at(id)); if (entry) entry.payload.consumed = Math.floor(Date.now() / 1000); }
  async destroy(id) { kept.delete(this.at(id)); }
  async revokeByGrantId(grant) { for (const [at, entry] of kept) if (entry.payload.grantId === grant) kept.delete(at); }
}
const drop = (models) => { for (const [at, entry] of kept) if (models(entry.model)) kept.delete(at); };

// Clients that sign, by their algorithms.
const pairs = { ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }), RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }) };
const signing = Object.entries(pairs).map(([alg, { publicKey }]) => ({
  client_id: `signs-${alg.toLowerCase()}`, redirect_uris: [], response_types: [], grant_types: ['client_credentials'],
  token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: alg, jwks: { keys: [publicKey.export({ format: 'jwk' })] },
}));

const ttl = Number(values.ttl);
const day = 86400;
const provider = new Provider(issuer, {
  adapter: Kept,
  clientAuthMethods: values.secret ? ['client_secret_basic'] : ['none', 'client_secret_basic', 'private_key_jwt'],
  clients: [{
    client_id: 'known', client_secret: 'known-secret-of-the-test', redirect_uris: ['http://127.0.0.1/callback'], application_type: 'native',
    grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], token_endpoint_auth_method: 'client_secret_basic',
  }, {
    client_id: 'machine', client_secret: 'machine-secret-of-the-test', redirect_uris: [], response_types: [],
    grant_types: ['client_credentials'], token_endpoint_auth_method: 'client_secret_basic',
  }, ...(values.secret ? [] : signing)],
  scopes,
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  ttl: { AccessToken: ttl, ClientCredentials: ttl, RefreshToken: day, Grant: day, Session: day, Interaction: 600, IdToken: 3600 },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
  interactions: { url: (_, interaction) => `/in/${interaction.uid}` },
  features: {
    devInteractions: { enabled: false },
    registration: { enabled: true },
    revocation: { enabled: true },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: (_, resource) => ({ scope: scopes.join(' '), audience: resource, accessTokenTTL: ttl, accessTokenFormat: 'opaque' }),
    },
  },
});
provider.on('server_error', (_, error) => console.error(error));
provider.use(async (ctx, next) => {
  const uid = /^\/in\/([^/]+)$/.exec(ctx.path)?.[1];
  if (uid) {
    const { params, grantId } = await provider.interactionDetails(ctx.req, ctx.res);
    const grant = (grantId && await provider.Grant.find(grantId)) || new provider.Grant({ accountId: 'person', clientId: params.client_id });
    grant.addOIDCScope(params.scope ?? '');
    grant.addResourceScope(params.resource, params.scope ?? '');
    const result = { login: { accountId: 'person' }, consent: { grantId: await grant.save() } };
    await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: true });
    ctx.respond = false;
    return;
  }
  await next();
  const { params = {}, client, body } = ctx.oidc ?? {};
  if (['/token', '/reg', '/auth', '/token/revocation'].includes(ctx.path)) {
    asked.push({
      path: ctx.path, status: ctx.status, grant: params.grant_type, client: client?.clientId, scope: params.scope, resource: params.resource,
      method: params.code_challenge_method, error: ctx.body?.error, type: body?.application_type, name: body?.client_name,
    });
  }
  if (params.grant_type === 'refresh_token') await new Promise((done) => setTimeout(done, Number(values.slow)));
});
issuing.on('request', provider.callback());

const tool = (name) => ({ name, inputSchema: { type: 'object' } });
const answers = {
  initialize: () => ({ protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'guarded', version: '1' } }),
  'tools/list': () => ({ tools: ['read', 'write'].map(tool) }),
  'tools/call': ({ params }) => ({ content: [{ type: 'text', text: `${params.name} done` }] }),
};
const read = async (request) => { let text = ''; for await (const part of request) text += part; return text; };
serving.on('request', async (request, response) => {
  const reply = (status, body, headers = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body === undefined ? '' : JSON.stringify(body));
  };
  const text = await read(request);
  if (request.url === '/asked') return reply(200, asked);
  if (request.url === '/tokens') {
    const given = [...kept].filter(([, { model }]) => model === 'AccessToken' || model === 'RefreshToken');
    return reply(200, given.map(([at, { model }]) => ({ kind: model, value: at.slice(model.length + 1) })));
  }
  if (request.url === '/issuer') return reply(200, [issuer]);
  if (request.url === '/keys') return reply(200, Object.values(pairs).map(({ privateKey }) => privateKey.export({ type: 'pkcs8', format: 'pem' })));
  if (request.url === '/expire') { drop((model) => model === 'AccessToken' || model === 'ClientCredentials'); return reply(200, {}); }
  if (request.url === '/revoke') { drop((model) => model !== 'Client'); return reply(200, {}); }
  if (request.url === '/forget') { drop(() => true); return reply(200, {}); }
  const metadata = '/.well-known/oauth-protected-resource';
  if (request.url.startsWith(metadata)) {
    const resource = `http://${address}${request.url.slice(metadata.length)}`;
    return reply(200, { resource, authorization_servers: [issuer], scopes_supported: ['read'] });
  }
  const resource = `http://${address}${request.url}`;
  const challenge = (more) => ({ 'www-authenticate': `Bearer ${more}resource_metadata="http://${address}${metadata}${request.url}"` });
  const shown = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  const token = shown && (await provider.AccessToken.find(shown, { ignoreExpiration: true }) ?? await provider.ClientCredentials.find(shown));
  if (!token || token.aud !== resource) return reply(401, undefined, challenge(shown ? 'error="invalid_token", scope="read", ' : 'scope="read", '));
  if (request.method !== 'POST') return reply(405);
  const message = JSON.parse(text);
  const needs = message.method === 'tools/call' ? message.params.name : 'read';
  if (!(token.scope ?? '').split(' ').includes(needs)) {
    return reply(403, undefined, challenge(`error="insufficient_scope", scope="${needs}", `));
  }
  if (message.id === undefined) return reply(202);
  const answer = answers[message.method];
  const said = answer ? { result: answer(message) } : { error: { code: -32601, message: 'no' } };
  reply(200, { jsonrpc: '2.0', id: message.id, ...said });
});
console.error(`bound to ${address}`);
