// What the acceptance scenarios and the disasters share: files as systems in a few words, cycles of runs, a clock that can be set,
// and the state of everything in words that do not depend on ids.
import assert from 'node:assert/strict';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe } from 'node:test';
import { PROGRAM, TestServer } from '../api/harness.mjs';
import { completes, fileSystem, metaverse, named, profile, rule, SYNC, systemPath } from '../api/systems.mjs';
import { connectorSpace, identities, pages, pause } from './pipeline.mjs';

export { completes, fileSystem, metaverse, named, pages, pause, profile, rule, SYNC, systemPath };

/* ---- Servers ---- */

/** A server whose clocks the test sets: server.clock.pass(seconds) lets time pass, server.clock.jump(seconds) sets the wall clock. */
export async function startWithClock(environment = {}) {
  const library = join(dirname(PROGRAM), 'test/e2e/clock.so');
  assert.ok(existsSync(library), `${library} is built`);
  const folder = mkdtempSync(join(tmpdir(), 'joinery-clock-'));
  const file = join(folder, 'clock');
  writeFileSync(file, Buffer.alloc(16));
  const ahead = { wall: 0, passed: 0 };
  const set = () => {
    const bytes = Buffer.alloc(16);
    bytes.writeBigInt64LE(BigInt(ahead.wall), 0);
    bytes.writeBigInt64LE(BigInt(ahead.passed), 8);
    const opened = openSync(file, 'r+');
    writeSync(opened, bytes, 0, 16, 0);
    closeSync(opened);
  };
  const server = await TestServer.start({
    LD_PRELOAD: library, JOINERY_TEST_CLOCK: file, ...environment,
    ASAN_OPTIONS: [process.env.ASAN_OPTIONS, 'verify_asan_link_order=0'].filter(Boolean).join(':'),
  });
  /* The infrastructure key is good for a day only; others are limited, and that setting is read once a minute. */
  await server.put('/service-settings/Security.RateLimiting.Enabled', { value: 'false' });
  ahead.passed = 61;
  set();
  const { items: roles } = await server.get('/security/roles').then((r) => ({ items: r.items ?? r }));
  server.key = (await server.post('/apikeys', { name: 'Test', roleIds: [named(roles, 'Administrator').id] })).key;
  const remove = server.remove.bind(server);
  server.remove = () => { remove(); rmSync(folder, { recursive: true }); };
  server.clock = {
    now: () => new Date(Date.now() + ahead.wall * 1000),
    jump: (seconds) => { ahead.wall += seconds; set(); },
    /** As if so long had gone by: both clocks go on, and what the server does by itself is done. */
    pass: async (seconds) => {
      ahead.wall += seconds;
      ahead.passed += seconds;
      set();
      await pause(2600); // the keeper looks every two seconds
    },
  };
  return server;
}

/** A group of tests with servers of their own, made by `names` → {name: server}, each checked at the end. */
export function scenario(name, tests, { servers = ['server'], start = () => TestServer.start() } = {}) {
  describe(name, () => {
    const all = {};
    before(async () => { for (const one of servers) all[one] = await start(); });
    after(async () => {
      for (const server of Object.values(all)) {
        try {
          await server.close();
        } finally {
          server.remove();
        }
      }
    });
    tests(all);
  });
}

export const hours = (n) => n * 3600;
export const days = (n) => n * 86400;

/* ---- Files ---- */

