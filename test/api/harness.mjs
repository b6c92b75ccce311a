// A server of its own for a file of tests, and a client that trusts nothing: every reply is held against the server's own document.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startServer } from '../../examples/congress/joinery.mjs';
import { Contract } from './contract.mjs';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const PROGRAM = resolve(process.env.JOINERY_PROGRAM ?? join(ROOT, 'build-asan/joinery'));
/** The same program with the connector of test/connector/directory.c in it. */
export const PROGRAM_WITH_DIRECTORY = join(dirname(PROGRAM), 'test/connector/joinery-with-directory');
/** An infrastructure key: it is not rate limited. */
export const KEY = `jny_ak_${'0123456789abcdef'.repeat(4)}`;
export const NO_SUCH_ID = 999_999;
export const NO_SUCH_UUID = '00000000-0000-4000-8000-00000000dead';

/** A running server with a folder for files that it may read and write. Its settings are the environment. */
export class TestServer {
  program = PROGRAM;

  static async start(environment = {}, program = PROGRAM) {
    const server = new TestServer();
    server.program = program;
    server.folder = mkdtempSync(join(tmpdir(), 'joinery-test-'));
    server.files = join(server.folder, 'files');
    mkdirSync(server.files);
    server.environment = { JOINERY_INFRASTRUCTURE_API_KEY: KEY, ...environment };
    for (const [name, value] of Object.entries(server.environment)) if (value === undefined) delete server.environment[name];
    await server.open();
    return server;
  }

  async open() {
    this.process = await startServer({ program: this.program, dataDirectory: join(this.folder, 'data'), fileRoots: [this.files], environment: this.environment });
    Object.assign(this, { url: this.process.url, key: this.process.key });
    const document = await fetch(`${this.url}/api/openapi/v1.json`, { headers: { 'X-API-Key': this.key } });
    assert.equal(document.status, 200, 'the server gives its OpenAPI document');
    this.contract = new Contract(await document.json());
  }

  /** Ends the server and checks the database that it leaves. A second server may be opened on the same data in between. */
  async close() {
    const { code, signal } = await this.process.stop();
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, `the server ends well:\n${this.process.said().slice(-8000)}`);
    execFileSync(this.program, ['check', '--data-dir', join(this.folder, 'data')], { env: { ...process.env, ...this.environment }, stdio: 'pipe', encoding: 'utf8' });
  }

  /** Ends the server as a power failure would. */
  async kill() {
    this.process.child.kill('SIGKILL');
    await this.process.ended;
  }

  remove() { rmSync(this.folder, { recursive: true, force: true }); }

  /** One request; path is relative to /api/v1 unless it begins with /api or /ws. Resolves with {status, headers, body, text}. */
  async request(method, path, { body, key = this.key, headers = {}, raw, expect } = {}) {
    const whole = /^\/(api|ws)(\/|$)/.test(path) ? path : `/api/v1${path}`;
    const reply = await fetch(this.url + whole, {
      method,
      headers: { ...(key ? { 'X-API-Key': key } : {}), ...(body !== undefined || raw !== undefined ? { 'Content-Type': 'application/json' } : {}), ...headers },
      body: raw ?? (body === undefined ? undefined : JSON.stringify(body)),
    });
    const text = await reply.text();
    if (expect !== undefined) assert.equal(reply.status, expect, `${method} ${whole}: ${reply.status} ${text.slice(0, 1000)}`);
    if (whole.startsWith('/api/v1')) {
      assert.deepEqual(this.contract.problems(method, decodeURI(whole.split('?')[0]), reply, text), [], `${method} ${whole} → ${text.slice(0, 600)}`);
      assert.equal(reply.headers.get('x-content-type-options'), 'nosniff');
    }
    return { status: reply.status, headers: reply.headers, text, body: /json/.test(reply.headers.get('content-type') ?? '') && text ? JSON.parse(text) : null };
  }

  /** Whether this server has an operation: 'GET /apikeys/{}'. Tests of what it does not have yet are skipped, and say so. */
  offers(operation) {
    const shape = (name) => name.replace(/\{[^}]*\}/g, '{}').replace('/api/v1', '').toLowerCase();
    return this.contract.operations.some(({ name }) => shape(name) === shape(operation));
  }

  async get(path, expect = 200) { return (await this.request('GET', path, { expect })).body; }
  async post(path, body, expect = 201) { return (await this.request('POST', path, { body, expect })).body; }
  async put(path, body, expect = 200) { return (await this.request('PUT', path, { body, expect })).body; }
  async patch(path, body, expect = 200) { return (await this.request('PATCH', path, { body, expect })).body; }
  async delete(path, expect = 204) { return (await this.request('DELETE', path, { expect })).body; }

  /** An error with this status and code; resolves with its body. */
  async refused(method, path, status, code, options = {}) {
    const { body } = await this.request(method, path, { expect: status, ...options });
    assert.ok(body, `${method} ${path} has a body`);
    assert.equal(body.code, code, JSON.stringify(body));
    assert.ok(body.message, 'an error has a sentence');
    assert.match(body.timestamp, /Z$/);
    return body;
  }

  /** Executes a run profile and waits for its end. */
  async run(systemId, profileId) {
    const { activityId } = await this.post(`/synchronisation/connected-systems/${systemId}/run-profiles/${profileId}/execute`, undefined, 202);
    for (let wait = 30; ; wait = Math.min(wait * 2, 500)) {
      const activity = await this.get(`/activities/${activityId}`);
      if (!['NotSet', 'InProgress'].includes(activity.status)) return activity;
      await new Promise((done) => setTimeout(done, wait));
    }
  }
}

/** A test of an operation that the server may not have yet; then it is skipped. */
export function itOffers(operation, server, name, test) {
  it(name, (t) => (server().offers(operation) ? test(t) : t.skip(`the server does not offer ${operation}`)));
}

/** A group of tests with a server of its own, checked at the end: suite('name', (server) => { it(…, () => server().get(…)) }). */
export function suite(name, tests, environment = {}, program = PROGRAM) {
  describe(name, () => {
    let server;
    before(async () => { server = await TestServer.start(environment, program); });
    after(async () => {
      if (!server) return;
      try {
        await server.close();
      } finally {
        server.remove();
      }
    });
    tests(() => server);
  });
}
