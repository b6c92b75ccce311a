// Callers of the Public Data API: tenants, users, roles and keys over /api/v1, credentials and tokens over /ws. Items are those of the
// checklist of the specification (§13).
import assert from 'node:assert/strict';
import { createHmac, webcrypto } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { suite, TestServer } from './harness.mjs';

const basic = (user, password) => ({ Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` });
const bearer = (token) => ({ Authorization: token.startsWith('Bearer ') ? token : `Bearer ${token}` });
const PASSWORD = 'correct horse: battery';
const OPTIONS = '/ws/resources/auth/token?tenantId=1';
const TOKEN = '/ws/auth/token?tenantId=1';
const EIGHT = ['/data/async-search', '/data/async-search/{name}', '/data/async-search/{name}/result-set/{uuid}', '/data/resources', '/data/resources/search', '/data/resources/search/{name}', '/data/search', '/data/search/{name}'];
const decoded = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());

suite('callers of the Public Data API', (server) => {
  const users = {};
  const ask = (method, path, options = {}) => server().request(method, path, { key: null, ...options });
  const asAlice = (method, path, options = {}) => ask(method, path, { ...options, headers: { ...basic('alice', PASSWORD), ...options.headers } });
  const tokenFor = async (body) => (await asAlice('POST', TOKEN, { body, expect: 204 })).headers.get('authorization').replace('Bearer ', '');
  const withoutTime = ({ body }) => ({ ...body, timestamp: null });
  const setting = (key, value) => server().put(`/service-settings/${key}`, { value });

  before(async () => {
    await setting('PublicApi.RateLimit.FailedAuthPerMinute', '0');
    for (const [name, permissions] of [['alice', ['PublicDataApi.Token', 'PublicDataApi.Search']], ['bob', ['PublicDataApi.Search']], ['carol', []], ['erin', ['PublicDataApi.Token']]]) {
      users[name] = await server().post('/tenants/1/users', { userName: name, password: PASSWORD, permissions, enabled: name !== 'erin' });
    }
  });

  describe('administration', () => {
    it('has tenant 1 from the first start, which stays', async () => {
      assert.equal((await server().get('/tenants/1')).name, 'Default');
      await server().refused('DELETE', '/tenants/1', 409, 'CONFLICT');
    });

    it('makes, replaces and deletes a tenant with everything in it', async () => {
      const made = await server().post('/tenants', { name: 'Second', description: 'another' });
      assert.equal(made.tenantId, made.id);
      await server().refused('POST', '/tenants', 409, 'CONFLICT', { body: { name: 'SECOND' } });
      const user = await server().post(`/tenants/${made.id}/users`, { userName: 'alice', password: PASSWORD });
      const changed = await server().put(`/tenants/${made.id}`, { name: 'Third', enabled: false });
      assert.deepEqual([changed.version, changed.enabled, changed.description], [2, false, null]);
      await server().delete(`/tenants/${made.id}`);
      await server().refused('GET', `/tenants/${made.id}/users/${user.id}`, 404, 'NOT_FOUND');
      await server().refused('GET', `/tenants/${made.id}/users`, 404, 'NOT_FOUND');
    });

    it('refuses a stale version with 412 (item 176)', async () => {
      const tenant = await server().request('POST', '/tenants', { body: { name: 'Versions' }, expect: 201 });
      const tag = tenant.headers.get('etag');
      await server().request('PUT', `/tenants/${tenant.body.id}`, { body: { name: 'Versions 2' }, headers: { 'If-Match': tag }, expect: 200 });
      await server().refused('PUT', `/tenants/${tenant.body.id}`, 412, 'PRECONDITION_FAILED', { body: { name: 'Versions 3' }, headers: { 'If-Match': tag } });
      await server().delete(`/tenants/${tenant.body.id}`);
    });

    it('never shows a password (item 178)', async () => {
      const { text } = await server().request('GET', '/tenants/1/users', { expect: 200 });
      assert.ok(!/password|argon2/i.test(text), text);
    });

    it('says everything that is wrong with a user', async () => {
      const { validationErrors } = await server().refused('POST', '/tenants/1/users', 400, 'VALIDATION_ERROR', { body: { userName: 'x:y', allowedNetworks: ['10.0.0.0/8', 'here'], roles: [99], certificates: [{ thumbprintSha256: 'AB' }] } });
      assert.deepEqual(Object.keys(validationErrors).sort(), ['allowedNetworks[1]', 'certificates[0]', 'roles[0]', 'userName']);
      await server().refused('POST', '/tenants/1/users', 400, 'VALIDATION_ERROR', { body: { userName: 'dan', password: 'short' } });
      await server().refused('POST', '/tenants/1/users', 409, 'CONFLICT', { body: { userName: 'ALICE' } });
    });

    it('keeps a role that is used, unless force says so', async () => {
      const role = await server().post('/tenants/1/roles', { name: 'Readers', permissions: ['PublicDataApi.Search'] });
      const user = await server().post('/tenants/1/users', { userName: 'reader', roles: [role.id] });
      await server().refused('DELETE', `/tenants/1/roles/${role.id}`, 409, 'CONFLICT');
      await server().delete(`/tenants/1/roles/${role.id}?force=true`);
      assert.deepEqual((await server().get(`/tenants/1/users/${user.id}`)).roles, []);
      await server().delete(`/tenants/1/users/${user.id}`);
    });

    it('lists pages, replaces a role, and shows one', async () => {
      const role = await server().post('/tenants/1/roles', { name: 'Makers' });
      await server().put(`/tenants/1/roles/${role.id}`, { name: 'Makers of tokens', permissions: ['PublicDataApi.Token'] });
      assert.deepEqual((await server().get(`/tenants/1/roles/${role.id}`)).permissions, ['PublicDataApi.Token']);
      assert.equal((await server().get('/tenants/1/roles?pageSize=1')).totalCount, 1);
      const carol = await server().get(`/tenants/1/users/${users.carol.id}`);
      await server().put(`/tenants/1/users/${carol.id}`, { ...carol, roles: [role.id] });
      assert.equal((await ask('GET', OPTIONS, { headers: basic('carol', PASSWORD) })).status, 200, 'the role gives the permission');
      assert.ok((await server().get('/tenants?sortBy=name')).items.some(({ id }) => id === 1));
    });

    it('item 179: credentials of /ws do not open /api/v1, and the other way', async () => {
      assert.equal((await ask('GET', '/tenants', { headers: basic('alice', PASSWORD) })).status, 401);
      assert.equal((await ask('GET', OPTIONS, { headers: { 'X-API-Key': server().key } })).status, 401);
    });
  });

  describe('credentials', () => {
    it('item 1: none → 401 with two challenges and the envelope', async () => {
      const reply = await ask('GET', OPTIONS, { expect: 401 });
      assert.match(reply.headers.get('www-authenticate'), /Basic realm="Joinery", charset="UTF-8", Bearer realm="Joinery"/);
      assert.deepEqual(Object.keys(reply.body), ['code', 'message', 'details', 'validationErrors', 'timestamp']);
      assert.equal(reply.body.code, 'UNAUTHORISED');
    });

    it('items 2–4: wrong password, unknown user, disabled user: one body', async () => {
      const none = withoutTime(await ask('GET', OPTIONS));
      for (const [name, password] of [['alice', 'wrong'], ['nobody', PASSWORD], ['erin', PASSWORD], ['alice', '']]) {
        const reply = await ask('GET', OPTIONS, { headers: basic(name, password), expect: 401 });
        assert.deepEqual(withoutTime(reply), none);
      }
    });

    it('items 5–7: unreadable credentials are refused, a colon in a password is not', async () => {
      for (const value of ['Basic !!!', `Basic ${Buffer.from('alice').toString('base64')}`, 'Basic', 'Digest abc', 'Basic YWxpY2U6AA==']) {
        await ask('GET', OPTIONS, { headers: { Authorization: value }, expect: 401 });
      }
      await asAlice('GET', OPTIONS, { expect: 200 });
    });

    it('items 12–18: tenantId', async () => {
      for (const query of ['', '?tenantId=', '?tenantId=abc', '?tenantId=2147483648', '?tenantId=0', '?tenantId=-1', '?tenantId=%2B1', '?tenantId=1&tenantId=1', '?tenantid=1']) {
        const { body } = await asAlice('GET', `/ws/resources/auth/token${query}`, { expect: 400 });
        assert.equal(body.code, 'VALIDATION_ERROR', query);
        assert.ok(Object.keys(body.validationErrors).some((name) => /^tenantid$/i.test(name)), JSON.stringify(body));
      }
      await ask('GET', '/ws/resources/auth/token', { expect: 401 });
      await asAlice('GET', '/ws/resources/auth/token?tenantId=99', { expect: 401 });
    });

    it('item 17: a user of one tenant is unknown in another', async () => {
      const tenant = await server().post('/tenants', { name: 'Elsewhere' });
      await server().post(`/tenants/${tenant.id}/users`, { userName: 'alice', password: `${PASSWORD} there`, permissions: ['PublicDataApi.Token'] });
      await asAlice('GET', `/ws/resources/auth/token?tenantId=${tenant.id}`, { expect: 401 });
      await ask('GET', `/ws/resources/auth/token?tenantId=${tenant.id}`, { headers: basic('alice', `${PASSWORD} there`), expect: 200 });
      await server().delete(`/tenants/${tenant.id}`);
      await ask('GET', `/ws/resources/auth/token?tenantId=${tenant.id}`, { headers: basic('alice', `${PASSWORD} there`), expect: 401 });
    });

    it('ten failures lock a name for a while, with the same answer', async () => {
      await server().post('/tenants/1/users', { userName: 'frank', password: PASSWORD, permissions: ['PublicDataApi.Token'] });
      await ask('GET', OPTIONS, { headers: basic('frank', PASSWORD), expect: 200 });
      for (let i = 0; i < 10; i++) await ask('GET', OPTIONS, { headers: basic('frank', `wrong ${i}`), expect: 401 });
      const reply = await ask('GET', OPTIONS, { headers: basic('frank', PASSWORD), expect: 401 });
      assert.deepEqual(withoutTime(reply), withoutTime(await ask('GET', OPTIONS)));
    });

    it('too many failed log-ins of an address, and too many requests of a user', async () => {
      await setting('PublicApi.RateLimit.FailedAuthPerMinute', '2');
      await setting('PublicApi.RateLimit.RequestsPerMinute', '3');
      let statuses = [];
      for (let i = 0; i < 6; i++) statuses.push((await ask('GET', OPTIONS, { headers: basic('nobody', `wrong ${i}`) })).status);
      const unknown = statuses.filter((status) => status === 401).length;
      assert.ok(unknown >= 2 && unknown <= 4, `two a minute, and a minute may begin meanwhile: ${statuses}`);
      assert.ok(statuses.includes(429), `${statuses}`);
      statuses = [];
      for (let i = 0; i < 8; i++) statuses.push(await ask('GET', OPTIONS, { headers: basic('bob', PASSWORD) }));
      const refused = statuses.filter(({ status }) => status === 429);
      assert.ok(refused.length >= 5, `${statuses.map(({ status }) => status)}`);
      assert.equal(refused[0].body.code, 'TOO_MANY_REQUESTS');
      assert.match(refused[0].headers.get('retry-after'), /^[1-9]\d?$/);
      await setting('PublicApi.RateLimit.FailedAuthPerMinute', '0');
      await server().delete('/service-settings/PublicApi.RateLimit.RequestsPerMinute', 200);
    });

    it('a changed password ends the old one at once', async () => {
      const grace = await server().post('/tenants/1/users', { userName: 'grace', password: PASSWORD, permissions: ['PublicDataApi.Token'] });
      await ask('GET', OPTIONS, { headers: basic('grace', PASSWORD), expect: 200 });
      await server().put(`/tenants/1/users/${grace.id}`, { ...grace, password: 'another long one' });
      await ask('GET', OPTIONS, { headers: basic('grace', PASSWORD), expect: 401 });
      await ask('GET', OPTIONS, { headers: basic('grace', 'another long one'), expect: 200 });
    });
  });

  describe('tokens', () => {
    it('items 26, 27, 57: a token for one service', async () => {
      const reply = await asAlice('POST', TOKEN, { body: { duration: 5, service: '/data/search/{name}' }, expect: 204 });
      assert.equal(reply.text, '');
      assert.equal(reply.headers.get('cache-control'), 'no-store');
      assert.match(reply.headers.get('authorization'), /^Bearer [\w-]+\.[\w-]+\.[\w-]+$/);
      const claims = decoded(reply.headers.get('authorization'));
      assert.deepEqual([claims.tid, claims.aud, claims.exp - claims.iat, claims.sub, claims.cip, claims.amr], [1, ['/data/search/{name}'], 300, 'alice', '127.0.0.1', ['pwd']]);
      assert.match(claims.jti, /^[0-9a-f-]{36}$/);
    });

    it('items 28, 29, 37: all services, the longest duration, one search', async () => {
      assert.deepEqual(decoded(await tokenFor({ services: EIGHT, duration: 30 })).aud, EIGHT);
      const claims = decoded(await tokenFor({ service: '/data/search' }));
      assert.equal(claims.exp - claims.iat, 1800);
      const reference = { type: 'CORE_TEMPLATE', name: 'User' };
      await server().post('/tenants/1/search-configurations', {
        name: 'SearchConfigPersons', purposes: ['PublicRestApi'], execute: { users: [users.alice.id], roles: [] },
        search: { reference }, result: { reference, columns: { fields: ['Display Name'] } },
      });
      await tokenFor({ service: '/data/search/SearchConfigPersons' });
      assert.deepEqual(decoded(await tokenFor({ services: ['/data/search', '/data/search'] })).aud, ['/data/search'], 'duplicates collapse');
    });

    for (const [name, body] of Object.entries({
      'item 30: too long': { duration: 31, service: '/data/search' },
      'item 31: no time': { duration: 0, service: '/data/search' },
      'item 32: a fraction': { duration: 1.5, service: '/data/search' },
      'item 32: a text': { duration: '5', service: '/data/search' },
      'null': { duration: null, service: '/data/search' },
      'item 33: no service': { services: [] },
      'item 34: both': { services: ['/data/search'], service: '/data/search' },
      'item 35: neither': {},
      'item 36: itself': { service: '/auth/token' },
      'a search that cannot be named so': { service: '/data/search/..' },
      'an unknown member': { service: '/data/search', extra: 1 },
      'too many': { services: Array.from({ length: 65 }, (_, i) => `/data/search/S${i}`) },
    })) {
      it(`refuses ${name}`, async () => {
        const { body: error } = await asAlice('POST', TOKEN, { body, expect: 400 });
        assert.equal(error.code, 'VALIDATION_ERROR');
      });
    }

    it('item 32: a duration with a point or an exponent', async () => {
      for (const raw of ['{"duration":5.0,"service":"/data/search"}', '{"duration":5e0,"service":"/data/search"}']) await asAlice('POST', TOKEN, { raw, expect: 400 });
    });

    it('item 41: no body; malformed, repeated members', async () => {
      for (const raw of ['', '{"service":', '{"service":"/data/search","service":"/data/search"}', '[]', 'null']) {
        const { body } = await asAlice('POST', TOKEN, { raw, expect: 400 });
        assert.match(body.code, /MALFORMED_JSON|VALIDATION_ERROR/);
      }
    });

    it('items 38, 39: without the permission, and with a token', async () => {
      const bob = await ask('POST', TOKEN, { body: { service: '/data/search' }, headers: basic('bob', PASSWORD), expect: 403 });
      assert.equal(bob.body.code, 'FORBIDDEN');
      const token = await tokenFor({ services: EIGHT });
      for (const [method, path, body] of [['POST', TOKEN, { service: '/data/search' }], ['GET', OPTIONS]]) {
        assert.equal((await ask(method, path, { body, headers: bearer(token), expect: 403 })).body.code, 'TOKEN_SCOPE');
      }
    });

    it('items 40, 127: what is accepted and sent must be JSON', async () => {
      for (const accept of ['application/xml', 'text/html', 'application/json;q=0', 'application/hal+json']) {
        assert.equal((await asAlice('POST', TOKEN, { body: { service: '/data/search' }, headers: { Accept: accept }, expect: 406 })).body.code, 'NOT_ACCEPTABLE');
      }
      for (const accept of ['*/*', 'application/*', 'text/html, application/json;q=0.5']) await asAlice('GET', OPTIONS, { headers: { Accept: accept }, expect: 200 });
      for (const type of ['text/plain', 'application/json; charset=latin1']) await asAlice('POST', TOKEN, { body: { service: '/data/search' }, headers: { 'Content-Type': type }, expect: 415 });
    });

    it('items 42, 43: the options', async () => {
      assert.deepEqual((await asAlice('GET', OPTIONS, { expect: 200 })).body, { duration: 30, services: EIGHT });
      assert.equal((await ask('GET', OPTIONS, { headers: basic('bob', PASSWORD), expect: 403 })).body.code, 'FORBIDDEN');
    });

    it('item 19: a token of one tenant in another, even one that does not exist', async () => {
      const token = await tokenFor({ services: EIGHT });
      assert.equal((await ask('GET', '/ws/resources/auth/token?tenantId=77', { headers: bearer(token), expect: 403 })).body.code, 'TOKEN_TENANT');
    });

    it('item 54: a token takes itself back', async () => {
      const token = await tokenFor({ service: '/data/search' });
      await ask('DELETE', TOKEN, { headers: bearer(token), expect: 204 });
      const reply = await ask('DELETE', TOKEN, { headers: bearer(token), expect: 401 });
      assert.match(reply.headers.get('www-authenticate'), /error="invalid_token"/);
      await asAlice('DELETE', TOKEN, { expect: 400 });
    });

    it('an administrator takes a token back', async () => {
      const token = await tokenFor({ service: '/data/search' });
      await server().delete(`/public-data/tokens/${decoded(token).jti}`);
      await ask('DELETE', TOKEN, { headers: bearer(token), expect: 401 });
      await server().delete('/public-data/tokens/00000000-0000-4000-8000-000000000001');
    });

    const alive = async (token) => (await ask('GET', OPTIONS, { headers: bearer(token) })).status === 403;

    it('items 55, 180: disabling a user and revoking end the tokens', async () => {
      const [first, second] = [await tokenFor({ services: EIGHT }), await tokenFor({ services: EIGHT })];
      assert.ok(await alive(first));
      await server().request('POST', `/tenants/1/users/${users.alice.id}/revoke-tokens`, { expect: 204 });
      assert.ok(!await alive(first) && !await alive(second));
      const third = await tokenFor({ services: EIGHT });
      const alice = await server().get(`/tenants/1/users/${users.alice.id}`);
      await server().put(`/tenants/1/users/${alice.id}`, { ...alice, enabled: false });
      assert.ok(!await alive(third));
      await server().put(`/tenants/1/users/${alice.id}`, { ...alice, enabled: true });
      assert.ok(!await alive(third), 'being enabled again does not revive a token');
    });

    it('item 30: lowering the maximum refuses longer tokens, and leaves younger ones', async () => {
      const token = await tokenFor({ services: EIGHT, duration: 30 });
      await setting('PublicApi.Jwt.MaxDurationMinutes', '1');
      assert.ok(await alive(token), 'it is younger than a minute');
      await asAlice('POST', TOKEN, { body: { duration: 2, service: '/data/search' }, expect: 400 });
      await server().delete('/service-settings/PublicApi.Jwt.MaxDurationMinutes', 200);
    });

    it('items 50–52: forged tokens', async () => {
      const token = await tokenFor({ services: EIGHT });
      const [header, payload, signature] = token.split('.');
      const changed = payload.slice(0, 9) + (payload[9] === 'A' ? 'B' : 'A') + payload.slice(10);
      const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const { kid } = JSON.parse(Buffer.from(header, 'base64url'));
      const jwk = (await server().get('/public-data/keys')).items.find((k) => k.kid === kid).jwk;
      const hmac = (secret) => { const front = `${encode({ alg: 'HS256', kid })}.${payload}`; return `${front}.${createHmac('sha256', secret).update(front).digest('base64url')}`; };
      const pair = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']);
      const own = await webcrypto.subtle.exportKey('jwk', pair.publicKey);
      const front = `${encode({ alg: 'ES256', jwk: own })}.${payload}`;
      const foreign = `${front}.${Buffer.from(await webcrypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, Buffer.from(front))).toString('base64url')}`;
      assert.ok(await alive(token));
      for (const forged of [`${header}.${changed}.${signature}`, `${encode({ alg: 'none' })}.${payload}.`, `${encode({ alg: 'none', kid })}.${payload}.`, `${header}.${payload}.`, `${header}.${payload}`, hmac(JSON.stringify(jwk)), hmac(Buffer.from(jwk.x, 'base64url')), foreign, `${header}.${payload}.${signature}A`, 'x']) {
        const reply = await ask('GET', OPTIONS, { headers: bearer(forged), expect: 401 });
        assert.match(reply.headers.get('www-authenticate'), /error="invalid_token"/, forged);
      }
    });

    it('keys: a new one signs, older ones verify, a deleted one ends its tokens', async () => {
      const before_ = await tokenFor({ services: EIGHT });
      const made = await server().post('/public-data/keys', undefined, 201);
      assert.equal(made.state, 'Active');
      const later = await tokenFor({ services: EIGHT });
      assert.ok(await alive(before_) && await alive(later));
      assert.equal(JSON.parse(Buffer.from(later.split('.')[0], 'base64url')).kid, made.kid);
      await server().delete(`/public-data/keys/${made.kid}`);
      assert.ok(await alive(before_) && !await alive(later));
      await tokenFor({ services: EIGHT });
      await server().refused('DELETE', `/public-data/keys/${made.kid}`, 404, 'NOT_FOUND');
      assert.ok((await server().get('/public-data/keys')).items.every(({ jwk }) => jwk.d === undefined), 'no secret half is shown');
    });

    it('networks: no token to an address that is not allowed', async () => {
      await server().post('/tenants/1/users', { userName: 'ivan', password: PASSWORD, permissions: ['PublicDataApi.Token'], allowedNetworks: ['10.0.0.0/8'] });
      const reply = await ask('POST', TOKEN, { body: { service: '/data/search' }, headers: basic('ivan', PASSWORD), expect: 400 });
      assert.equal(reply.body.code, 'INVALID_REMOTE_ADDRESS');
    });
  });

  describe('protocol', () => {
    it('item 24: an unknown path needs no credentials', async () => {
      assert.equal((await ask('GET', '/ws/data/foo', { expect: 404 })).body.code, 'NOT_FOUND');
    });

    it('items 25, 172: methods', async () => {
      const put = await ask('PUT', TOKEN, { body: {}, expect: 405 });
      assert.equal(put.headers.get('allow'), 'POST, DELETE, OPTIONS');
      const options = await ask('OPTIONS', OPTIONS, { expect: 204 });
      assert.equal(options.headers.get('allow'), 'GET, HEAD, OPTIONS');
      assert.equal((await ask('HEAD', OPTIONS, { headers: basic('alice', PASSWORD), expect: 200 })).text, '');
    });
  });
}, {});

describe('tokens and restarts', () => {
  const server = new TestServer();
  before(async () => { Object.assign(server, await TestServer.start()); Object.setPrototypeOf(server, TestServer.prototype); });
  after(async () => { await server.close(); server.remove(); });

  it('tokens, keys and revocations outlive the process', async () => {
    await server.post('/tenants/1/users', { userName: 'alice', password: PASSWORD, permissions: ['PublicDataApi.Token'] });
    const make = async () => (await server.request('POST', TOKEN, { key: null, body: { services: EIGHT }, headers: basic('alice', PASSWORD), expect: 204 })).headers.get('authorization');
    const [kept, revoked] = [await make(), await make()];
    await server.request('DELETE', TOKEN, { key: null, headers: bearer(revoked), expect: 204 });
    await server.close();
    await server.open();
    await server.request('GET', OPTIONS, { key: null, headers: bearer(kept), expect: 403 });
    await server.request('GET', OPTIONS, { key: null, headers: bearer(revoked), expect: 401 });
  });
});
