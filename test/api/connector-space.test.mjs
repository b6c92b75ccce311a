// The objects of a connected system as they came in, and what is staged to go out.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { NO_SUCH_ID, NO_SUCH_UUID, suite } from './harness.mjs';
import { completes, fileSystem, metaverse, profile, rule, systemPath } from './systems.mjs';

const many = (prefix, count) => Array.from({ length: count }, (_, i) => `${prefix}${String(i).padStart(2, '0')}`).join('|');
const ROWS = `objectType,id,name,skills,manager
person,1,Ada,${many('s', 25)},
person,2,Charles,one,1
person,3,Grace,,2
person,4,100%,one|two,9
room,r1,Attic,,
`;

suite('connector space', (server) => {
  let source;

  async function prepare() {
    if (source) return;
    source = await fileSystem(server(), { rows: ROWS, types: { person: { id: 'id', references: ['manager'] }, room: { id: 'id' } } });
    await server().run(source.id, (await profile(server(), source, 'FullImport')).id);
  }
  const space = (rest = '') => systemPath(source, `/connector-space${rest}`);
  const ids = async (query) => (await server().get(space(`?sortBy=externalId&sortDescending=false${query}`))).items.map((i) => i.externalIdValue);

  it('is listed by age, the youngest first, and by other things when asked', async () => {
    await prepare();
    const page = await server().get(space());
    assert.deepEqual([page.totalCount, page.pageSize, page.page], [5, 50, 1]);
    assert.ok(page.items[0].created >= page.items.at(-1).created);
    const names = (await server().get(space('?sortBy=displayName&sortDescending=false'))).items.map((i) => i.displayName);
    assert.deepEqual(names, ['100%', 'Ada', 'Attic', 'Charles', 'Grace']);
    assert.deepEqual((await server().get(space('?sortBy=displayName'))).items.map((i) => i.displayName), [...names].reverse());
    for (const key of ['secondaryExternalId', 'type', 'dateJoined', 'status', 'joinType', 'noSuchKey']) assert.equal((await server().get(space(`?sortBy=${key}`))).items.length, 5);
    const ada = page.items.find((i) => i.displayName === 'Ada');
    assert.deepEqual([ada.externalIdAttributeName, ada.externalIdValue, ada.typeName, ada.status, ada.joinType, ada.hasPendingExport], ['id', '1', 'person', 'Normal', 'NotJoined', false]);
  });

  it('is filtered by several types, states and joins at once, and searched', async () => {
    await prepare();
    const { person, room } = source.types;
    assert.deepEqual(await ids(`&objectTypeId=${room.id}`), ['r1']);
    assert.deepEqual(await ids(`&objectTypeId=${room.id}&objectTypeId=${person.id}`), ['1', '2', '3', '4', 'r1']);
    assert.deepEqual(await ids('&status=Obsolete'), []);
    assert.equal((await ids('&status=Obsolete&status=normal')).length, 5);
    assert.equal((await ids('&joinType=NotJoined&joinType=Projected')).length, 5);
    assert.deepEqual(await ids('&joinType=Joined'), []);
    assert.deepEqual(await ids('&search=GRA'), ['3']);
    assert.deepEqual(await ids('&search=%25'), ['4']);
    assert.deepEqual(await ids('&search=_'), []);
    await server().refused('GET', space('?status=NoSuch'), 400, 'VALIDATION_ERROR');
  });

  it('is cut into pages; past the end there is nothing', async () => {
    await prepare();
    assert.deepEqual(await ids('&pageSize=2&page=2'), ['3', '4']);
    const beyond = await server().get(space('?page=7'));
    assert.deepEqual([beyond.totalCount, beyond.items], [0, []]);
    assert.equal((await server().get(space('?pageSize=1000'))).pageSize, 100);
    assert.equal((await server().get(space('?pageSize=-1&page=-1'))).pageSize, 50);
    await server().refused('GET', space('?page=1000000'), 400, 'VALIDATION_ERROR');
    await server().refused('GET', `/synchronisation/connected-systems/${NO_SUCH_ID}/connector-space`, 404, 'NOT_FOUND');
  });

  it('is counted', async () => {
    await prepare();
    assert.equal(await server().get(space('/count')), 5);
    assert.equal(await server().get(space(`/count?objectTypeId=${source.types.room.id}`)), 1);
    assert.equal(await server().get(space('/count?partitionId=77')), 0);
    assert.equal(await server().get(`/synchronisation/connected-systems/${NO_SUCH_ID}/connector-space/count`), 0);
    assert.equal(await server().get(space('/unresolved-references/count')), 1);
  });

  it('shows an object with ten values of each attribute, and the rest in pages', async () => {
    await prepare();
    const { items: [header] } = await server().get(space('?search=ada'));
    const ada = await server().get(space(`/${header.id}`));
    assert.equal(ada.attributeValues.filter((v) => v.attributeName === 'skills').length, 10);
    assert.deepEqual(ada.attributeValueSummaries.find((s) => s.attributeName === 'skills'), { attributeName: 'skills', totalCount: 25, returnedCount: 10, hasMore: true });
    assert.deepEqual(ada.attributeValueSummaries.map((s) => s.attributeName), ['id', 'name', 'objectType', 'skills']);
    const values = async (query) => await server().get(space(`/${header.id}/attributes/SKILLS/values${query}`));
    assert.deepEqual((await values('?pageSize=10&page=3')).items.map((v) => v.stringValue), ['s20', 's21', 's22', 's23', 's24']);
    assert.deepEqual([(await values('?page=4')).totalCount, (await values('?search=S1')).totalCount, (await values('?search=%25')).totalCount], [25, 10, 0]);
    assert.equal((await server().get(space(`/${header.id}/attributes/nosuch/values`))).totalCount, 0);
    assert.equal((await server().get(space(`/${NO_SUCH_UUID}/attributes/skills/values`))).totalCount, 0);
    await server().refused('GET', space(`/${NO_SUCH_UUID}`), 404, 'NOT_FOUND');
    await server().refused('GET', `/synchronisation/connected-systems/${NO_SUCH_ID}/connector-space/${header.id}`, 404, 'NOT_FOUND');
  });

  it('shows references with the text of the source and the object that it means', async () => {
    await prepare();
    const by = async (name) => (await server().get(space(`?search=${name}`))).items[0].id;
    const reference = async (name) => (await server().get(space(`/${await by(name)}`))).attributeValues.find((v) => v.attributeName === 'manager');
    assert.deepEqual([(await reference('grace')).stringValue, (await reference('grace')).referenceValueId], ['2', await by('charles')]);
    assert.deepEqual([(await reference('100')).stringValue, (await reference('100')).referenceValueId], ['9', null]);
  });
});

