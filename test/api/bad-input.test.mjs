// Bodies, queries and paths that no honest client sends: each is refused with a sentence that names what is wrong, and never as the
// server's own fault. Malformed HTTP is in raw.test.mjs.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { it } from 'node:test';
import { suite } from './harness.mjs';
import { fileSystem, SYNC } from './systems.mjs';

const nested = (depth) => '['.repeat(depth) + ']'.repeat(depth);
const RULE = { name: 'R', direction: 'Import', connectedSystemId: 1, connectedSystemObjectTypeId: 1, metaverseObjectTypeId: 1 };

const MALFORMED = [
  ['nothing', ''], ['an open object', '{"name":"a"'], ['an open text', '{"name":"a'], ['a comma too many', '{"name":"a",}'], ['a single quote', "{'name':'a'}"], ['two values', '{"name":"a"} {}'],
  ['a comment', '{"name":"a"/**/}'], ['NaN', '{"name":NaN}'], ['a bare word', 'name'], ['a number with a leading zero', '{"roleIds":[01]}'], ['a plus sign', '{"roleIds":[+1]}'],
  ['a repeated member', '{"name":"a","name":"b"}'], ['a repeated member in another case', '{"name":"a","Name":"b"}'], ['a repeated member, escaped', '{"name":"a","n\\u0061me":"b"}'],
  ['a bad escape', '{"name":"\\q"}'], ['half a surrogate pair', '{"name":"\\ud800"}'], ['a line feed in a text', '{"name":"a\nb"}'], ['a null character', '{"name":"a"}\0'],
  ['depth 33', `{"name":${nested(33)}}`], ['depth 10,000', nested(10_000)], ['depth 200,000', '{"a":'.repeat(200_000)],
  ['invalid UTF-8', Buffer.from([...Buffer.from('{"name":"'), 0xff, 0xfe, ...Buffer.from('"}')])], ['an overlong slash', Buffer.from([...Buffer.from('{"name":"'), 0xc0, 0xaf, ...Buffer.from('"}')])],
  ['UTF-16', Buffer.from('{"name":"a"}', 'utf16le')],
];

const WRONG = [
  ['POST', '/apikeys', 'name', [7, true, [], {}, '', 'x'.repeat(100_000)]],
  ['POST', '/apikeys', 'roleIds', ['1', 7, {}, [{}], ['x'], [1.5], [1e300], [2 ** 31]], { name: 'a' }],
  ['POST', '/apikeys', 'expiresAt', [7, 'tomorrow', '2026-13-01T00:00:00Z', '99999-01-01T00:00:00Z', {}], { name: 'a' }],
  ['POST', `${SYNC}/sync-rules`, 'direction', ['Sideways', 'import ', 99, {}, []], RULE],
  ['POST', `${SYNC}/sync-rules`, 'connectedSystemId', ['one', 1.5, -1e30, 1e308, true, {}], RULE],
  ['POST', `${SYNC}/sync-rules`, 'enabled', ['perhaps', 7, {}, []], RULE],
  ['POST', `${SYNC}/connected-systems`, 'connectorDefinitionId', ['x', {}, 4294967297, -1], { name: 'a' }],
  ['POST', '/metaverse/attributes', 'type', ['Colour', 4711, {}, []], { name: 'a', attributePlurality: 'SingleValued', objectTypeIds: [] }],
  ['POST', '/metaverse/object-types', 'name', [[], {}, 7, false]],
  ['POST', `${SYNC}/test-expression`, 'expression', [7, {}, []]],
];

const QUERIES = [
  ['/metaverse/objects', 'page', ['0', '-1', 'one', '1.5', '99999999999999999999', '']], ['/metaverse/objects', 'pageSize', ['x', '-5', '1e3', '99999999999999999999']],
  ['/metaverse/attributes', 'sortDirection', ['up', 'DESC;']], ['/activities', 'status', ['Sleeping', '-1']], ['/activities', 'createdFrom', ['yesterday', '2026-02-30T00:00:00Z']],
  ['/activities', 'hasChildActivities', ['perhaps']], ['/metaverse/objects', 'objectTypeId', ['User', '1.0', '2147483648']],
];

