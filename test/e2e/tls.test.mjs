// TLS in the server itself: certificate, key and authorities from files, renewed while it runs; client certificates; refusals in words.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect } from 'node:tls';
import { startServer } from '../../examples/congress/joinery.mjs';
import { KEY, PROGRAM } from '../api/harness.mjs';

const folder = mkdtempSync(join(tmpdir(), 'joinery-tls-'));
const at = (name) => join(folder, name);
const openssl = (...words) => execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

function authority(name) {
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.pem`);
}
function certificate(name, by, subject, days = '2') {
  const extensions = at(`${name}.ext`);
  writeFileSync(extensions, 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n');
  openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', subject, '-keyout', `${name}.key`, '-out', `${name}.csr`);
  openssl('x509', '-req', '-in', `${name}.csr`, '-CA', `${by}.pem`, '-CAkey', `${by}.key`, '-CAcreateserial', '-days', days, '-extfile', extensions, '-out', `${name}.pem`);
}

const pem = (name) => readFileSync(at(`${name}.pem`));
const keyOf = (name) => readFileSync(at(`${name}.key`));

/** GET on a connection of its own (or the agent's); resolves with status, headers, body and the server's certificate. */
function get(port, path, options = {}) {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path, ca: pem('ours'), agent: false, headers: { 'X-API-Key': KEY }, ...options }, (reply) => {
      const { serialNumber } = reply.socket.getPeerCertificate();
      let body = '';
      reply.setEncoding('utf8');
      reply.on('data', (piece) => { body += piece; });
      reply.on('end', () => resolve({ status: reply.statusCode, headers: reply.headers, body, serialNumber, protocol: reply.socket.getProtocol() }));
    });
    call.on('error', reject);
    call.end();
  });
}

const settings = (more = {}) => ({
  JOINERY_INFRASTRUCTURE_API_KEY: KEY, JOINERY_TLS_CERT: at('live.pem'), JOINERY_TLS_KEY: at('live.key'), ...more,
});
const use = (name) => { copyFileSync(at(`${name}.key`), at('live.key')); copyFileSync(at(`${name}.pem`), at('live.pem')); };

describe('TLS', () => {
  let server, port;

  before(async () => {
    authority('ours');
    authority('theirs');
    certificate('first', 'ours', '/CN=first');
    certificate('second', 'ours', '/CN=second');
    certificate('alice', 'ours', '/CN=alice');
    certificate('mallory', 'theirs', '/CN=alice');
    use('first');
    server = await startServer({ program: PROGRAM, dataDirectory: at('data'), fileRoots: [folder], environment: settings({ JOINERY_TLS_CLIENT_CA: at('ours.pem') }) });
    port = Number(new URL(server.url).port);
  });
  after(async () => {
    const { code } = await server.stop();
    rmSync(folder, { recursive: true, force: true });
    assert.equal(code, 0);
  });

  it('serves HTTPS and says so', async () => {
    assert.match(server.url, /^https:/);
    const reply = await get(port, '/api/v1/health');
    assert.equal(reply.status, 200);
    assert.equal(reply.protocol, 'TLSv1.3');
  });

  it('sends a large reply whole', async () => {
    const reply = await get(port, '/api/openapi/v1.json');
    assert.equal(JSON.parse(reply.body).openapi, '3.1.0');
  });

  it('asks browsers to stay with HTTPS, but not clients of the interfaces', async () => {
    assert.match((await get(port, '/nothing')).headers['strict-transport-security'], /max-age=\d+/);
    assert.equal((await get(port, '/api/v1/health')).headers['strict-transport-security'], undefined);
  });

  it('refuses what is older than TLS 1.2, and plain HTTP', async () => {
    await assert.rejects(get(port, '/api/v1/health', { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' }));
    await assert.rejects(fetch(`http://127.0.0.1:${port}/api/v1/health`));
  });

  it('answers a malformed request in its own words', async () => {
    const answer = await new Promise((resolve, reject) => {
      let text = '';
      const socket = connect({ host: '127.0.0.1', port, ca: pem('ours') }, () => socket.write('GET /api/v1/health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'));
      socket.setEncoding('utf8');
      socket.on('data', (piece) => { text += piece; });
      socket.on('close', () => resolve(text));
      socket.on('error', (error) => (text ? resolve(text) : reject(error)));
    });
    assert.match(answer, /^HTTP\/1\.1 400 /);
    assert.match(answer, /"code":"BAD_REQUEST"/);
  });

  it('takes a certificate of its authorities, and clients without one', async () => {
    assert.equal((await get(port, '/api/v1/health', { key: keyOf('alice'), cert: pem('alice') })).status, 200);
    assert.equal((await get(port, '/api/v1/health')).status, 200);
  });

  it('items 9–11: a certificate stands for a user of the Public Data API; an Authorization header always wins', async () => {
    certificate('stranger', 'ours', '/CN=stranger');
    const fingerprint = openssl('x509', '-in', 'alice.pem', '-noout', '-fingerprint', '-sha256').toString().trim().split('=')[1].replaceAll(':', '').toLowerCase();
    const post = (path, body) => new Promise((resolve, reject) => {
      const call = request({ host: '127.0.0.1', port, path, method: 'POST', ca: pem('ours'), agent: false, headers: { 'X-API-Key': KEY, 'Content-Type': 'application/json' } }, (reply) => { reply.resume(); reply.on('end', () => resolve(reply.statusCode)); });
      call.on('error', reject);
      call.end(JSON.stringify(body));
    });
    assert.equal(await post('/api/v1/tenants/1/users', { userName: 'alice', permissions: ['PublicDataApi.Search'], certificates: [{ thumbprintSha256: fingerprint }] }), 201);
    const list = (name, headers = {}) => get(port, '/ws/data/resources/search?tenantId=1', { headers, ...(name ? { key: keyOf(name), cert: pem(name) } : {}) });
    assert.equal((await list('alice')).status, 200);
    assert.equal((await list('stranger')).status, 401);
    assert.equal((await list(null)).status, 401);
    certificate('named', 'ours', '/CN=named');
    const shown = (...what) => openssl('x509', '-in', 'named.pem', '-noout', ...what).toString().trim().replace(/^[a-z]+=/, '');
    const issuer = shown('-issuer', '-nameopt', 'RFC2253'), serial = shown('-serial');
    assert.equal(await post('/api/v1/tenants/1/users', { userName: 'named', permissions: ['PublicDataApi.Search'], certificates: [{ issuer, serial }] }), 201);
    assert.equal((await list('named')).status, 200, `${serial} of ${issuer}`);
    assert.equal(await post('/api/v1/tenants/1/users', { userName: 'twin', certificates: [{ issuer, serial: `00:${serial.toLowerCase()}` }] }), 409);
    assert.equal(await post('/api/v1/tenants/1/users', { userName: 'twin', certificates: [{ issuer, serial: 'serial 7' }] }), 400);
    assert.equal((await list('alice', { Authorization: `Basic ${Buffer.from('alice:wrong').toString('base64')}` })).status, 401);
  });

  it('checks a certificate and its rights before it invites a body', async () => {
    const ask = (options) => new Promise((resolve, reject) => {
      let invited = false;
      const headers = { Expect: '100-continue', 'Content-Type': 'application/json', 'Content-Length': 2 };
      const call = request({ host: '127.0.0.1', port, path: '/ws/data/search/Nobody?tenantId=1', method: 'POST', ca: pem('ours'), agent: false, headers, ...options }, (reply) => {
        reply.resume();
        reply.on('end', () => { call.destroy(); resolve({ status: reply.statusCode, invited }); });
      });
      call.on('continue', () => { invited = true; call.end('{}'); });
      call.on('error', reject);
      call.flushHeaders();
    });
    const shown = (name) => ({ key: keyOf(name), cert: pem(name) });
    assert.deepEqual(await ask({}), { status: 401, invited: false });
    assert.deepEqual(await ask(shown('first')), { status: 401, invited: false });
    const known = await ask(shown('alice'));
    assert.ok([401, 403].includes(known.status) && !known.invited, 'whether or not she is a user here already');
    assert.deepEqual(await ask({ path: '/api/v1/test/nothing' }), { status: 404, invited: false });
    assert.deepEqual(await ask({ path: '/api/v1/metaverse/object-types', headers: { Expect: '100-continue', 'X-API-Key': KEY, 'Content-Type': 'application/json', 'Content-Length': 2 } }), { status: 400, invited: true });
  });

  it('aborts the handshake of a certificate of another authority', async () => {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
      await assert.rejects(get(port, '/api/v1/health', { key: keyOf('mallory'), cert: pem('mallory'), maxVersion }), /alert|ECONNRESET|hang up|EPIPE|disconnected/);
    }
    assert.equal((await get(port, '/api/v1/health')).status, 200);
  });

  it('takes a changed certificate into use for new connections', { timeout: 20_000 }, async () => {
    const { serialNumber: old } = await get(port, '/api/v1/health');
    use('second');
    await pause(1200);
    const { serialNumber: fresh } = await get(port, '/api/v1/health');
    assert.notEqual(fresh, old);
    assert.equal(fresh, openssl('x509', '-in', 'second.pem', '-noout', '-serial').toString().trim().split('=')[1]);
  });

  it('keeps the certificate in use when the changed files do not fit, and logs why', { timeout: 20_000 }, async () => {
    const { serialNumber: good } = await get(port, '/api/v1/health');
    copyFileSync(at('first.key'), at('live.key'));
    await pause(1200);
    assert.equal((await get(port, '/api/v1/health')).serialNumber, good);
    assert.match(server.said(), /live\.key is not the key of the first certificate in .*live\.pem/);
    use('second');
  });
});

