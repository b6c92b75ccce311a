// Asynchronous searches of the Public Data API (public-data-api.md §5). Items are those of the checklist of the specification (§13).
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { before, it } from 'node:test';
import { suite } from './harness.mjs';
import { basic, csv, person, persons } from './persons-fixture.mjs';

const P = 'SearchConfigPersons';
const A = 'SearchConfigAll';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const CONFIGURATIONS = '/tenants/1/search-configurations';
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

suite('asynchronous searches', (server) => {
  let fixture;
  const ask = (method, path, { as = 'alice', query = '', ...options } = {}) =>
    server().request(method, `/ws${path}?tenantId=1${query ? `&${query}` : ''}`, { key: null, ...options, headers: { ...basic(as), ...options.headers } });
  const order = async (name, { body, ...more } = {}) => (await ask('POST', `/data/async-search/${name}`, { body, expect: 202, ...more })).body;
  const path = (name, uuid) => `/data/async-search/${name}/result-set/${uuid}`;
  const fetch = (name, uuid, expect, more = {}) => ask('GET', path(name, uuid), { expect, ...more });
  /** Waits while it is queued or running. */
  const fetched = async (name, uuid, expect = 200, more = {}) => {
    for (let tries = 0; ; tries++) {
      const reply = await fetch(name, uuid, undefined, more);
      if (reply.status !== 409) {
        assert.equal(reply.status, expect, reply.text);
        return reply;
      }
      assert.ok(tries < 600, 'the search comes to its end');
      await pause(50);
    }
  };
  const setting = (key, value) => server().put(`/service-settings/PublicApi.Async.${key}`, { value });
  const standard = (key) => server().delete(`/service-settings/PublicApi.Async.${key}`, 200);
  /** With a setting that is put back, whatever happens. */
  async function withSetting(key, value, what) {
    await setting(key, value);
    try {
      await what();
    } finally {
      await standard(key);
    }
  }
  /** Changes the configuration of a search, and puts it back. */
  async function withSearch(name, change, what) {
    const { id, ...facts } = await server().get(`${CONFIGURATIONS}/by-name/${name}`);
    await server().put(`${CONFIGURATIONS}/${id}`, { ...facts, ...change });
    try {
      await what();
    } finally {
      await server().put(`${CONFIGURATIONS}/${id}`, facts);
    }
  }

  before(async () => { fixture = await persons(server()); });

  it('items 145–147: an order, its result, and other pages of it', async () => {
    const G2 = { search: { filters: [{ name: 'FirstName', value: 'John', condition: 'EQUALS' }, { name: 'LastName', value: 'Smith', condition: 'EQUALS' }] } };
    const reply = await ask('POST', `/data/async-search/${P}`, { query: 'page=2&pageSize=10', body: G2, expect: 202 });
    assert.match(reply.body, UUID);
    assert.equal(reply.text, `"${reply.body}"`);
    assert.equal(reply.headers.get('location'), `/ws${path(P, reply.body)}?tenantId=1`);
    assert.match(reply.headers.get('retry-after'), /^\d+$/);
    const { body, headers } = await fetched(P, reply.body);
    assert.deepEqual({ ...body.meta, date: null }, { name: P, date: null, totalSize: 40, page: 2, pageSize: 10 });
    assert.match(body.meta.date, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
    assert.equal(body.result.rows.length, 10);
    assert.deepEqual(body.links, [
      { rel: 'self', href: `/data/search/${P}?page=2&pageSize=10` }, { rel: 'describedBy', href: `/data/resources/search/${P}` },
      { rel: 'previous', href: `/data/search/${P}?page=1&pageSize=10` }, { rel: 'next', href: `/data/search/${P}?page=3&pageSize=10` },
    ]);
    assert.ok(headers.get('link').includes(`</ws${path(P, reply.body)}?page=3&pageSize=10&tenantId=1>; rel="next"`), headers.get('link'));
    assert.ok(Date.parse(headers.get('sunset')) > Date.now());
    await withSetting('LinksToSearch', 'false', async () => {
      const hrefs = (await fetch(P, reply.body, 200)).body.links.map(({ href }) => href);
      assert.deepEqual(hrefs, [`${path(P, reply.body)}?page=2&pageSize=10`, `/data/resources/search/${P}`, `${path(P, reply.body)}?page=1&pageSize=10`, `${path(P, reply.body)}?page=3&pageSize=10`]);
    });
    assert.equal((await fetch(P, reply.body, 200, { query: 'page=1&pageSize=40' })).body.result.rows.length, 40);
    assert.deepEqual((await fetch(P, reply.body, 200, { query: 'page=9&pageSize=40' })).body.result.rows, []);
    assert.equal((await fetch(P, reply.body.toUpperCase(), 200)).body.meta.totalSize, 40, 'item 154: upper case');
  });

  it('the rows are those of the search itself, in its order', async () => {
    const now = (await ask('GET', `/data/search/${A}`, { query: 'pageSize=100', expect: 200 })).body.result.rows;
    const later = (await fetched(A, await order(A, { query: 'pageSize=100' }))).body.result.rows;
    assert.deepEqual(later, now);
  });

  it('items 148, 157: a paused queue; a queued order can be taken back', async () => {
    await withSetting('MaxRunning', '0', async () => {
      const [kept, taken] = [await order(P), await order(P)];
      const reply = await fetch(P, kept, 409);
      assert.deepEqual([reply.body.code, reply.body.details], ['SEARCH_RUNNING', 'state=QUEUED']);
      const wait = Number(reply.headers.get('retry-after'));
      assert.ok(Number.isInteger(wait) && wait >= 1 && wait <= 30);
      await ask('DELETE', path(P, taken), { expect: 204 });
      assert.equal((await fetch(P, taken, 410)).body.code, 'RESULT_GONE');
      await standard('MaxRunning');
      assert.equal((await fetched(P, kept)).body.meta.totalSize, 40, 'it runs when the queue moves again');
    });
  });

  it('item 149: what was taken stays as it was', async () => {
    const uuid = await order(A);
    const before = (await fetched(A, uuid)).body;
    writeFileSync(fixture.system.file, csv(Array.from({ length: 101 }, (_, i) => person(i + 1))));
    try {
      await fixture.system.load();
      assert.equal((await ask('GET', `/data/search/${A}`, { expect: 200 })).body.meta.totalSize, 101);
      assert.deepEqual((await fetch(A, uuid, 200)).body, before);
    } finally {
      writeFileSync(fixture.system.file, csv(Array.from({ length: 100 }, (_, i) => person(i + 1))));
      await fixture.system.load();
    }
  });

  it('items 150–153, 156: ids that are none, of nobody, of other searches and of others', async () => {
    const never = '55b78e0e-1623-4549-9e86-1c2287d50968';
    const uuid = await order(P);
    await fetched(P, uuid);
    for (const method of ['GET', 'DELETE']) {
      for (const bad of ['not-a-uuid', uuid.replaceAll('-', ''), `{${uuid}}`, `${uuid}0`]) {
        assert.equal((await ask(method, path(P, encodeURIComponent(bad)), { expect: 400 })).body.code, 'VALIDATION_ERROR', bad);
      }
      assert.equal((await ask(method, path(P, never), { expect: 416 })).body.code, 'RESULT_MISMATCH');
      await ask(method, path(A, uuid), { expect: 416 });
      await ask(method, path(P, uuid), { as: 'bob', expect: 416 });
    }
    await fetch(P, uuid, 200);
    await fetch(P, uuid, 400, { query: 'cursor=' });
  });

  it('item 155: deleting, twice', async () => {
    const uuid = await order(P);
    await fetched(P, uuid);
    assert.equal((await ask('DELETE', path(P, uuid), { expect: 204 })).text, '');
    await fetch(P, uuid, 410);
    await ask('DELETE', path(P, uuid), { expect: 204 });
  });

  it('item 158: too many', async () => {
    const { body } = await fetched('SearchConfigLimited', await order('SearchConfigLimited'), 422);
    assert.deepEqual([body.code, body.details], ['RESULT_TOO_LARGE', 'maxResultCount=50']);
  });

  it('item 159: no room', async () => {
    await withSetting('StorageLimitMiB', '0', async () => {
      const reply = await ask('POST', `/data/async-search/${P}`, { expect: 507 });
      assert.equal(reply.body.code, 'INSUFFICIENT_STORAGE');
      assert.match(reply.headers.get('retry-after'), /^\d+$/);
    });
    await withSetting('MaxPerUser', '1', async () => {
      await ask('POST', `/data/async-search/${P}`, { expect: 507 });
      await order('SearchConfigReports', { as: 'bob' });
    });
  });

  it('item 162: an edit of the search ends what it gave', async () => {
    const uuid = await order('SearchConfigFixed');
    await fetched('SearchConfigFixed', uuid);
    await withSearch('SearchConfigFixed', { description: 'edited' }, async () => { await fetch('SearchConfigFixed', uuid, 410); });
    await fetch('SearchConfigFixed', uuid, 410);
  });

  it('item 163: without Execute nothing of it can be read', async () => {
    const uuid = await order('SearchConfigReports', { as: 'bob' });
    await fetched('SearchConfigReports', uuid, 200, { as: 'bob' });
    await withSearch('SearchConfigReports', { execute: { users: [fixture.users.alice.id], roles: [] } }, async () => {
      assert.equal((await fetch('SearchConfigReports', uuid, 403, { as: 'bob' })).body.code, 'SEARCH_NOT_AVAILABLE');
    });
  });

  it('item 164: a bad request is refused before anything is ordered', async () => {
    const count = async () => (await server().get('/public-data/result-sets')).totalCount;
    const before = await count();
    await ask('POST', `/data/async-search/${P}`, { body: { search: { filters: [{ name: 'FirstName', condition: 'equals', value: 'x' }] } }, expect: 400 });
    await ask('POST', `/data/async-search/${P}`, { raw: '{"search":', expect: 400 });
    await ask('POST', '/data/async-search/Nobody', { expect: 403 });
    assert.equal(await count(), before);
  });

  it('an administrator sees them and takes one away', async () => {
    const uuid = await order(P);
    await fetched(P, uuid);
    const { items } = await server().get('/public-data/result-sets?pageSize=100');
    const found = items.find(({ id }) => id === uuid);
    assert.deepEqual([found.state, found.userName, found.search, found.rows], ['COMPLETED', 'alice', P, 40]);
    await server().delete(`/public-data/result-sets/${uuid}`);
    await fetch(P, uuid, 410);
    await server().refused('DELETE', '/public-data/result-sets/55b78e0e-1623-4549-9e86-1c2287d50968', 404, 'NOT_FOUND');
  });

  it('what waits for somebody who may not any more is cancelled, and what is of nobody goes', async () => {
    const gina = await server().post('/tenants/1/users', { userName: 'gina', password: 'correct horse: battery', permissions: ['PublicDataApi.Search'] });
    const stateOf = async (uuid) => (await server().get('/public-data/result-sets?pageSize=100')).items.find(({ id }) => id === uuid).state;
    await withSearch(A, { execute: { users: [gina.id, fixture.users.alice.id, fixture.users.bob.id], roles: [] } }, async () => {
      await withSetting('MaxRunning', '0', async () => {
        const uuid = await order(A, { as: 'gina' });
        await server().delete(`/tenants/1/users/${gina.id}`);
        for (let tries = 0; (await stateOf(uuid)) === 'QUEUED'; tries++) {
          assert.ok(tries < 200, 'it is cancelled soon');
          await pause(50);
        }
        assert.equal(await stateOf(uuid), 'CANCELLED');
      });
    });
  });

  it('item 161: after a restart a result is still there, and what was queued runs', async () => {
    const done = await order(P);
    const before = (await fetched(P, done)).body;
    await setting('MaxRunning', '0');
    const queued = await order(P);
    await server().process.stop();
    await server().open();
    assert.deepEqual((await fetch(P, done, 200)).body, before);
    await fetch(P, queued, 409);
    await standard('MaxRunning');
    assert.equal((await fetched(P, queued)).body.meta.totalSize, 40);
  });

  it('a power failure loses no order and leaves no file behind', async () => {
    await setting('MaxRunning', '0');
    const queued = await order(A);
    await server().kill();
    await server().open();
    await standard('MaxRunning');
    assert.equal((await fetched(A, queued)).body.meta.totalSize, 100);
  });
});
