// The life of identities: in by one file, out by another, changed, moved out of scope, and gone; and everything that can be seen of it.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { itOffers, NO_SUCH_UUID, suite } from './harness.mjs';
import { completes, fileSystem, metaverse, PEOPLE, profile, rule, systemPath } from './systems.mjs';

suite('a life', (server) => {
  let source, target, user, runs;

  /** Source and target with rules for both ways, and a profile for each step. */
  async function prepare() {
    if (source) return;
    ({ user } = await metaverse(server()));
    source = await fileSystem(server(), { name: 'Source', types: { person: { id: 'id', references: ['manager'] } } });
    target = await fileSystem(server(), { name: 'Target', rows: null, settings: { Mode: 'Bidirectional', 'Object Type Column': 'kind', 'Declared Schema': 'account = login!, label, boss:Reference' },
      types: { account: { id: 'login' } } });
    await server().put(`/metaverse/object-types/${user.id}`, { deletionRule: 'WhenAuthoritativeSourceDisconnected', deletionTriggerMode: 'SpecificSourcesDisconnect', deletionTriggerConnectedSystemIds: [source.id] });
    await rule(server(), source, source.types.person, user, 'Import', { 'Employee ID': { expression: 'ToString(cs["id"])' }, 'Display Name': 'name', Manager: 'manager' });
    await rule(server(), target, target.types.account, user, 'Export',
      { login: { expression: 'Lower(mv["Display Name"]) + mv["Employee ID"]' }, label: 'Display Name', boss: 'Manager' }, { outboundDeprovisionAction: 'Delete' });
    runs = {
      import: await profile(server(), source, 'FullImport'), fullSync: await profile(server(), source, 'FullSynchronisation'), sync: await profile(server(), source, 'DeltaSynchronisation'),
      export: await profile(server(), target, 'Export'), confirm: await profile(server(), target, 'FullImport'), settle: await profile(server(), target, 'DeltaSynchronisation'),
    };
  }

  async function cycle(sync = runs.sync) {
    const imported = await completes(server(), source, runs.import);
    const synchronised = await completes(server(), source, sync);
    for (let round = 0; round < 2; round++) {
      await completes(server(), target, runs.export);
      await completes(server(), target, runs.confirm);
      await completes(server(), target, runs.settle);
    }
    assert.equal(await server().get(systemPath(target, '/pending-exports/count')), 0);
    return { imported, synchronised };
  }

  const exported = () => readFileSync(target.file, 'utf8').trim().split(/\r?\n/).slice(1).map((row) => row.split(',').sort().filter(Boolean).join(' ')).sort();

  it('begins with an import and a full synchronisation', async () => {
    await prepare();
    const { imported, synchronised } = await cycle(runs.fullSync);
    assert.deepEqual([imported.executionStats.totalCsoAdds, synchronised.executionStats.totalProjections], [3, 3]);
    assert.equal(await server().get(`/metaverse/objects/count?objectTypeId=${user.id}`), 3);
    assert.equal(exported().length, 3);
    assert.match(readFileSync(target.file, 'utf8'), /grace3/);
  });

  it('resolves references on both sides', async () => {
    const page = await server().get('/metaverse/objects?search=grace&attributes=*');
    const grace = await server().get(`/metaverse/objects/${page.items[0].id}`);
    const manager = grace.attributeValues.find((value) => value.attributeName === 'Manager');
    assert.equal(manager.referenceValueDisplayName, 'Charles');
    assert.ok(exported().some((row) => row.includes('grace3') && row.includes('charles2')), exported().join('\n'));
    assert.equal(await server().get(systemPath(source, '/connector-space/unresolved-references/count')), 0);
  });

  it('shows connected objects', async () => {
    const page = await server().get(systemPath(source, '/connector-space?sortBy=externalId&sortDescending=false'));
    assert.equal(page.totalCount, 3);
    const detail = await server().get(systemPath(source, `/connector-space/${page.items[0].id}`));
    assert.ok(detail.metaverseObjectId);
    assert.equal(await server().get(systemPath(source, '/connector-space/count')), 3);
    const skills = await server().get(systemPath(source, `/connector-space/${page.items.find((i) => i.externalIdValue === '1').id}/attributes/skills/values`));
    assert.deepEqual(skills.items.map((v) => v.stringValue).sort(), ['mathematics', 'poetry']);
    if (server().offers('GET /synchronisation/connected-systems/{}/connector-space/{}/change-history')) await server().get(systemPath(source, `/connector-space/${page.items[0].id}/change-history`));
    await server().refused('GET', systemPath(source, `/connector-space/${NO_SUCH_UUID}`), 404, 'NOT_FOUND');
  });

  it('shows what runs did', async () => {
    const activities = await server().get('/activities?pageSize=100');
    const run = activities.items.find((a) => a.connectedSystemRunType === 'FullImport');
    assert.ok(run);
    assert.equal((await server().get(`/activities/${run.id}/items`)).items.length, 3);
    await server().get(`/activities/${run.id}/stats`);
    assert.equal((await server().get(`/activities/${run.id}/progress`)).status, 'Complete');
    assert.equal((await server().get(`/activities/${run.id}/children`)).totalCount, 0);
    await server().refused('GET', `/activities/${NO_SUCH_UUID}`, 404, 'NOT_FOUND');
  });

  it('searches, filters and counts identities', async () => {
    assert.deepEqual((await server().get('/metaverse/objects?filterAttributeName=Employee%20ID&filterAttributeValue=2')).items.map((i) => i.displayName), ['Charles']);
    assert.equal(await server().get('/metaverse/objects/count?search=a'), 3);
    const { items: [ada] } = await server().get('/metaverse/objects?search=ada');
    if (server().offers('GET /metaverse/objects/{}/change-history')) assert.ok((await server().get(`/metaverse/objects/${ada.id}/change-history`)).totalCount >= 1);
  });

  it('changes nothing when nothing changed', async () => {
    const before = readFileSync(target.file);
    const { imported, synchronised } = await cycle();
    const { totalCsoAdds, totalCsoUpdates, totalCsoDeletes } = imported.executionStats;
    assert.deepEqual([totalCsoAdds, totalCsoUpdates, totalCsoDeletes, synchronised.executionStats.totalAttributeFlows], [0, 0, 0, 0]);
    assert.deepEqual(readFileSync(target.file), before);
  });

  it('shows a pending export before it goes out', async () => {
    writeFileSync(source.file, PEOPLE.replace('3,Grace,Navy,1906-12-09,,2', '3,Grace,Navy,1906-12-09,,1'));
    await completes(server(), source, runs.import);
    await completes(server(), source, runs.sync);
    const { items: [pending] } = await server().get(systemPath(target, '/pending-exports'));
    assert.equal(pending.changeType, 'Update');
    const detail = await server().get(`/synchronisation/pending-exports/${pending.id}`);
    assert.deepEqual(detail.attributeChanges.map((c) => c.attributeName), ['boss']);
    await server().get(`/synchronisation/pending-exports/${pending.id}/attribute-changes/boss/values`);
    await cycle();
    assert.ok(exported().some((row) => row.includes('grace3') && row.includes('ada1')));
  });

  it('ends when the source forgets somebody', async () => {
    writeFileSync(source.file, PEOPLE.split('\n').filter((row) => !row.startsWith('person,2')).join('\n').replace(/,2$/m, ',1'));
    const { imported } = await cycle();
    assert.equal(imported.executionStats.totalCsoDeletes, 1);
    assert.equal(await server().get(`/metaverse/objects/count?objectTypeId=${user.id}`), 2);
    assert.ok(!readFileSync(target.file, 'utf8').includes('charles'));
  });

  it('refuses a delta import of a file and deletes nothing when the file is empty', async () => {
    writeFileSync(source.file, PEOPLE.split('\n')[0] + '\n');
    const activity = await server().run(source.id, runs.import.id);
    assert.equal(activity.executionStats.totalCsoDeletes, 0);
    assert.equal(await server().get(systemPath(source, '/connector-space/count')), 2);
    const delta = await server().request('POST', systemPath(source, '/run-profiles'), { body: { name: 'Delta', runType: 'DeltaImport' } });
    if (delta.status === 201) assert.equal((await server().run(source.id, delta.body.id)).status, 'FailedWithError');
    else assert.equal(delta.status, 400);
  });

  itOffers('POST /synchronisation/connected-systems/{}/clear', server, 'clears a connector space', async () => {
    await server().request('POST', systemPath(target, '/clear'), { expect: 200 });
    assert.equal(await server().get(systemPath(target, '/connector-space/count')), 0);
  });
});