describe('TLS settings', () => {
  const data = mkdtempSync(join(tmpdir(), 'joinery-tls-settings-'));
  after(() => rmSync(data, { recursive: true, force: true }));
  const start = (environment) => {
    const { status, stderr } = spawnSync(PROGRAM, ['serve', '--data-dir', join(data, 'data'), '--listen', '127.0.0.1:0'], { env: { ...process.env, ...environment }, encoding: 'utf8', timeout: 20_000 });
    return { status, stderr };
  };

  it('name what is missing', () => {
    const { status, stderr } = start({ JOINERY_TLS_CERT: '/nowhere.pem' });
    assert.notEqual(status, 0);
    assert.match(stderr, /JOINERY_TLS_CERT and JOINERY_TLS_KEY belong together/);
  });

  it('name the file that cannot be read', () => {
    const { status, stderr } = start({ JOINERY_TLS_CERT: '/nowhere.pem', JOINERY_TLS_KEY: '/nowhere.key' });
    assert.notEqual(status, 0);
    assert.match(stderr, /\/nowhere\.pem cannot be read: No such file/);
  });

  it('name the file that holds something else', () => {
    writeFileSync(join(data, 'rubbish'), 'rubbish');
    const { status, stderr } = start({ JOINERY_TLS_CERT: join(data, 'rubbish'), JOINERY_TLS_KEY: join(data, 'rubbish') });
    assert.notEqual(status, 0);
    assert.match(stderr, /JOINERY_TLS_CERT: .*rubbish is not a chain/);
  });
});
