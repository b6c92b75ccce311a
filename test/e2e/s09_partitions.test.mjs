// S9, partitions: an import of one of two suffixes brings and takes only what lies in it; without a partition it is the union
// (invariants 13 and 14).
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { PROGRAM_WITH_DIRECTORY, TestServer } from '../api/harness.mjs';
import { completes, metaverse, people, profile, rule, scenario, space, SYNC, systemPath, told } from './scenario.mjs';

const TREE = 'partition;dc=one\npartition;dc=two\ncontainer;ou=People,dc=one;s1\ncontainer;ou=People,dc=two;s2\ncontainer;ou=Closed,dc=two;s3\n';
const entry = (name, suffix, more = '') => `person;uid=${name},ou=People,${suffix};id=${name};name=${name}${more}\n`;
const ALL = { one: ['ann', 'bob', 'cid'], two: ['xan', 'yve', 'zoe'] };

scenario('S9: partitions', (all) => {
  let server, system, user, runs;
  const put = (one, two) => writeFileSync(system.file, TREE + one.map((n) => entry(n, 'dc=one')).join('') + two.map((n) => entry(n, 'dc=two', n === 'zoe' ? ';boss=uid=ann,ou=People,dc=one' : '')).join(''));
  const names = async () => (await space(server, system)).filter((o) => o.status === 'Normal').map((o) => o.displayName).sort();

  it('is configured: both suffixes are selected, one container in each', async () => {
    ({ server } = all);
    ({ user } = await metaverse(server));
    const definition = await server.get(`${SYNC}/connector-definitions/by-name/${encodeURIComponent('Test Directory')}`);
    system = { ...(await server.post(`${SYNC}/connected-systems`, { name: 'Directory', connectorDefinitionId: definition.id })), file: join(server.files, 'directory.txt') };
    put(ALL.one, ALL.two);
    await server.put(systemPath(system), { settingValues: { [definition.settings[0].id]: { stringValue: system.file } } });
    const { objectTypes } = await server.post(systemPath(system, '/import-schema'), {}, 200);
    for (const type of objectTypes) {
      await server.put(systemPath(system, `/object-types/${type.id}`), { selected: true });
      await server.put(systemPath(system, `/object-types/${type.id}/attributes`), { attributes: Object.fromEntries(type.attributes.map((a) => [a.id, { selected: true }])) });
    }
    system.types = Object.fromEntries((await server.get(systemPath(system, '/object-types'))).map((type) => [type.name, type]));
    await server.post(systemPath(system, '/import-hierarchy'), undefined, 200);
    const partitions = Object.fromEntries((await server.get(systemPath(system, '/partitions'))).map((p) => [p.externalId, p]));
    for (const partition of Object.values(partitions)) {
      await server.put(systemPath(system, `/partitions/${partition.id}`), { selected: true });
      for (const container of partition.containers) if (container.name === 'People') await server.put(systemPath(system, `/containers/${container.id}`), { selected: true });
    }
    await rule(server, system, system.types.person, user, 'Import', { 'Employee ID': 'id', 'Display Name': 'name', Manager: 'boss' });
    runs = {
      all: await profile(server, system, 'FullImport'), sync: await profile(server, system, 'FullSynchronisation'), export: await profile(server, system, 'Export'),
      one: await profile(server, system, 'FullImport', { partitionId: partitions['dc=one'].id }), two: await profile(server, system, 'FullImport', { partitionId: partitions['dc=two'].id }),
    };
  });

  it('an import of one brings only that one, and of the other adds it', async () => {
    assert.equal((await completes(server, system, runs.one)).executionStats.totalCsoAdds, 3);
    assert.deepEqual(await names(), ALL.one);
    const other = await completes(server, system, runs.two);
    assert.deepEqual([other.executionStats.totalCsoAdds, other.executionStats.totalCsoDeletes], [3, 0]);
    assert.deepEqual(await names(), [...ALL.one, ...ALL.two]);
    assert.deepEqual(await told(server, await completes(server, system, runs.all)), [], 'the union is what both brought');
    await completes(server, system, runs.sync);
    assert.deepEqual(Object.keys(await people(server, user)).sort(), [...ALL.one, ...ALL.two]);
  });

  it('an import of one deletes nothing in the other', async () => {
    put(ALL.one, ALL.two.slice(1));
    assert.deepEqual(await told(server, await completes(server, system, runs.one)), []);
    put(ALL.one.slice(1), ALL.two.slice(1));
    assert.deepEqual(await told(server, await completes(server, system, runs.two)), ['xan Deleted']);
    assert.deepEqual(await names(), [...ALL.one, 'yve', 'zoe']);
    assert.ok((await told(server, await completes(server, system, runs.all))).includes('ann Deleted'));
    await completes(server, system, runs.sync);
    assert.deepEqual(Object.keys(await people(server, user)).sort(), ['bob', 'cid', 'yve', 'zoe']);
  });

  it('an object that moves keeps its identity', async () => {
    const before = (await people(server, user)).yve;
    put(['bob', 'cid', 'yve'], ['zoe']);
    const run = await completes(server, system, runs.all);
    assert.deepEqual([run.executionStats.totalCsoAdds, run.executionStats.totalCsoDeletes], [0, 0]);
    await completes(server, system, runs.sync);
    assert.equal((await people(server, user)).yve.id, before.id);
    assert.deepEqual(await told(server, await completes(server, system, runs.one)), []);
    put(['bob', 'cid'], ['zoe']);
    assert.deepEqual(await told(server, await completes(server, system, runs.two)), [], 'it belongs to the other partition now');
    assert.deepEqual(await told(server, await completes(server, system, runs.one)), ['yve Deleted']);
    await completes(server, system, runs.sync);
  });

  it('invariant 14: an export writes nothing outside the selected containers', async () => {
    const file = readFileSync(system.file, 'utf8');
    const before = file.split('\n').length;
    const type = system.types.person;
    assert.ok(type.attributes.some((a) => a.isSecondaryExternalId), 'objects are addressed by a name with a place in it');
    const dn = type.attributes.find((a) => a.isSecondaryExternalId).name;
    await rule(server, system, type, user, 'Export', { [dn]: { expression: '"uid=" + mv["Employee ID"] + ",ou=Closed,dc=two"' } }, { provisionToConnectedSystem: false, enforceState: true });
    await completes(server, system, runs.sync);
    const run = await server.run(system.id, runs.export.id);
    assert.match(run.status, /Error$/, JSON.stringify(run));
    assert.equal(readFileSync(system.file, 'utf8').split('\n').length, before);
    assert.ok(!/^person;[^;]*ou=Closed/m.test(readFileSync(system.file, 'utf8')));
  });
}, { start: () => TestServer.start({}, PROGRAM_WITH_DIRECTORY) });
