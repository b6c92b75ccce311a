// A client of the Public Data API that leaves cancels the search that it asked for (public-data-api.md §9).
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { before, it } from 'node:test';
import { suite } from './harness.mjs';
import { basic } from './persons-fixture.mjs';

const ROWS = 2000;
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

suite('clients that leave', (server) => {
  const TARGET = '/ws/data/search/Notes?tenantId=1&pageSize=1';
  // Each filter walks through the whole of each text, and all of them hold.
  const body = { search: { filters: Array.from({ length: 50 }, (_, i) => ({ name: 'Note', condition: 'LIKE', value: `*x*x*x*x*x*x*x*y${i % 10 ? '' : '?'}*`, caseSensitive: i % 2 === 0 })) } };
  const ask = (expect) => server().request('POST', TARGET, { key: null, headers: basic('alice'), body, expect });

  before(async () => {
    await server().put('/service-settings/PublicApi.SearchTimeoutSeconds', { value: '300' });
    const alice = await server().post('/tenants/1/users', { userName: 'alice', password: 'correct horse: battery', permissions: ['PublicDataApi.Search'] });
    const pool = await server().post('/tenants/1/data-pools', { name: 'Notes', source: { lookupTable: true }, fields: [{ name: 'Note', type: 'Text' }] });
    await server().put(`/tenants/1/data-pools/${pool.id}/rows`, Array.from({ length: ROWS }, (_, i) => ({ Note: `${'x'.repeat(3000)}${'-'.repeat(900)}y${i}` })));
    const reference = { type: 'DATA_POOL', name: 'Notes' };
    await server().post('/tenants/1/search-configurations', {
      name: 'Notes', purposes: ['PublicRestApi'], execute: { users: [alice.id], roles: [] }, search: { reference, filters: [] },
      result: { reference, filters: [], columns: { fields: ['Note'], sort: [] } },
    });
  });

  const stopped = async () => Number(/^joinery_searches_stopped_total (\d+)$/m.exec(await (await fetch(`${server().url}/metrics`, { headers: { 'X-API-Key': server().key } })).text())?.[1] ?? 0);

  /** Sends the search on a connection of its own. */
  const begin = () => new Promise((done, fail) => {
    const { hostname, port } = new URL(server().url);
    const bytes = Buffer.from(JSON.stringify(body));
    const socket = connect({ host: hostname, port }, () => {
      socket.write(`POST ${TARGET} HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic('alice').Authorization}\r\nContent-Type: application/json\r\nContent-Length: ${bytes.length}\r\n\r\n`);
      socket.write(bytes, () => done(socket));
    });
    socket.once('error', fail);
  });

  it('their searches end, and the workers are free for others', { timeout: 180_000 }, async () => {
    const began = Date.now();
    assert.equal((await ask(200)).body.meta.totalSize, ROWS);
    const one = Date.now() - began;
    const count = Math.min(200, Math.max(16, Math.ceil(30_000 / one)));
    const sockets = await Promise.all(Array.from({ length: count }, begin));
    await sleep(300);
    for (const socket of sockets) socket.destroy();
    await ask(200);
    for (let i = 0; i < 200 && (await stopped()) < count / 4; i++) await sleep(100);
    assert.ok((await stopped()) >= count / 4, `of ${count} searches ${await stopped()} were stopped`);
    assert.match(server().process.said(), /public request: tenant 1, user "alice".* search Notes, .* status 499, rows 0/);
  });

  it('who stays is answered', async () => {
    const before_ = await stopped();
    await ask(200);
    assert.equal(await stopped(), before_);
  });
});
