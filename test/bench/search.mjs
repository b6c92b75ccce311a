#!/usr/bin/env node
// Benchmarks of searches: within the process, then over HTTP beside a directory (slapd with mdb) that holds the same persons and beside a bare
// server with a reply of the same size, one after the other on the same cores.
import { execFileSync, spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Joinery, startServer } from '../../examples/congress/joinery.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const people = Number(process.argv[2] ?? 100000), SECONDS = 5, CONNECTIONS = 32, ROOM = 10;
const build = resolve(root, process.env.JOINERY_BUILD ?? 'build');
const tool = (name) => join(build, 'test/bench', name);
const folder = process.env.JOINERY_BENCH_FOLDER ?? mkdtempSync(join(tmpdir(), 'joinery-bench-'));
if (!process.env.JOINERY_BENCH_FOLDER) process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const data = join(folder, 'data');
const number = (n, digits = 0) => n.toLocaleString('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits });

const COLUMNS = ['EmployeeNumber', 'FirstName', 'LastName', 'Department', 'Login'].map((name) => `Measured ${name}`);
const PASSWORD = 'a password for measuring';
const KEY = `jny_ak_${'5ea4c'.repeat(12)}abcd`;

/** A user, a search over all persons, and a token for it. */
async function configure(server) {
  const joinery = new Joinery(server.url, server.key);
  await joinery.put('/service-settings/PublicApi.RateLimit.RequestsPerMinute', { value: '0' });
  const user = await joinery.post('/tenants/1/users', { userName: 'measuring', password: PASSWORD, permissions: ['PublicDataApi.Token', 'PublicDataApi.Search'] });
  const reference = { type: 'CORE_TEMPLATE', name: 'Measured person' };
  await joinery.post('/tenants/1/search-configurations', { name: 'Measured', purposes: ['PublicRestApi'], search: { reference, filters: [] },
    result: { reference, columns: { fields: COLUMNS } }, filterableFields: [...COLUMNS, 'Measured Room'], execute: { users: [user.id], roles: [] } });
  const basic = `Basic ${Buffer.from(`measuring:${PASSWORD}`).toString('base64')}`;
  const reply = await fetch(`${server.url}/ws/auth/token?tenantId=1`, { method: 'POST', headers: { Authorization: basic, 'Content-Type': 'application/json' }, body: '{"service":"/data/search/{name}"}' });
  if (reply.status !== 204) throw new Error(`no token: ${reply.status} ${await reply.text()}`);
  return { jwt: reply.headers.get('authorization'), basic };
}

const filter = (room) => JSON.stringify({ search: { filters: [{ name: 'Measured Room', condition: 'EQUALS', value: `Room ${room}` }] } });

/** Requests a second of wrk, each for another room. Not waited for in one piece: the server's log is read meanwhile. */
async function load(url, path, authorization) {
  const script = join(folder, 'search.lua');
  writeFileSync(script, `math.randomseed(7)
local headers = {["Content-Type"] = "application/json", ["Authorization"] = ${JSON.stringify(authorization)}}
request = function() return wrk.format("POST", ${JSON.stringify(path)}, headers, string.format(${JSON.stringify(filter('%d'))}, math.random(0, ${Math.floor(people / ROOM) - 1}))) end
done = function(summary, latency) io.write(string.format('{"rate":%f,"p50":%f,"p99":%f,"wrong":%d}\\n', summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000, summary.errors.status)) end
`);
  const child = spawn('wrk', ['-t1', `-c${CONNECTIONS}`, `-d${SECONDS}s`, '-s', script, url], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (t) => { said += t; });
  await once(child, 'close');
  const found = /^\{.*\}$/m.exec(said);
  if (!found) throw new Error(`wrk: ${said}`);
  const result = JSON.parse(found[0]);
  if (result.wrong) throw new Error(`${result.wrong} requests of ${url} failed`);
  return result;
}

async function bare(size) {
  const child = spawn(tool('joinery-bare-http'), ['127.0.0.1:0', String(size)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise((done) => child.stdout.setEncoding('utf8').on('data', (t) => { const f = /(http:\/\/\S+)/.exec(t); if (f) done(f[1]); }));
  const result = await load(url, '/', 'none');
  child.kill();
  return result;
}

// ---- The directory ----

/** The same persons: 20 attributes, ten of them to a room. */
async function ldif(file) {
  const out = createWriteStream(file);
  out.write('dn: dc=example,dc=org\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n\n');
  for (let n = 0; n < people; n++) {
    const uid = `u${String((n * 7919) % people).padStart(7, '0')}`, at = (name, k = 1) => `${name} ${(n * 7919 * k) % 100000}`;
    const entry = `dn: uid=${uid},dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: ${uid}\ncn: ${at('Name')}\nsn: ${at('Last', 3)}\ngivenName: ${at('First', 5)}\n` +
      `employeeNumber: ${1000000 + n}\ndepartmentNumber: Department ${n % 20}\nroomNumber: Room ${Math.floor(n / ROOM)}\nmail: ${uid}@example.org\ntelephoneNumber: ${1000000 + n}\n` +
      `l: ${at('Town')}\nstreet: ${at('Street')}\npostalCode: ${n % 100000}\ntitle: ${at('JobTitle')}\no: ${at('Company')}\ndescription: ${at('Tags')}\nbusinessCategory: ${at('Tags', 9)}\n` +
      `employeeType: ${n % 12}\ninitials: ${n % 1000}\ncarLicense: ${n}\nst: ${at('Country')}\n\n`;
    if (!out.write(entry)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

async function directory() {
  if (!existsSync('/usr/sbin/slapd')) return console.log('slapd is not installed: no comparison with a directory');
  const home = join(folder, 'slapd'), configuration = join(home, 'slapd.conf'), file = join(home, 'people.ldif'), port = await freePort();
  mkdirSync(join(home, 'mdb'), { recursive: true });
  writeFileSync(configuration, `include /etc/ldap/schema/core.schema\ninclude /etc/ldap/schema/cosine.schema\ninclude /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap\nmoduleload back_mdb\npidfile ${home}/pid\nargsfile ${home}/args\nsizelimit unlimited\ndatabase mdb\nsuffix "dc=example,dc=org"\nrootdn "cn=admin,dc=example,dc=org"
directory ${home}/mdb\nmaxsize 17179869184\nindex objectClass,uid,sn,givenName,roomNumber eq\naccess to * by * read\n`);
  await ldif(file);
  execFileSync('/usr/sbin/slapadd', ['-q', '-f', configuration, '-l', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  rmSync(file);
  const child = spawn('/usr/sbin/slapd', ['-d', '0', '-f', configuration, '-h', `ldap://127.0.0.1:${port}`], { stdio: 'ignore' });
  try {
    await new Promise((done) => setTimeout(done, 3000));
    const ask = (seconds) => JSON.parse(execFileSync(tool('joinery-ldap-load'), [String(port), String(CONNECTIONS), String(seconds), 'dc=example,dc=org', 'roomNumber', 'Room ', String(Math.floor(people / ROOM))], { encoding: 'utf8' }));
    ask(2);
    const result = ask(SECONDS);
    if (result.entries < result.answers * (ROOM - 1)) throw new Error(`the directory found ${result.entries} entries in ${result.answers} searches`);
    return result;
  } finally {
    child.kill();
    await once(child, 'exit');
  }
}

// ---- All together ----

function line(title, result, base) {
  console.log(`${title.padEnd(52)} ${number(result.rate).padStart(10)}/s   median ${number(result.p50, 2)} ms, p99 ${number(result.p99, 2)} ms${base ? `, ${number(result.rate / base.rate, 2)} ×` : ''}`);
}

mkdirSync(data, { recursive: true });
execFileSync(tool('joinery-bench-search'), [data, String(people)], { stdio: ['ignore', 'inherit', 'ignore'] });
const server = await startServer({ program: join(build, 'joinery'), dataDirectory: data, environment: { JOINERY_INFRASTRUCTURE_API_KEY: KEY }, log: join(folder, 'server.log') });
let ours, basic, size;
try {
  const token = await configure(server);
  const path = '/ws/data/search/Measured?tenantId=1';
  const reply = await fetch(`${server.url}${path}`, { method: 'POST', headers: { Authorization: token.jwt, 'Content-Type': 'application/json' }, body: filter(7) });
  const text = await reply.text();
  if (reply.status !== 200 || JSON.parse(text).meta.totalSize !== ROOM) throw new Error(`${reply.status} ${text}`);
  size = Buffer.byteLength(text);
  await load(server.url, path, token.jwt);
  ours = await load(server.url, path, token.jwt);
  basic = await load(server.url, path, token.basic);
} finally {
  await server.stop(60);
}
const least = await bare(size), ldap = await directory();
console.log(`\nEquality, ${ROOM} of ${number(people)} persons, ${CONNECTIONS} connections, ${number(size)} bytes`);
if (ldap) line('slapd (mdb), over LDAP', ldap);
line('bare HTTP server with a reply of that size', least);
line('Joinery with a token', ours);
line('Joinery with Basic credentials', basic);
console.log(`${ldap ? `${number(ours.rate / ldap.rate, 2)} × slapd (wanted: 1.5), ` : ''}${number(ours.rate / least.rate, 2)} × the bare server (wanted: 0.4), ${number(ours.rate / basic.rate, 2)} × Basic (wanted: at most 2)`);