const quoted = (value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

/** Rows {column: value or list} as a CSV file with these columns; the first is the type of the row. */
export const csv = (columns, rows, type) =>
  [['objectType', ...columns], ...rows.map((row) => [row.objectType ?? type, ...columns.map((c) => [row[c] ?? ''].flat().join('|'))])]
    .map((cells) => cells.map((cell) => quoted(String(cell))).join(',')).join('\r\n') + '\r\n';

/** The rows of a file that the connector or csv() wrote, as objects without empty cells. */
export function rowsOf(file) {
  if (!existsSync(file)) return [];
  const cells = [...readFileSync(file, 'utf8').matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/g)];
  const lines = [[]];
  for (const [whole, inQuotes, plain, end] of cells) {
    if (!whole && !end) break;
    lines.at(-1).push(inQuotes?.replaceAll('""', '"') ?? plain);
    if (end !== ',') lines.push([]);
  }
  const [columns, ...rows] = lines.filter((line) => line.length > 1);
  return rows.map((line) => Object.fromEntries(columns.map((c, i) => [c, line[i]]).filter(([, v]) => v !== '' && v !== undefined)));
}

/** A connected system that is a file of declared columns: "person = id!, name, manager:Reference" for each type. Modes as in the
 * connector; `put` replaces its rows as a source would: beside, then renamed. */
export async function declared(server, name, schema, mode = 'Bidirectional') {
  const types = Object.fromEntries(schema.split('\n').map((line) => {
    const [type, columns] = line.split('=').map((s) => s.trim());
    const list = columns.split(',').map((c) => c.trim());
    const nameOf = (c) => /^[^!:[\]]+/.exec(c)[0];
    return [type, { id: nameOf(list.find((c) => c.includes('!'))), columns: list.map(nameOf) }];
  }));
  const system = await fileSystem(server, { name, rows: null, settings: { Mode: mode, 'Declared Schema': schema }, types });
  const columns = [...new Set(Object.values(types).flatMap((t) => t.columns))];
  const [firstType] = Object.keys(types);
  return Object.assign(system, {
    columns,
    put: (rows) => { writeFileSync(`${system.file}.new`, csv(columns, rows, firstType)); renameSync(`${system.file}.new`, system.file); },
    rows: () => rowsOf(system.file),
    row: (key) => rowsOf(system.file).find((r) => r[types[r.objectType ?? firstType].id] === key),
  });
}

/* ---- Runs ---- */

const PROFILES = { import: 'FullImport', sync: 'FullSynchronisation', delta: 'DeltaSynchronisation', export: 'Export' };

/** Gives a system its run profiles: system.import(), .sync(), .delta(), .export() execute one, and expect that it completes; another
 * outcome is asked for as .import('CompleteWithWarning'). They resolve with the activity. */
export async function withRuns(server, ...systems) {
  for (const system of systems) {
    for (const [name, type] of Object.entries(PROFILES)) {
      const made = await profile(server, system, type);
      system[name] = async (status = 'Complete') => {
        const activity = await server.run(system.id, made.id);
        assert.equal(activity.status, status, `${activity.targetContext} ${activity.targetName} ${activity.warningMessage} ${activity.errorMessage} ${JSON.stringify((await items(server, activity)).slice(0, 4), null, 1)}`);
        return activity;
      };
    }
  }
}

/** The lines of an activity: [{displayName, objectChangeType, errorType, …}] */
export const items = async (server, activity) => (await pages(server, `/activities/${activity.id}/items?`));

/** "Ann Projected", "Bob NotSet!AmbiguousMatch": what a run did, sorted. */
export const told = async (server, activity) => (await items(server, activity))
  .map((i) => `${i.displayName ?? i.externalIdValue} ${i.objectChangeType}${i.errorType && i.errorType !== 'NotSet' ? `!${i.errorType}` : ''}`).sort();

/** Import, synchronisation, export and confirmation of these systems. */
export async function cycle(sources, targets, synchronisation = 'sync') {
  const runs = [];
  for (const source of sources) {
    runs.push(await source.import());
    runs.push(await source[synchronisation]());
  }
  for (const target of targets) {
    runs.push(await target.export());
    runs.push(await target.import());
    runs.push(await target.delta());
  }
  return runs;
}

/* ---- Rules ---- */

