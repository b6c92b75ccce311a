// Many clients at once, good and bad, while runs are under way, the configuration changes, runs are cancelled and the server is stopped in
// the middle of all of it. With a program made for it, this is what the thread sanitizer sees. JOINERY_TEST_SECONDS is the length.
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { TestServer } from '../api/harness.mjs';
import { SYNC, systemPath } from '../api/systems.mjs';
import { allowRemovals, cycle, execute, pause, pipeline, rest, setFeed } from './pipeline.mjs';

const SECONDS = Number(process.env.JOINERY_TEST_SECONDS ?? 8);
const PEOPLE = Number(process.env.JOINERY_TEST_PEOPLE ?? 1000);
const READERS = 10;
const random = (items) => items[Math.floor(Math.random() * items.length)];

describe('many clients', { timeout: 600_000 }, () => {
  const agent = new Agent({ keepAlive: true });
  let server, line, going;
  const seen = { answers: 0, refused: 0, broken: 0, runs: 0, cancelled: 0 };

  before(async () => {
    server = await TestServer.start();
    line = await pipeline(server, PEOPLE);
    await allowRemovals(server);
  });
  after(() => { agent.destroy(); server?.remove(); });

  /** One request over a kept connection; null when the connection broke, which it may only do when the server stops. */
  function call(method, path, body) {
    return new Promise((done) => {
      const { hostname, port } = new URL(server.url);
      const sent = request({ agent, hostname, port, method, path: path.startsWith('/api/openapi') ? path : `/api/v1${path}`,
        headers: { 'X-API-Key': server.key, ...(body ? { 'Content-Type': 'application/json' } : {}) } }, (reply) => {
        let text = '';
        reply.setEncoding('utf8').on('data', (chunk) => { text += chunk; }).on('error', () => done(null)).on('end', () => {
          seen.answers++;
          if (reply.statusCode >= 400) seen.refused++;
          assert.ok(reply.statusCode < 500 || reply.statusCode === 503, `${method} ${path}: ${reply.statusCode} ${text.slice(0, 500)}`);
          done({ status: reply.statusCode, body: text ? JSON.parse(text) : null });
        });
      });
      sent.on('error', () => { seen.broken++; done(null); });
      sent.end(body && JSON.stringify(body));
    });
  }

  const whileGoing = async (work) => {
    while (going) if ((await work()) === null) await pause(20);
  };

  /** Reads every operation that needs no id, and what lists lead to. */
  async function reader() {
    const plain = server.contract.operations.map(({ name }) => name).filter((name) => /^GET \/api\/v1\/[^{]*$/.test(name) && !/session|filesystem\/(list|validate)|name-availability/.test(name)).map((name) => name.slice(11));
    const { source, target } = line;
    const more = [systemPath(source, '/connector-space?pageSize=100'), systemPath(target, '/connector-space'), systemPath(target, '/pending-exports'), systemPath(target, '/pending-exports/count'),
      systemPath(source, '/object-types'), '/metaverse/objects?attributes=*&pageSize=100', '/metaverse/objects?search=v1', '/activities?status=InProgress', '/worker-tasks', systemPath(source, '/change-history'),
      '/metaverse/objects?filterAttributeName=Employee%20ID&filterAttributeValue=7'];
    await whileGoing(async () => {
      const path = random([...plain, ...more, ...more]);
      const reply = await call('GET', path);
      const item = reply?.body?.items && random(reply.body.items);
      if (item?.id && path.startsWith('/activities')) for (const part of ['', '/progress', '/stats', '/items', '/children']) await call('GET', `/activities/${item.id}${part}`);
      if (item?.id && path.startsWith('/metaverse/objects')) await call('GET', `/metaverse/objects/${item.id}`);
      if (item?.id && path.includes('/connector-space')) await call('GET', `${path.split('?')[0]}/${item.id}`);
      return reply;
    });
  }

  async function keys() {
    await whileGoing(async () => {
      const made = await call('POST', '/apikeys', { name: `key ${Math.random()}`, roleIds: [] });
      if (made?.body?.id) await call('PUT', `/apikeys/${made.body.id}`, { name: 'changed', roleIds: [], isEnabled: false });
      return made?.body?.id ? call('DELETE', `/apikeys/${made.body.id}`) : made;
    });
  }

  async function administrator() {
    const { source, user } = line;
    await whileGoing(async () => {
      await call('PUT', systemPath(source), { description: `changed ${Math.random()}` });
      await call('PUT', '/service-settings/Sync.VerboseNoChangeRecording', { value: random(['true', 'false']) });
      const made = await call('POST', `${SYNC}/sync-rules`, { name: `extra ${Math.random()}`, direction: 'Import', enabled: false, connectedSystemId: source.id, connectedSystemObjectTypeId: source.types.person.id,
        metaverseObjectTypeId: user.id });
      if (!made?.body?.id) return made;
      await call('PUT', `${SYNC}/sync-rules/${made.body.id}`, { name: `renamed ${Math.random()}` });
      return call('DELETE', `${SYNC}/sync-rules/${made.body.id}`);
    });
  }

  async function operator() {
    let version = 1;
    await whileGoing(async () => {
      setFeed(line, ++version, PEOPLE);
      for (const [, system, run] of cycle(line, random(['full', 'delta']))) {
        const reply = await call('POST', systemPath(system, `/run-profiles/${run.id}/execute`));
        if (!reply) return null;
        for (let status = 'InProgress'; going && status === 'InProgress'; await pause(50)) {
          status = (await call('GET', `/activities/${reply.body.activityId}`))?.body?.status ?? 'InProgress';
          seen.runs += status !== 'InProgress';
        }
      }
    });
  }

  async function canceller() {
    await whileGoing(async () => {
      await pause(300 + Math.random() * 1500);
      const tasks = await call('GET', '/worker-tasks');
      const task = tasks?.body?.items?.[0];
      if (task && (await call('POST', `/worker-tasks/${task.id}/cancel`))?.status === 202) seen.cancelled++;
      return tasks;
    });
  }

  /** Clients that leave in the middle, wait for nothing, or say nothing at all. */
  async function rude() {
    await whileGoing(() => new Promise((done) => {
      const { hostname, port } = new URL(server.url);
      const socket = connect({ host: hostname, port }, () => {
        const path = random(['/api/v1/metaverse/objects?pageSize=100&attributes=*', '/api/v1/health', '/api/openapi/v1.json']);
        socket.write(random([`GET ${path} HTTP/1.1\r\nHost: x\r\nX-Api-Key: ${server.key}\r\n\r\n`, 'POST /api/v1/apikeys HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{', 'GET /', '']));
        setTimeout(() => { socket.resetAndDestroy ? socket.resetAndDestroy() : socket.destroy(); done(1); }, Math.random() * 60);
      });
      socket.on('error', () => done(null));
    }));
  }

  for (const how of ['are served until SIGTERM', 'are served again, until a kind end']) {
    it(how, async (t) => {
      going = true;
      if (!server.process.url) await server.open();
      const clients = [...Array.from({ length: READERS }, reader), keys(), keys(), administrator(), operator(), operator(), canceller(), rude(), rude()];
      await Promise.race([pause(SECONDS * 500), ...clients]);
      const stopped = Date.now(), { code, signal } = await server.process.stop(60);
      going = false;
      t.diagnostic(`${JSON.stringify(seen)}, stopped in ${Date.now() - stopped} ms`);
      await Promise.all(clients);
      assert.deepEqual({ code, signal }, { code: 0, signal: null }, server.process.said().slice(-4000));
      assert.ok(Date.now() - stopped < 25_000, 'the server stops within 25 seconds');
      await server.open();
      await rest(server);
    });
  }

  it('have left a sound store, and the next cycle completes', async () => {
    for (const step of cycle(line, 'full')) await execute(server, step);
    await rest(server);
    const last = await server.get('/activities?targetType=ConnectedSystemRunProfile&sortBy=created&sortDirection=desc&pageSize=5');
    assert.deepEqual(last.items.filter((a) => !a.status.startsWith('Complete')), []);
    assert.ok(seen.runs > 0 && seen.answers > 100, JSON.stringify(seen));
    await server.close();
  });
});
