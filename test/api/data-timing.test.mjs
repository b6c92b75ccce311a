// What a refusal of the Public Data API costs tells no more than it says (public-data-api.md §2.1): the work that the server did is
// counted, and the time compared so generously that only another kind of work can fail it.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { suite } from './harness.mjs';
import { basic, PASSWORD } from './persons-fixture.mjs';

const BOTH = ['PublicDataApi.Search', 'PublicDataApi.Token'];
const LOCKING = 10; // failures that lock a name
const SAMPLES = 7;
const RATIO = 4, FLOOR_MS = 25; // further apart is another kind of work
const bearer = (token) => ({ Authorization: token.startsWith('Bearer ') ? token : `Bearer ${token}` });
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

suite('timing classes of the Public Data API', (server) => {
  let users, closed, other, sets;
  const ask = (method, path, headers, options = {}) => server().request(method, `/ws${path}`, { key: null, headers, ...options });
  const withoutTime = ({ status, body }) => ({ status, ...body, timestamp: null });

  before(async () => {
    await server().put('/service-settings/PublicApi.RateLimit.FailedAuthPerMinute', { value: '0' });
    const user = (tenant, userName, more = {}) => server().post(`/tenants/${tenant}/users`, { userName, password: PASSWORD, permissions: BOTH, ...more });
    users = {};
    for (const name of ['alice', 'bob', 'locked', 'wrong', 'cached', 'long']) users[name] = await user(1, name);
    await user(1, 'disabled', { enabled: false });
    await server().post('/tenants/1/users', { userName: 'bare', permissions: BOTH });
    [other, closed] = [await server().post('/tenants', { name: 'Other' }), await server().post('/tenants', { name: 'Closed' })];
    await user(other.id, 'theirs');
    await user(closed.id, 'inside');
    await server().put(`/tenants/${closed.id}`, { name: 'Closed', enabled: false });
    const reference = { type: 'CORE_TEMPLATE', name: 'User' };
    const search = (name, more = {}) => ({
      name, purposes: ['PublicRestApi'], execute: { users: [users.alice.id], roles: [] }, search: { reference, filters: [] },
      result: { reference, filters: [], columns: { fields: ['Display Name'], sort: [] } }, ...more,
    });
    const configure = (tenant, ...given) => server().post(`/tenants/${tenant}/search-configurations`, search(...given));
    await configure(1, 'Mine');
    await configure(1, 'Second');
    await configure(1, 'Forbidden', { execute: { users: [users.bob.id], roles: [] } });
    await configure(1, 'Disabled', { enabled: false });
    await configure(1, 'Inside', { purposes: [] });
    await configure(other.id, 'Theirs', { execute: { users: [], roles: [] } });
    sets = { mine: (await ask('POST', '/data/async-search/Mine?tenantId=1', basic('alice'), { expect: 202 })).body };
  });

  const hashes = async () => Number(/^joinery_password_hashes_total (\d+)$/m.exec(await (await fetch(`${server().url}/metrics`, { headers: { 'X-API-Key': server().key } })).text())[1]);

  /** Asks each in turn, `samples` times; the same answer to all, and medians that are of one kind. */
  async function alike(cases, samples = SAMPLES) {
    const times = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
    let first;
    for (let i = 0; i < samples; i++) {
      for (const [name, run] of Object.entries(cases)) {
        const began = process.hrtime.bigint();
        const reply = withoutTime(await run(i));
        times[name].push(Number(process.hrtime.bigint() - began) / 1e6);
        first ??= reply;
        assert.deepEqual(reply, first, name);
      }
    }
    const medians = Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)]));
    const [least, most] = [Math.min(...Object.values(medians)), Math.max(...Object.values(medians))];
    assert.ok(most <= RATIO * least + FLOOR_MS, JSON.stringify(medians));
    return first;
  }

  describe('refused credentials', () => {
    const PATH = '/data/resources';
    const by = (name, password, tenant = 1) => () => ask('GET', `${PATH}?tenantId=${tenant}`, basic(name, password));
    const cases = () => ({
      'unknown tenant': by('alice', PASSWORD, 99), 'unknown user': by('nobody', PASSWORD), 'wrong password': by('wrong', 'no'), 'disabled user': by('disabled', PASSWORD), 'disabled user, wrong password': by('disabled', 'no'),
      'disabled tenant': by('inside', PASSWORD, closed.id), 'locked user': by('locked', PASSWORD), 'locked user, wrong password': by('locked', 'no'), 'a user of another tenant': by('theirs', PASSWORD), 'a user without a password': by('bare', PASSWORD),
      'a user without a password, none given': by('bare', ''), 'no password': by('long', ''), 'a long password': by('nobody', 'x'.repeat(4000)), 'no name': by('', PASSWORD),
    });

    before(async () => {
      for (let i = 0; i < LOCKING; i++) await ask('GET', `${PATH}?tenantId=1`, basic('locked', `no ${i}`), { expect: 401 });
    });

    it('each costs one hash, whatever is wrong', async () => {
      for (const [name, run] of Object.entries(cases())) {
        const had = await hashes();
        assert.equal((await run()).status, 401, name);
        assert.equal(await hashes(), had + 1, name);
      }
    });

    it('each has the same answer after about the same time', async () => {
      assert.equal((await alike(cases(), 5)).status, 401);
    });

    it('also when the right password is remembered', async () => {
      await by('cached', PASSWORD)();
      let had = await hashes();
      assert.equal((await by('cached', PASSWORD)()).status, 200);
      assert.equal(await hashes(), had, 'it is remembered');
      await server().put(`/tenants/1/users/${users.cached.id}`, { ...users.cached, enabled: false });
      had = await hashes();
      assert.equal((await by('cached', PASSWORD)()).status, 401);
      assert.equal(await hashes(), had + 1, 'it is forgotten with any change of the user');
    });
  });

  it('refused tokens: unknown, taken back, of a user who has changed, from a killed key', async () => {
    const token = async () => (await ask('POST', '/auth/token?tenantId=1', basic('alice'), { body: { service: '/data/resources' }, expect: 204 })).headers.get('authorization');
    const killed = await token();
    const { kid } = JSON.parse(Buffer.from(killed.split(' ')[1].split('.')[0], 'base64url'));
    await server().post('/public-data/keys', undefined, 201);
    await server().delete(`/public-data/keys/${kid}`);
    const changed = await token();
    await server().request('POST', `/tenants/1/users/${users.alice.id}/revoke-tokens`, { expect: 204 });
    const revoked = await token();
    await ask('DELETE', '/auth/token?tenantId=1', bearer(revoked), { expect: 204 });
    const [head, claims, signature] = revoked.split('.');
    const had = await hashes();
    const using = (given) => () => ask('GET', '/data/resources?tenantId=1', bearer(given));
    const { status } = await alike({ revoked: using(revoked), changed: using(changed), 'killed key': using(killed), 'changed signature': using(`${head}.${claims}.${signature.slice(0, -4)}AAAA`), 'no token': using('x') });
    assert.equal(status, 401);
    assert.equal(await hashes(), had, 'no password is looked at');
  });

  it('searches: unknown, forbidden, disabled, without the purpose, of another tenant', async () => {
    const names = ['Unknown', 'Forbidden', 'Disabled', 'Inside', 'Theirs'];
    for (const [method, path, body] of [['GET', '/data/search'], ['POST', '/data/search', {}], ['POST', '/data/async-search', {}]]) {
      const run = (name) => () => ask(method, `${path}/${name}?tenantId=1`, basic('alice'), { body });
      const { status, code } = await alike(Object.fromEntries(names.map((name) => [name, run(name)])));
      assert.deepEqual([status, code], [403, 'SEARCH_NOT_AVAILABLE']);
    }
  });

  it('tokens of another tenant: one that exists, is closed, or does not exist', async () => {
    const token = (await ask('POST', '/auth/token?tenantId=1', basic('alice'), { body: { service: '/data/resources' }, expect: 204 })).headers.get('authorization');
    const run = (tenant) => () => ask('GET', `/data/resources?tenantId=${tenant}`, bearer(token));
    assert.equal((await alike({ other: run(other.id), closed: run(closed.id), none: run(99) })).code, 'TOKEN_TENANT');
  });

  it('result sets: never issued, of another search, of another user', async () => {
    const theirs = (await ask('POST', '/data/async-search/Forbidden?tenantId=1', basic('bob'), { body: {}, expect: 202 })).body;
    const run = (search, id) => () => ask('GET', `/data/async-search/${search}/result-set/${id}?tenantId=1`, basic('alice'));
    const { status, code } = await alike({ never: run('Mine', '00000000-0000-4000-8000-000000000001'), 'another search': run('Second', sets.mine), 'another user': run('Mine', theirs) });
    assert.deepEqual([status, code], [416, 'RESULT_MISMATCH']);
  });

  it('fields: hidden, and none', async () => {
    const run = (name) => () => ask('POST', '/data/search/Mine?tenantId=1', basic('alice'), { body: { search: { filters: [{ name, condition: 'EQUALS', value: 'x' }] } } });
    assert.equal((await alike({ hidden: run('Email'), 'hidden number': run('Employee ID'), none: run('Nope') })).status, 400);
  });
});