export const matching = async (server, system, type, csAttribute, mvType, mvAttribute, more = {}) => server.post(systemPath(system, '/matching-rules'), {
  connectedSystemObjectTypeId: type.id, metaverseObjectTypeId: mvType.id, targetMetaverseAttributeId: (await metaverse(server)).attribute(mvAttribute).id,
  sources: [{ connectedSystemAttributeId: named(type.attributes, csAttribute).id }], ...more,
});

/** A top-level group of criteria [attribute, comparison, {stringValue …}] on a rule; resolves with the group. */
export async function scope(server, made, type, criteria, csType) {
  const path = `${SYNC}/sync-rules/${made.id}/scoping-criteria`;
  const group = await server.post(path, { type });
  const { attribute } = csType ? {} : await metaverse(server);
  for (const [name, comparisonType, more] of criteria) {
    await server.post(`${path}/${group.id}/criteria`, {
      ...(csType ? { connectedSystemAttributeId: named(csType.attributes, name).id } : { metaverseAttributeId: attribute(name).id }), comparisonType, ...more,
    });
  }
  return group;
}

export const changeRule = (server, made, more) => server.put(`${SYNC}/sync-rules/${made.id}`, more);
/** The mapping of a rule with that target. */
export async function mappingOf(server, made, target) {
  const found = (await server.get(`${SYNC}/sync-rules/${made.id}/mappings`)).find((m) => [m.targetMetaverseAttributeName, m.targetConnectedSystemAttributeName].includes(target));
  assert.ok(found, target);
  return found;
}
export async function changeMapping(server, made, target, more) {
  return server.patch(`${SYNC}/sync-rules/${made.id}/mappings/${(await mappingOf(server, made, target)).id}`, more);
}

/* ---- What stands there ---- */

/** The metaverse objects by display name, each {id, attributes, …}. */
export async function people(server, type) {
  const found = await pages(server, `/metaverse/objects?objectTypeId=${type.id}&attributes=*&`);
  return Object.fromEntries(found.map((m) => [m.displayName, m]));
}

export const detail = (server, object) => server.get(`/metaverse/objects/${object.id}`);
/** The values of one attribute, and who contributed them. */
export async function valuesOf(server, object, name) {
  const values = (await detail(server, object)).attributeValues.filter((v) => v.attributeName === name);
  return values.map((v) => ({ value: v.stringValue ?? v.intValue ?? v.referenceValueId ?? v.dateTimeValue ?? v.nullValue, by: v.contributedBySystemName }));
}

export const pending = async (server, system) => (await pages(server, systemPath(system, '/pending-exports?')))
  .map((p) => `${p.changeType} ${p.sourceMetaverseObjectDisplayName ?? p.targetObjectIdentifier} ${p.status}`).sort();
/** "department=IT", "title=": the changes of the pending export with that identifier. */
export async function changes(server, system, search) {
  const found = await pages(server, systemPath(system, `/pending-exports?search=${encodeURIComponent(search)}&`));
  assert.equal(found.length, 1, JSON.stringify(found));
  const { attributeChanges } = await server.get(`${SYNC}/pending-exports/${found[0].id}`);
  return attributeChanges.map((c) => `${c.attributeName}${{ Add: '+', Remove: '-' }[c.changeType] ?? ''}=${c.stringValue ?? c.intValue ?? c.unresolvedReferenceValue ?? ''}`).sort();
}

export const space = async (server, system) => pages(server, systemPath(system, '/connector-space?'));

/** All that two servers must agree on after the same history, in words that do not depend on their ids. */
export async function stateOf(server, types, systems) {
  const state = {};
  for (const type of types) state[type.name] = await identities(server, type);
  for (const system of systems) {
    state[`${system.name}: space`] = await connectorSpace(server, system);
    state[`${system.name}: pending`] = await pending(server, system);
    state[`${system.name}: file`] = existsSync(system.file) ? readFileSync(system.file, 'utf8').trim().split(/\r?\n/).sort() : [];
  }
  state.counts = [await server.get('/metaverse/pending-deletions/count')];
  return state;
}
