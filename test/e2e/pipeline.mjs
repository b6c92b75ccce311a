// One way from a file into the metaverse and out into another file, with all that an end-to-end test wants to know of it.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { completes, fileSystem, metaverse, profile, rule, SYNC, systemPath } from '../api/systems.mjs';

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** People in their state of this version: some change with each version, some come later, some leave in the second. */
export function feed(version, people) {
  const there = (i) => (i % 23 !== 22 || version > 1) && (i % 29 !== 28 || version < 2);
  const stays = (i) => i % 23 !== 22 && i % 29 !== 28;
  const manager = (i) => [0, 1, 2].map((more) => Math.floor(i / 10) - more).find((m) => m >= 0 && stays(m));
  const row = (i) => `person,${i + 1},Person ${i + 1}${i % 7 === 0 ? ` v${version}` : ''},Team ${i % 40},${i === 0 ? '' : manager(i) + 1}`;
  return ['objectType,id,name,team,manager', ...Array.from({ length: people }, (_, i) => i).filter(there).map(row)].join('\n') + '\n';
}

/** {user, source, target, steps, list}: the steps of a cycle are [name, system, run profile]. */
export async function pipeline(server, people) {
  const { user } = await metaverse(server);
  const source = await fileSystem(server, { name: 'Source', rows: feed(1, people), types: { person: { id: 'id', references: ['manager'] } } });
  const target = await fileSystem(server, { name: 'Target', rows: null, types: { account: { id: 'login' } },
    settings: { Mode: 'Bidirectional', 'Object Type Column': 'kind', 'Declared Schema': 'account = login!, label, boss:Reference' } });
  await server.put(`/metaverse/object-types/${user.id}`, { deletionRule: 'WhenAuthoritativeSourceDisconnected', deletionTriggerMode: 'SpecificSourcesDisconnect', deletionTriggerConnectedSystemIds: [source.id] });
  await rule(server, source, source.types.person, user, 'Import', { 'Employee ID': { expression: 'ToString(cs["id"])' }, 'Display Name': 'name', Manager: 'manager' });
  await rule(server, target, target.types.account, user, 'Export', { login: { expression: '"p" + mv["Employee ID"]' }, label: 'Display Name', boss: 'Manager' }, { outboundDeprovisionAction: 'Delete' });
  const runs = {};
  for (const [name, system, type] of [['import', source, 'FullImport'], ['full', source, 'FullSynchronisation'], ['delta', source, 'DeltaSynchronisation'],
    ['export', target, 'Export'], ['confirm', target, 'FullImport'], ['settle', target, 'DeltaSynchronisation']]) runs[name] = [name, system, await profile(server, system, type)];
  return { user, source, target, runs };
}

/** The steps of one cycle; the second export writes what the first one could not refer to yet. */
export const cycle = ({ runs }, synchronisation) => [runs.import, runs[synchronisation], runs.export, runs.confirm, runs.settle];

export async function runAll(server, line, steps) {
  for (const [, system, run] of steps) await completes(server, system, run);
}

export const setFeed = (line, version, people) => writeFileSync(line.source.file, feed(version, people));

export const execute = async (server, [, system, run]) => (await server.post(systemPath(system, `/run-profiles/${run.id}/execute`), undefined, 202)).activityId;

/** Waits until no run is queued or under way. */
export async function rest(server, seconds = 120) {
  for (const until = Date.now() + seconds * 1000; ; await pause(50)) {
    if ((await server.get('/activities?status=InProgress')).totalCount === 0 && (await server.get('/worker-tasks')).totalCount === 0) return;
    assert.ok(Date.now() < until, `the server rests within ${seconds} seconds`);
  }
}

/** A plain reader without the harness's checks, for thousands of objects. */
async function fetchAll(server, paths) {
  const found = [];
  const next = paths.entries();
  await Promise.all(Array.from({ length: 6 }, async () => {
    for (const [at, path] of next) {
      const reply = await fetch(`${server.url}/api/v1${path}`, { headers: { 'X-API-Key': server.key } });
      assert.equal(reply.status, 200, path);
      found[at] = await reply.json();
    }
  }));
  return found;
}

