// Single sign-on against a real OpenID Connect provider over TLS: discovery, keys and their rotation, claims to people, roles and their
// members, and the published ways to forge a token.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHmac, generateKeyPairSync, sign as signBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import Provider from 'oidc-provider';
import { TestServer } from './harness.mjs';
import { completes, fileSystem, metaverse, profile, rule } from './systems.mjs';

const SCOPE = 'api://joinery/access';
const AUDIENCE = 'api://joinery';
const folder = mkdtempSync(join(tmpdir(), 'joinery-sso-'));
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

function certificate() {
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', 'key.pem', '-out', 'cert.pem'], { cwd: folder, stdio: 'pipe' });
  return { key: readFileSync(join(folder, 'key.pem')), cert: readFileSync(join(folder, 'cert.pem')) };
}

/** A key of ours, which the provider shows among its own: with it tests sign what the provider would not. */
function signingKey(kid, type = 'ec') {
  const { privateKey } = type === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { privateKey, jwk: { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: type === 'ec' ? 'ES256' : 'RS256' } };
}

describe('single sign-on', () => {
  const tls = certificate();
  const keys = { es: signingKey('es'), rs: signingKey('rs', 'rsa') };
  let issuer, http, handler, server;

  function provider(jwks) {
    const made = new Provider(issuer, {
      jwks: { keys: jwks },
      clients: ['ada', 'bob', 'script'].map((client_id) => ({ client_id, client_secret: 'a-secret-of-the-test', grant_types: ['client_credentials'], redirect_uris: [], response_types: [] })),
      scopes: [SCOPE],
      features: {
        clientCredentials: { enabled: true }, devInteractions: { enabled: false },
        resourceIndicators: {
          enabled: true, defaultResource: () => AUDIENCE, useGrantedResource: () => true,
          getResourceServerInfo: () => ({ scope: SCOPE, audience: AUDIENCE, accessTokenFormat: 'jwt', accessTokenTTL: 600, jwt: { sign: { alg: 'RS256' } } }),
        },
      },
      extraTokenClaims: (_, token) => ({ name: `${token.clientId} of the test`, given_name: token.clientId }),
    });
    return made.callback();
  }

  before(async () => {
    http = createServer(tls, (request, reply) => handler(request, reply));
    await new Promise((done) => http.listen(0, '127.0.0.1', done));
    issuer = `https://127.0.0.1:${http.address().port}`;
    handler = provider([keys.rs.jwk, keys.es.jwk]);
    server = await TestServer.start({
      JOINERY_SSO_AUTHORITY: issuer, JOINERY_SSO_CLIENT_ID: 'joinery', JOINERY_SSO_API_SCOPE: SCOPE, JOINERY_SSO_INITIAL_ADMIN: 'ada', SSL_CERT_FILE: join(folder, 'cert.pem'),
    });
    for (let i = 0; i < 100 && (await who(claims())).status !== 200; i++) await pause(100);
  });
  after(async () => {
    try { await server.close(); } finally {
      server.remove();
      http.closeAllConnections();
      http.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  const now = () => Math.floor(Date.now() / 1000);
  const claimsOf = (more = {}) => ({ iss: issuer, aud: AUDIENCE, sub: 'bob', iat: now(), exp: now() + 300, ...more });
  const signed = (key, payload, header = {}) => {
    const front = `${encode({ alg: key.jwk.alg, kid: key.jwk.kid, ...header })}.${encode(payload)}`;
    const signature = signBytes('sha256', Buffer.from(front), key.jwk.kty === 'EC' ? { key: key.privateKey, dsaEncoding: 'ieee-p1363' } : key.privateKey);
    return `${front}.${signature.toString('base64url')}`;
  };
  const claims = (more) => signed(keys.es, claimsOf(more));
  const who = (token, path = '/userinfo') => server.request('GET', path, { key: null, headers: { Authorization: `Bearer ${token}` } });

  /** A token as the provider gives it. */
  async function tokenOf(client) {
    const { request } = await import('node:https');
    const body = new URLSearchParams({ grant_type: 'client_credentials', scope: SCOPE, resource: AUDIENCE }).toString();
    const text = await new Promise((resolve, reject) => {
      const call = request(`${issuer}/token`, { method: 'POST', ca: tls.cert, headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': body.length, Authorization: `Basic ${Buffer.from(`${client}:a-secret-of-the-test`).toString('base64')}` } }, (reply) => {
        let said = '';
        reply.on('data', (piece) => { said += piece; });
        reply.on('end', () => resolve(said));
      });
      call.on('error', reject);
      call.end(body);
    });
    const answer = JSON.parse(text);
    assert.ok(answer.access_token, text);
    return answer.access_token;
  }

  it('tells clients how to sign in', async () => {
    assert.deepEqual(await server.get('/auth/config'), { authority: issuer, clientId: 'joinery', scopes: ['openid', 'profile', 'offline_access', SCOPE], responseType: 'code', usePkce: true, codeChallengeMethod: 'S256' });
  });

  it('knows the bearer of a token of the provider, who has no role', async () => {
    const { body } = await who(await tokenOf('bob'));
    assert.deepEqual([body.authorised, body.name, body.authMethod, body.roles], [false, 'bob of the test', 'oauth', []]);
    assert.equal((await who(await tokenOf('bob'), '/apikeys')).status, 403);
  });

  it('makes the initial administrator a person, once', async () => {
    const first = await who(await tokenOf('ada'));
    assert.equal(first.status, 200, first.text);
    assert.deepEqual([first.body.authorised, first.body.isAdministrator, first.body.name], [true, true, 'ada of the test']);
    assert.equal((await who(await tokenOf('ada'), '/apikeys')).status, 200);
    const again = await who(await tokenOf('ada'));
    assert.equal(again.body.metaverseObjectId, first.body.metaverseObjectId);
    const person = await server.get(`/metaverse/objects/${first.body.metaverseObjectId}`);
    assert.equal(person.displayName ?? person.attributes?.['Display Name'], 'ada of the test');
    const { items: changes } = await server.get(`/metaverse/objects/${first.body.metaverseObjectId}/change-history`);
    assert.equal(changes.length, 1, 'its history begins with the sign-in');
  });

  it('gives people roles and takes them', async () => {
    const roles = await server.get('/security/roles');
    const administrator = roles.find(({ name }) => name === 'Administrator');
    const auditor = roles.find(({ name }) => name === 'Auditor');
    assert.equal(administrator.staticMemberCount, 1);
    const [ada] = await server.get(`/security/roles/${administrator.id}/members`);
    assert.equal(ada.displayName, 'ada of the test');
    assert.deepEqual((await server.get(`/security/metaverse-objects/${ada.id}/roles`)).map(({ name }) => name), ['Administrator']);
    await server.request('PUT', `/security/roles/${auditor.id}/members/${ada.id}?changeReason=trial`, { expect: 204 });
    await server.refused('PUT', `/security/roles/${auditor.id}/members/${ada.id}`, 409, 'CONFLICT');
    assert.deepEqual((await who(await tokenOf('ada'))).body.roles.sort(), ['Administrator', 'Auditor', 'User']);
    await server.delete(`/security/roles/${auditor.id}/members/${ada.id}`);
    await server.refused('DELETE', `/security/roles/${auditor.id}/members/${ada.id}`, 404, 'NOT_FOUND');
    await server.refused('DELETE', `/security/roles/${administrator.id}/members/${ada.id}`, 400, 'BAD_REQUEST');
    const own = await server.request('DELETE', `/security/roles/${administrator.id}/members/${ada.id}`, { key: null, headers: { Authorization: `Bearer ${await tokenOf('ada')}` }, expect: 400 });
    assert.match(own.body.message, /yourself/);
    await server.refused('PUT', `/security/roles/9999/members/${ada.id}`, 404, 'NOT_FOUND');
    await server.refused('GET', '/security/roles/9999/members', 404, 'NOT_FOUND');
    await server.refused('GET', '/security/metaverse-objects/00000000-0000-4000-8000-00000000dead/roles', 404, 'NOT_FOUND');
  });

  it('takes what is missing of a known person from the claims, and nothing else', async () => {
    const system = await fileSystem(server, { rows: 'objectType,id,name\nperson,bob,\nperson,script,Scripty\n', types: { person: { id: 'id' } } });
    await rule(server, system, system.types.person, (await metaverse(server)).user, 'Import', { 'Subject Identifier': 'id', 'Display Name': 'name' });
    const runs = [await profile(server, system, 'FullImport'), await profile(server, system, 'FullSynchronisation')];
    for (const run of runs) await completes(server, system, run);
    const profileOf = async (client) => {
      const { body } = await who(await tokenOf(client));
      const path = `/metaverse/objects/${body.metaverseObjectId}`;
      const { attributeValues } = await server.get(path);
      const text = (name) => attributeValues.find((v) => v.attributeName === name)?.stringValue;
      return { name: body.name, display: text('Display Name'), first: text('First Name'), changes: (await server.get(`${path}/change-history`)).items.length };
    };
    const bob = { name: 'bob of the test', display: 'bob of the test', first: 'bob', changes: 2 };
    assert.deepEqual(await profileOf('bob'), bob);
    assert.deepEqual(await profileOf('script'), { name: 'Scripty', display: 'Scripty', first: 'script', changes: 2 });
    assert.deepEqual(await profileOf('bob'), bob, 'once');
    await completes(server, system, runs[1]);
    assert.deepEqual(await profileOf('bob'), bob, 'a synchronisation leaves it');
  });

  it('accepts what is good in every form', async () => {
    assert.equal((await who(claims({ aud: ['other', AUDIENCE] }))).status, 200);
    assert.equal((await who(claims({ aud: 'joinery' }))).status, 200, 'the client id');
    assert.equal((await who(claims({ exp: now() - 30 }))).status, 200, 'within a minute');
    assert.equal((await who(signed(keys.rs, claimsOf()))).status, 200);
  });

  const front = (header, payload) => `${encode(header)}.${encode(payload)}`;
  const foreign = signingKey('es');
  const forgeries = {
    'an expired token': () => claims({ exp: now() - 120 }),
    'one without an end': () => claims({ exp: undefined }),
    'one that is not good yet': () => claims({ nbf: now() + 120 }),
    'another issuer': () => claims({ iss: 'https://example.org' }),
    'no issuer': () => claims({ iss: undefined }),
    'another audience': () => claims({ aud: 'somebody' }),
    'no audience': () => claims({ aud: undefined }),
    'nobody': () => claims({ sub: undefined }),
    'alg none': () => `${front({ alg: 'none' }, claimsOf())}.`,
    'alg none with a kid': () => `${front({ alg: 'none', kid: 'es' }, claimsOf())}.`,
    'a stripped signature': () => `${claims().split('.').slice(0, 2).join('.')}.`,
    'a changed payload': () => { const [h, , s] = claims().split('.'); return `${h}.${encode(claimsOf({ sub: 'ada' }))}.${s}`; },
    'the public key as a shared secret': () => { const text = front({ alg: 'HS256', kid: 'es' }, claimsOf()); return `${text}.${createHmac('sha256', JSON.stringify({ kty: 'EC', x: keys.es.jwk.x, y: keys.es.jwk.y })).update(text).digest('base64url')}`; },
    'another key under a known kid': () => signed(foreign, claimsOf()),
    'a key in the header': () => signed(foreign, claimsOf(), { kid: undefined, jwk: foreign.jwk }),
    'a link in the header': () => signed(foreign, claimsOf(), { jku: `${issuer}/jwks` }),
    'a condition that must be understood': () => signed(keys.es, claimsOf(), { crit: ['exp'] }),
    'the algorithm of another key': () => signed(keys.es, claimsOf(), { kid: 'rs' }),
    'rubbish': () => 'abc',
    'an empty token': () => '',
  };
  for (const [name, forge] of Object.entries(forgeries)) {
    it(`refuses ${name}`, async () => {
      const reply = await who(forge());
      assert.equal(reply.status, 401, reply.text);
      assert.equal(reply.body.code, 'UNAUTHORISED');
    });
  }

  it('refuses another scheme', async () => {
    await server.request('GET', '/userinfo', { key: null, headers: { Authorization: 'Basic YTpi' }, expect: 401 });
  });

  it('asks for new keys when one is unknown', { timeout: 60_000 }, async () => {
    const fresh = signingKey('fresh');
    await pause(10_500);
    assert.equal((await who(signed(fresh, claimsOf()))).status, 401, 'the provider does not know it either');
    handler = provider([keys.rs.jwk, fresh.jwk]);
    await pause(10_500);
    assert.equal((await who(signed(fresh, claimsOf()))).status, 200);
    assert.equal((await who(claims())).status, 401, 'the old one is gone');
  });

  it('lets API keys in as before', async () => {
    assert.equal((await server.get('/userinfo')).isAdministrator, true);
  });
});

describe('single sign-on without its provider', () => {
  it('starts, refuses tokens, and works with keys', async () => {
    const server = await TestServer.start({ JOINERY_SSO_AUTHORITY: 'https://127.0.0.1:1', JOINERY_SSO_CLIENT_ID: 'joinery' });
    try {
      await server.request('GET', '/userinfo', { key: null, headers: { Authorization: 'Bearer a.b.c' }, expect: 401 });
      await server.get('/userinfo');
      await server.close();
    } finally { server.remove(); }
  });

  it('does not start with a provider over plain HTTP', async () => {
    await assert.rejects(TestServer.start({ JOINERY_SSO_AUTHORITY: 'http://login.example.org', JOINERY_SSO_CLIENT_ID: 'joinery' }), /plain http/);
    await assert.rejects(TestServer.start({ JOINERY_SSO_AUTHORITY: 'https://login.example.org' }), /JOINERY_SSO_CLIENT_ID/);
  });
});