suite('bad input', (server) => {
  const envelope = (reply, what) => {
    assert.ok(reply.status >= 400 && reply.status < 500, `${what}: ${reply.status} ${reply.text.slice(0, 300)}`);
    assert.ok(reply.body?.message?.length > 10 && reply.body.code, `${what}: ${reply.text.slice(0, 300)}`);
  };

  for (const [name, raw] of MALFORMED) {
    it(`refuses a body with ${name}`, async () => {
      const reply = await server().request('POST', '/apikeys', { raw });
      envelope(reply, name);
      assert.equal(reply.status, 400);
    });
  }

  for (const [verb, path, member, values, rest = {}] of WRONG) {
    it(`names ${member} of ${path}`, async () => {
      for (const value of values) {
        const what = `${member} = ${JSON.stringify(value).slice(0, 60)}`;
        const reply = await server().request(verb, path, { body: { ...rest, [member]: value } });
        envelope(reply, what);
        assert.ok(JSON.stringify(reply.body).toLowerCase().includes(member.toLowerCase()), `${what} is named in ${reply.text.slice(0, 400)}`);
      }
    });
  }

  for (const [path, parameter, values] of QUERIES) {
    it(`names ${parameter} in the query of ${path}, or has a rule for it`, async () => {
      for (const value of values) {
        const reply = await server().request('GET', `${path}?${parameter}=${encodeURIComponent(value)}`);
        if (reply.status === 200 && /^page/.test(parameter)) continue; // numbers of pages are clamped
        envelope(reply, `${parameter}=${value}`);
        assert.ok(reply.text.includes(parameter), `${parameter}=${value}: ${reply.text}`);
      }
    });
  }

  it('refuses invalid UTF-8 in queries and paths', async () => {
    for (const path of ['/api/v1/metaverse/objects?search=%ff', '/api/v1/metaverse/objects?search=%c0%af', '/api/v1/metaverse/objects/%ff', '/api/v1/service-settings/%e2%82']) {
      const reply = await fetch(server().url + path, { headers: { 'X-API-Key': server().key } });
      assert.ok([400, 404].includes(reply.status), `${path}: ${reply.status}`);
      assert.ok((await reply.json()).message);
    }
  });

  it('takes numbers and ids of any size in paths for what they are: nothing that exists', async () => {
    for (const id of ['0', '-1', '99999999999999999999', '1e3', 'x', '%20', '1;drop', 'a'.repeat(2000)]) {
      for (const path of [`${SYNC}/connected-systems/${id}`, `${SYNC}/sync-rules/${id}/mappings`, `/activities/${id}`, `/metaverse/objects/${id}`, `/worker-tasks/${id}`]) {
        const reply = await fetch(`${server().url}/api/v1${path}`, { headers: { 'X-API-Key': server().key } });
        assert.ok([400, 404].includes(reply.status), `${path.slice(0, 80)}: ${reply.status}`);
      }
    }
  });

  it('takes a body just below the limit and refuses one above it', async () => {
    const size = 10 * 1024 * 1024, frame = '{"name":"a","roleIds":[],"filler":""}'.length;
    const reply = await server().request('POST', '/apikeys', { raw: `{"name":"a","roleIds":[],"filler":"${'x'.repeat(size - frame)}"}` });
    assert.ok([201, 413].includes(reply.status), reply.text.slice(0, 300));
    const above = await server().request('POST', '/apikeys', { raw: `{"name":"a","roleIds":[],"filler":"${'x'.repeat(size)}"}` }).catch((problem) => problem);
    if (!(above instanceof Error)) assert.equal(above.status, 413);
  });

  it('refuses expressions made to exhaust it', async () => {
    for (const expression of ['('.repeat(5000), `${'('.repeat(500)}1${')'.repeat(500)}`, '!'.repeat(9000), '1+'.repeat(4000), `"${'a'.repeat(9000)}"`, 'Replace('.repeat(300)]) {
      const reply = await server().request('POST', `${SYNC}/test-expression`, { body: { expression, metaverseAttributes: {}, connectedSystemAttributes: {} } });
      assert.ok(reply.status < 500, `${expression.slice(0, 20)}: ${reply.status}`);
    }
  });

  it('answers after 10,000 quick connections', { timeout: 120_000 }, async () => {
    const { hostname, port } = new URL(server().url);
    let answered = 0;
    const one = () => new Promise((done) => {
      const socket = connect({ host: hostname, port }, () => socket.write('GET /api/v1/health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'));
      socket.on('data', (bytes) => { answered += bytes.toString('latin1').startsWith('HTTP/1.1 ') ? 1 : 0; });
      socket.on('error', () => {}).on('close', done);
    });
    for (let i = 0; i < 10_000; i += 100) await Promise.all(Array.from({ length: 100 }, one));
    assert.ok(answered > 9_000, `${answered} of 10,000 were answered`);
    await server().get('/health');
  });

  it('serves others while slow clients trickle their bodies', { timeout: 60_000 }, async () => {
    await fileSystem(server());
    const { hostname, port } = new URL(server().url);
    const sockets = Array.from({ length: 100 }, () => {
      const socket = connect({ host: hostname, port }, () => socket.write(`POST /api/v1/apikeys HTTP/1.1\r\nHost: x\r\nX-Api-Key: ${server().key}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n`));
      return socket.on('error', () => {});
    });
    const trickle = setInterval(() => { for (const socket of sockets) if (!socket.destroyed) socket.write(' '); }, 100);
    try {
      for (let i = 0; i < 50; i++) {
        const began = Date.now();
        await server().get('/metaverse/object-types');
        assert.ok(Date.now() - began < 3000, `an honest client waited ${Date.now() - began} ms`);
      }
    } finally {
      clearInterval(trickle);
      for (const socket of sockets) socket.destroy();
    }
  });
});