export async function pages(server, path) {
  const first = await server.get(`${path}pageSize=100`);
  const rest = await fetchAll(server, Array.from({ length: Math.max(0, first.totalPages - 1) }, (_, i) => `${path}pageSize=100&page=${i + 2}`));
  return [first, ...rest].flatMap((page) => page.items);
}

const told = (value, nameOf) => [value.attributeName, value.referenceValueId ? nameOf.get(value.referenceValueId) ?? '?' : null,
  value.stringValue ?? value.intValue ?? value.longValue ?? value.dateTimeValue ?? value.boolValue ?? value.guidValue ?? null].join(' = ');

/** Every object of a connector space: its id there, status, join, values, and whom its references mean. */
export async function connectorSpace(server, system) {
  const headers = await pages(server, systemPath(system, '/connector-space?'));
  const nameOf = new Map(headers.map((h) => [h.id, h.externalIdValue ?? h.pendingExternalId]));
  const details = await fetchAll(server, headers.map((h) => systemPath(system, `/connector-space/${h.id}`)));
  return details.map((d, i) => [nameOf.get(d.id), d.typeName, d.status, d.joinType, d.metaverseObjectDisplayName, headers[i].hasPendingExport,
    ...d.attributeValues.map((v) => told(v, nameOf)).sort()].join('; ')).sort();
}

export async function identities(server, type) {
  const headers = await pages(server, `/metaverse/objects?objectTypeId=${type.id}&attributes=*&`);
  const details = await fetchAll(server, headers.map((h) => `/metaverse/objects/${h.id}`));
  const nameOf = new Map(headers.map((h) => [h.id, h.displayName]));
  return details.map((d) => [d.displayName, d.status, d.isPendingDeletion, d.connectedSystemObjects.map((c) => `${c.connectedSystemName}/${c.displayName}`).sort().join(),
    ...d.attributeValues.map((v) => `${told(v, nameOf)} (${v.contributedBySystemName})`).sort()].join('; ')).sort();
}

/** All that two servers must agree on after the same runs, in words that do not depend on their ids. */
export async function wholeState(server, { user, source, target }) {
  const state = {
    people: await identities(server, user),
    source: await connectorSpace(server, source),
    target: await connectorSpace(server, target),
    counts: [await server.get(`/metaverse/objects/count?objectTypeId=${user.id}`), await server.get('/metaverse/pending-deletions/count')],
    file: readFileSync(target.file, 'utf8').trim().split('\n').sort(),
  };
  for (const [name, system] of [['source', source], ['target', target]]) {
    state.counts.push(await server.get(systemPath(system, '/connector-space/count')), await server.get(systemPath(system, '/connector-space/unresolved-references/count')));
    state[`${name}Pending`] = (await pages(server, systemPath(system, '/pending-exports?'))).map((p) => [p.changeType, p.status, p.errorCount, p.displayName ?? p.sourceMetaverseObjectDisplayName].join()).sort();
  }
  return state;
}

/** Compares part by part, and shows the first differences instead of thousands of lines. */
export function assertSameState(actual, expected) {
  for (const part of Object.keys(expected)) {
    const has = new Set(actual[part]), should = new Set(expected[part]);
    const extra = actual[part].filter((line) => !should.has(line)), missing = expected[part].filter((line) => !has.has(line));
    const text = (lines) => `${lines.length}: ${lines.slice(0, 3).join('\n    ')}`;
    assert.ok(extra.length === 0 && missing.length === 0, `${part} differs\n  too much ${text(extra)}\n  missing ${text(missing)}`);
    assert.deepEqual(actual[part], expected[part]);
  }
}

/** Lets runs remove as many objects as the feeds do. */
export async function allowRemovals(server) {
  for (const { key } of await server.get('/service-settings')) {
    if (/^Safety\..*(Delete|Disconnect)Percent$/.test(key)) await server.put(`/service-settings/${key}`, { value: '50' });
  }
}
