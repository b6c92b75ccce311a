// The log as the interface shows it (operations §25).
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { suite } from './harness.mjs';

const folder = mkdtempSync(join(tmpdir(), 'joinery-logs-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const OLD = '2020-02-03';
const line = (service, time, level, message, more = {}) => appendFileSync(join(folder, `joinery-${service}-20200203.log`), `${JSON.stringify({ '@t': `${OLD}T${time}.0000000Z`, '@l': level, '@m': message, '@mt': 'x', service, node: 'n', ...more })}\n`);

suite('logs', (server) => {
  const day = (more = '') => server().get(`/logs?date=${OLD}${more}`);

  it('lists a day, the newest line first, of all services (§25)', async () => {
    line('web', '10:00:00', 'Information', 'first: one', { request: 'abc' });
    line('worker', '10:00:01', 'Warning', 'second: zwei');
    line('web', '10:00:02', 'Error', 'third: 100% trouble', { '@x': 'because of THIS' });
    appendFileSync(join(folder, 'joinery-web-20200203.log'), 'no JSON\n{"@l": "Error"}\n');
    const all = await day();
    assert.deepEqual(all.map((e) => [e.message, e.level, e.levelShort, e.service, e.exception]), [
      ['third: 100% trouble', 'Error', 'ERR', 'web', 'because of THIS'], ['second: zwei', 'Warning', 'WRN', 'worker', null], ['first: one', 'Information', 'INF', 'web', null],
    ]);
    assert.deepEqual([all[2].timestamp, all[2].properties], [`${OLD}T10:00:00Z`, { node: 'n', request: 'abc' }]);
  });

  it('filters by service, level and a part of the text, and pages', async () => {
    const messages = async (more) => (await day(more)).map((e) => e.message.split(':')[0]);
    assert.deepEqual(await messages('&service=worker'), ['second']);
    assert.deepEqual(await messages('&service=../web'), []);
    assert.deepEqual(await messages('&levels=error&levels=Information'), ['third', 'first']);
    assert.deepEqual(await messages('&search=100%25'), ['third']);
    assert.deepEqual(await messages('&search=because%20of%20this'), ['third']);
    assert.deepEqual(await messages('&limit=1&offset=1'), ['second']);
    assert.deepEqual(await messages('&limit=0'), ['third']);
    assert.deepEqual(await messages('&offset=3'), []);
    assert.deepEqual(await server().get('/logs?date=2019-01-01'), []);
    await server().refused('GET', '/logs?levels=Loud', 400, 'VALIDATION_ERROR');
    await server().refused('GET', '/logs?date=soon', 400, 'VALIDATION_ERROR');
  });

  it('shows today what the server says now', async () => {
    await server().request('GET', '/apikeys', { key: `jny_ak_${'f'.repeat(64)}`, expect: 401 });
    const today = await server().get('/logs?levels=Warning&search=ApiKeyRefused');
    assert.match(today[0].message, /security event: .*ApiKeyRefused.*API key not found/);
  });

  it('lists files, levels and services', async () => {
    const files = await server().get('/logs/files');
    assert.deepEqual(files.filter((f) => f.date.startsWith(OLD)).map((f) => [f.fileName, f.service, f.date]), [
      ['joinery-worker-20200203.log', 'worker', `${OLD}T00:00:00Z`], ['joinery-web-20200203.log', 'web', `${OLD}T00:00:00Z`],
    ]);
    assert.ok(files.every((f) => f.sizeBytes > 0 && /^\d+(\.\d)? [KMG]?B$/.test(f.sizeFormatted)));
    assert.deepEqual(await server().get('/logs/levels'), ['Verbose', 'Debug', 'Information', 'Warning', 'Error', 'Fatal']);
    assert.deepEqual(await server().get('/logs/services'), ['web', 'worker', 'scheduler', 'database']);
  });

  it('never writes a key into them', async () => {
    for (const name of readdirSync(folder)) assert.ok(!readFileSync(join(folder, name), 'utf8').includes('f'.repeat(64)), name);
  });
}, { JOINERY_LOG_PATH: folder });

suite('logs without a folder', (server) => {
  it('are nowhere to be read', async () => {
    assert.deepEqual([await server().get('/logs'), await server().get('/logs/files')], [[], []]);
  });
}, { JOINERY_LOG_PATH: undefined });