suite('pending exports', (server) => {
  let source, target;
  const exportsPath = (rest = '') => systemPath(target, `/pending-exports${rest}`);

  async function prepare() {
    if (target) return;
    const { user } = await metaverse(server());
    await server().post('/metaverse/attributes', { name: 'Skills', type: 'Text', attributePlurality: 'MultiValued', objectTypeIds: [user.id] });
    source = await fileSystem(server(), { rows: ROWS.replace('person,4,100%,one|two,9\n', ''), types: { person: { id: 'id', references: ['manager'] } } });
    target = await fileSystem(server(), { rows: null, settings: { Mode: 'Bidirectional', 'Object Type Column': 'kind', 'Declared Schema': 'account = login!, label, skills:Text[], boss:Reference' }, types: { account: { id: 'login' } } });
    await rule(server(), source, source.types.person, user, 'Import', { 'Employee ID': { expression: 'ToString(cs["id"])' }, 'Display Name': 'name', Manager: 'manager', Skills: 'skills' });
    await rule(server(), target, target.types.account, user, 'Export', { login: { expression: 'Lower(mv["Display Name"])' }, label: 'Display Name', skills: 'Skills', boss: 'Manager' });
    await completes(server(), source, await profile(server(), source, 'FullImport'));
    await completes(server(), source, await profile(server(), source, 'FullSynchronisation'));
  }

  it('are listed, counted and searched', async () => {
    await prepare();
    const page = await server().get(exportsPath());
    assert.deepEqual([page.totalCount, page.items.map((i) => i.sourceMetaverseObjectDisplayName).sort()], [3, ['Ada', 'Charles', 'Grace']]);
    const [grace] = (await server().get(exportsPath('?search=GRACE'))).items;
    assert.deepEqual([grace.changeType, grace.status, grace.targetObjectIdentifier, grace.errorCount], ['Create', 'Pending', 'grace', 0]);
    assert.deepEqual([grace.hasUnresolvedReferences, grace.unresolvedReferenceCount], [true, 1]);
    assert.equal(await server().get(exportsPath('/count')), 3);
    assert.equal(await server().get(exportsPath('/count?changeType=create&status=Pending')), 3);
    assert.equal(await server().get(exportsPath('/count?changeType=Delete')), 0);
    assert.equal(await server().get(exportsPath('/count?status=Failed')), 0);
    const beyond = await server().get(exportsPath('?page=5'));
    assert.deepEqual([beyond.items, beyond.totalCount], [[], 3]);
    assert.equal((await server().get(`/synchronisation/connected-systems/${NO_SUCH_ID}/pending-exports`)).totalCount, 0);
  });

  it('show their changes, ten of each attribute, and the rest in pages', async () => {
    await prepare();
    const [ada] = (await server().get(exportsPath('?search=ada'))).items;
    const detail = await server().get(`/synchronisation/pending-exports/${ada.id}`);
    assert.deepEqual(detail.attributeChangeSummaries.find((s) => s.attributeName === 'skills'), { attributeName: 'skills', totalCount: 25, returnedCount: 10, hasMore: true });
    assert.equal(detail.attributeChanges.find((c) => c.attributeName === 'label').stringValue, 'Ada');
    assert.deepEqual([detail.connectedSystemName, detail.connectedSystemObjectTypeName, detail.sourceMetaverseObjectTypeName], [target.name, 'account', 'User']);
    const rest = await server().get(`/synchronisation/pending-exports/${ada.id}/attribute-changes/skills/values?page=2&pageSize=20`);
    assert.deepEqual([rest.totalCount, rest.items.length, rest.items[0].changeType], [25, 5, 'Add']);
    assert.equal((await server().get(`/synchronisation/pending-exports/${ada.id}/attribute-changes/skills/values?search=S2`)).totalCount, 5);
    assert.equal((await server().get(`/synchronisation/pending-exports/${NO_SUCH_UUID}/attribute-changes/skills/values`)).totalCount, 0);
    await server().refused('GET', `/synchronisation/pending-exports/${NO_SUCH_UUID}`, 404, 'NOT_FOUND');
  });

  it('say which references cannot be written yet, and why', async () => {
    await prepare();
    const [grace] = (await server().get(exportsPath('?search=grace'))).items;
    const { unresolvedReferences: [boss], attributeChanges } = await server().get(`/synchronisation/pending-exports/${grace.id}`);
    assert.deepEqual([boss.attributeName, boss.referencedMetaverseObjectDisplayName, boss.reason], ['boss', 'Charles', 'AwaitingAnchor']);
    const change = attributeChanges.find((c) => c.id === boss.attributeChangeId);
    assert.equal(change.unresolvedReferenceValue, boss.referencedMetaverseObjectId);
  });

  it('stand with the object that they will make', async () => {
    await prepare();
    const { items: [ada] } = await server().get(systemPath(target, '/connector-space?status=PendingProvisioning&sortBy=displayName&search='));
    assert.ok(ada.hasPendingExport);
    const planned = (await server().get(systemPath(target, '/connector-space'))).items.map((i) => i.pendingExternalId).sort();
    assert.deepEqual(planned, ['ada', 'charles', 'grace']);
    assert.equal((await server().get(`/synchronisation/pending-exports/${ada.pendingExportId}`)).connectedSystemObjectId, ada.id);
  });
});
