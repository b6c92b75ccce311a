// The server as raw sockets see it: what it must refuse, in which form, and that it closes where another request could hide.
// With JOINERY_URL (and JOINERY_KEY) it tests that server, else one of its own.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { suite } from './harness.mjs';
import { assertEnvelope, exchange } from './sockets.mjs';

const HOST = 'Host: test.example\r\n';
const PATH = '/api/v1/health';
const GET = `GET ${PATH} HTTP/1.1\r\n${HOST}`;
const POST = `POST /api/v1/apikeys HTTP/1.1\r\n${HOST}Content-Type: application/json\r\n`;

const REFUSED = [
  ['two lengths that agree', `${POST}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}`, 400],
  ['two lengths that differ', `${POST}Content-Length: 2\r\nContent-Length: 0\r\n\r\n{}`, 400],
  ['length and chunks', `${POST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
  ['chunks and length', `${POST}Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n`, 400],
  ['chunks twice', `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
  ['a coding that is not known', `${POST}Transfer-Encoding: gzip\r\n\r\n`, 501],
  ['a length with a sign', `${POST}Content-Length: +2\r\n\r\n{}`, 400],
  ['a malformed chunk', `${POST}Transfer-Encoding: chunked\r\nX-Api-Key: KEY\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`, 400],
  ['no host', `GET ${PATH} HTTP/1.1\r\n\r\n`, 400],
  ['two hosts', `${GET}${HOST}\r\n`, 400],
  ['another host in the target', `GET http://other.example${PATH} HTTP/1.1\r\n${HOST}\r\n`, 400],
  ['HTTP/1.0', `GET ${PATH} HTTP/1.0\r\n${HOST}\r\n`, 505],
  ['a method in lower case', `get ${PATH} HTTP/1.1\r\n${HOST}\r\n`, 501],
  ['a folded header', `${GET}X-A: b\r\n c\r\n\r\n`, 400],
  ['a folded name that hides a length', `${POST}Content-Lengt: 2\r\n h\r\n\r\n{}`, 400],
  ['a space before the colon', `${GET}X-A : b\r\n\r\n`, 400],
  ['a bare line feed', `${GET}X-A: b\nX-B: c\r\n\r\n`, 400],
  ['a null character in a header', `${GET}X-A: b\0c\r\n\r\n`, 400],
  ['a line without a colon', `${GET}rubbish\r\n\r\n`, 400],
  ['a null character in the path', `GET ${PATH}%00 HTTP/1.1\r\n${HOST}\r\n`, 400],
  ['dot segments', `GET /api/v1/../v1/health HTTP/1.1\r\n${HOST}\r\n`, 400],
  ['escaped dot segments', `GET /api/v1/%2e%2e/v1/health HTTP/1.1\r\n${HOST}\r\n`, 400],
  ['an empty segment', `GET /api//v1/health HTTP/1.1\r\n${HOST}\r\n`, 400],
  ['a bad escape', `GET ${PATH}?q=%zz HTTP/1.1\r\n${HOST}\r\n`, 400],
  ['a space in the target', `GET ${PATH} x HTTP/1.1\r\n${HOST}\r\n`, 400],
  ['a target of 9 KB', `GET ${PATH}?q=${'a'.repeat(9000)} HTTP/1.1\r\n${HOST}\r\n`, 414],
  ['a header of 20 KB', `${GET}X-A: ${'a'.repeat(20000)}\r\n\r\n`, 431],
  ['102 headers', `${GET}${'X-A: b\r\n'.repeat(101)}\r\n`, 431],
];
const CODES = { 400: 'BAD_REQUEST', 414: 'URI_TOO_LONG', 431: 'HEADERS_TOO_LARGE', 501: 'NOT_IMPLEMENTED', 505: 'HTTP_VERSION_NOT_SUPPORTED' };

function tests(server) {
  for (const [name, bytes, status] of REFUSED) {
    it(`refuses ${name}`, async () => {
      const answer = await exchange(server().url, bytes.replace('KEY', server().key));
      assertEnvelope(answer, status, CODES[status]);
      assert.ok(answer.closed, 'the connection is closed');
      assert.match(answer.head, /^connection: close\r?$/im);
    });
  }

  it('serves nothing that hides behind a refused request', async () => {
    const answer = await exchange(server().url, `${POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${GET}\r\n`);
    assert.deepEqual(answer.statuses, [400]);
  });

  it('refuses the preface of HTTP/2 and TLS on the plain port', async () => {
    const preface = await exchange(server().url, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    assert.deepEqual(preface.statuses.filter((s) => s !== 505), []);
    assert.ok(preface.closed);
    const hello = await exchange(server().url, '\x16\x03\x01\x00\x05\x01\r\n\r\n');
    assert.deepEqual(hello.statuses.filter((s) => s !== 400), []);
  });

  it('answers pipelined requests in order on one connection', async () => {
    const answer = await exchange(server().url, `${GET}\r\nGET /api/v1/nothing HTTP/1.1\r\n${HOST}\r\n${GET}Connection: close\r\n\r\n`);
    assert.deepEqual(answer.statuses, [200, 404, 200]);
    assert.ok(answer.closed);
  });

  it('answers HEAD with the length of GET and no body', async () => {
    const get = await exchange(server().url, `${GET}\r\n`);
    const head = await exchange(server().url, `HEAD ${PATH} HTTP/1.1\r\n${HOST}\r\n`);
    assert.deepEqual(head.statuses, [200]);
    assert.equal(head.body, '');
    const length = (a) => /^content-length: (\d+)/im.exec(a.text)[1];
    assert.ok(Math.abs(length(head) - length(get)) <= 8, 'the fraction of the timestamp may differ');
  });

  it('answers OPTIONS with the methods of the path', async () => {
    const answer = await exchange(server().url, `OPTIONS ${PATH} HTTP/1.1\r\n${HOST}\r\n`);
    assert.ok([204, 405].includes(answer.statuses[0]), answer.text);
    assert.match(answer.text, /^allow: .*GET/im);
  });

  it('gives every request an identity of its own', async () => {
    const ids = [];
    for (let i = 0; i < 2; i++) ids.push(/^x-request-id: ([0-9a-f]{32})\r$/im.exec((await exchange(server().url, `${GET}X-Request-Id: mine\r\n\r\n`)).text)[1]);
    assert.notEqual(ids[0], ids[1]);
  });

  it('invites a body that it wants, and refuses one that it does not want', async () => {
    const wanted = await exchange(server().url, `${POST}X-Api-Key: ${server().key}\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n`, { invited: '{' });
    assert.match(wanted.text, /^HTTP\/1\.1 100 /);
    assert.equal(wanted.statuses.at(-1), 400);
    const refused = await exchange(server().url, `${POST}X-Api-Key: ${server().key}\r\nContent-Length: 99000000\r\nExpect: 100-continue\r\n\r\n`);
    assertEnvelope(refused, 413, 'PAYLOAD_TOO_LARGE');
  });

  it('refuses a body that grows beyond the limit in chunks', async () => {
    const chunk = `100000\r\n${'x'.repeat(0x100000)}\r\n`;
    const answer = await exchange(server().url, [`${POST}X-Api-Key: ${server().key}\r\nTransfer-Encoding: chunked\r\n\r\n`, ...Array(12).fill(chunk), '0\r\n\r\n']);
    assertEnvelope(answer, 413, 'PAYLOAD_TOO_LARGE');
    assert.ok(answer.closed);
  });

  it('survives clients that leave at any moment', async () => {
    await Promise.all(Array.from({ length: 60 }, (_, i) => new Promise((done) => {
      const { hostname, port } = new URL(server().url);
      const socket = connect({ host: hostname, port }, () => {
        socket.write(i % 3 ? `${GET}\r\n` : `${POST}Content-Length: 100\r\n\r\n{`);
        setTimeout(() => { socket.resetAndDestroy ? socket.resetAndDestroy() : socket.destroy(); done(); }, (i * 7) % 40);
      });
      socket.on('error', done);
    })));
    assert.deepEqual((await exchange(server().url, `${GET}\r\n`)).statuses, [200]);
  });

  it('answers 408 to a header that trickles', { timeout: 60_000 }, async () => {
    const began = Date.now();
    const pieces = [GET, ...Array.from({ length: 50 }, (_, i) => `X-${i}: y\r\n`)];
    const answer = await exchange(server().url, pieces, { pause: 500, patience: 40_000 });
    assert.ok(answer.closed && Date.now() - began < 30_000, 'the connection is cut');
    if (answer.text) assertEnvelope(answer, 408, 'REQUEST_TIMEOUT');
  });
}

if (process.env.JOINERY_URL) {
  describe('raw sockets', () => tests(() => ({ url: process.env.JOINERY_URL, key: process.env.JOINERY_KEY })));
} else {
  suite('raw sockets', tests);
}
