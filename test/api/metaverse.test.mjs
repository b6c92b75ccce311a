// The shape of the metaverse: object types and attributes, what may be changed and what may not.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { itOffers, NO_SUCH_ID, NO_SUCH_UUID, suite } from './harness.mjs';
import { metaverse, named } from './systems.mjs';

suite('metaverse attributes', (server) => {
  it('pages through the built-in ones in the order of their names', async () => {
    const first = await server().get('/metaverse/attributes?pageSize=10');
    assert.deepEqual([first.items.length, first.page, first.pageSize, first.hasNextPage, first.hasPreviousPage], [10, 1, 10, true, false]);
    assert.equal(first.totalPages, Math.ceil(first.totalCount / 10));
    const names = first.items.map((item) => item.name);
    assert.deepEqual(names, [...names].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)));
    const last = await server().get(`/metaverse/attributes?pageSize=10&page=${first.totalPages}`);
    assert.deepEqual([last.hasNextPage, last.hasPreviousPage], [false, true]);
  });

  it('sorts, filters and clamps the page size', async () => {
    const down = await server().get('/metaverse/attributes?pageSize=100&sortBy=name&sortDirection=desc');
    assert.ok(down.items[0].name.toLowerCase() > down.items.at(-1).name.toLowerCase());
    const filtered = await server().get('/metaverse/attributes?filter=name:eq:Display%20Name');
    assert.deepEqual(filtered.items.map((item) => item.name), ['Display Name']);
    assert.equal((await server().get('/metaverse/attributes?pageSize=5000')).pageSize, 100);
    assert.equal((await server().get('/metaverse/attributes?pageSize=0')).pageSize, 25);
    await server().refused('GET', '/metaverse/attributes?sortDirection=UP', 400, 'VALIDATION_ERROR');
    await server().refused('GET', '/metaverse/attributes?page=900000&pageSize=100', 400, 'VALIDATION_ERROR');
  });

  it('makes one, refuses its name a second time, and renames it', async () => {
    const { user } = await metaverse(server());
    assert.deepEqual(await server().get('/metaverse/attributes/name-availability?name=Shoe%20Size'), { name: 'Shoe Size', available: true });
    const made = await server().post('/metaverse/attributes', { name: 'Shoe Size', type: 'Number', attributePlurality: 'SingleValued', objectTypeIds: [user.id] });
    assert.deepEqual([made.type, made.builtIn, made.objectTypes.map((t) => t.name)], ['Number', false, ['User']]);
    assert.equal((await server().get('/metaverse/attributes/name-availability?name=shoe%20size')).available, false);
    await server().refused('POST', '/metaverse/attributes', 409, 'CONFLICT', { body: { name: 'SHOE SIZE', type: 'Text' } });
    assert.equal((await server().patch(`/metaverse/attributes/${made.id}`, { name: 'Foot Size', renderingHint: 'Table' })).name, 'Foot Size');
    assert.deepEqual(await server().get(`/metaverse/attributes/${made.id}`).then((a) => [a.name, a.renderingHint]), ['Foot Size', 'Table']);
    await server().request('PATCH', `/metaverse/attributes/${made.id}`, { body: {}, expect: 400 });
  });

  itOffers('PATCH /metaverse/attributes/{}/schema', server, 'changes type and plurality while there are no values', async () => {
    const made = await server().post('/metaverse/attributes', { name: 'Badge', type: 'Text' });
    const changed = await server().patch(`/metaverse/attributes/${made.id}/schema`, { type: 'Guid', attributePlurality: 'MultiValued' });
    assert.deepEqual([changed.type, changed.attributePlurality], ['Guid', 'MultiValued']);
  });

  it('binds to a type and unbinds again', async () => {
    const { group } = await metaverse(server());
    const made = await server().post('/metaverse/attributes', { name: 'Locker', type: 'Text' });
    const bound = (await server().request('POST', `/metaverse/attributes/${made.id}/object-types/${group.id}`, { expect: 200 })).body;
    assert.deepEqual(bound.objectTypes.map((t) => t.name), ['Group']);
    await server().get(`/metaverse/attributes/${made.id}/object-types/${group.id}/unassign-preview`);
    await server().request('DELETE', `/metaverse/attributes/${made.id}/object-types/${group.id}`, { expect: 200 });
    assert.deepEqual((await server().get(`/metaverse/attributes/${made.id}`)).objectTypes, []);
    await server().refused('DELETE', `/metaverse/attributes/${made.id}/object-types/${group.id}`, 404, 'NOT_FOUND');
  });

  it('previews and carries out a deletion; a built-in one stays', async () => {
    const made = await server().post('/metaverse/attributes', { name: 'Short Lived', type: 'Boolean' });
    assert.equal((await server().get(`/metaverse/attributes/${made.id}/deletion-preview`)).deleted, false);
    assert.equal((await server().request('DELETE', `/metaverse/attributes/${made.id}`, { expect: 200 })).body.deleted, true);
    await server().refused('GET', `/metaverse/attributes/${made.id}`, 404, 'NOT_FOUND');
    const { attribute } = await metaverse(server());
    await server().request('DELETE', `/metaverse/attributes/${attribute('Display Name').id}`, { expect: 400 });
  });

  itOffers('GET /metaverse/attributes/{}/change-history', server, 'keeps the history of changes', async () => {
    const made = await server().post('/metaverse/attributes', { name: 'Remembered', type: 'Text', changeReason: 'needed' });
    await server().patch(`/metaverse/attributes/${made.id}`, { name: 'Remembered 2' });
    const { items } = await server().get(`/metaverse/attributes/${made.id}/change-history`);
    assert.deepEqual(items.map((item) => item.version), [2, 1]);
    await server().get(`/metaverse/attributes/${made.id}/change-history/1`);
    assert.match(JSON.stringify(await server().get(`/metaverse/attributes/${made.id}/change-history/compare?fromVersion=1&toVersion=2`)), /Remembered 2/);
  });

  itOffers('PUT /metaverse/attributes/{}/priorities/{}', server, 'has an order of contributors for each attribute and type', async () => {
    const { user, attribute } = await metaverse(server());
    const path = `/metaverse/attributes/${attribute('Display Name').id}/priorities/${user.id}`;
    assert.deepEqual((await server().get(path)).contributors, []);
    assert.deepEqual((await server().put(path, { contributors: [] })).contributors, []);
  });
});

suite('metaverse object types', (server) => {
  it('lists User and Group, with attributes only when asked', async () => {
    const { user } = await metaverse(server());
    assert.equal(user.builtIn, true);
    const detail = await server().get(`/metaverse/object-types/${user.id}?includeChildObjects=true`);
    assert.ok(named(detail.attributes, 'Display Name'));
    assert.deepEqual((await server().get(`/metaverse/object-types/${user.id}`)).attributes, []);
  });

  it('makes, changes and deletes one', async () => {
    assert.equal((await server().get('/metaverse/object-types/name-availability?name=Device')).available, true);
    const made = await server().post('/metaverse/object-types', { name: 'Device', pluralName: 'Devices', icon: 'laptop', deletionRule: 'Manual' });
    await server().request('POST', '/metaverse/object-types', { body: { name: 'device', pluralName: 'Other' }, expect: 400 });
    const changed = await server().put(`/metaverse/object-types/${made.id}`, { name: 'Machine', icon: '', deletionRule: 'WhenLastConnectorDisconnected', deletionGracePeriod: '7.00:00:00' });
    assert.deepEqual([changed.name, changed.pluralName, changed.icon, changed.deletionRule, changed.deletionGracePeriod], ['Machine', 'Devices', null, 'WhenLastConnectorDisconnected', '7.00:00:00']);
    assert.equal((await server().put(`/metaverse/object-types/${made.id}`, { deletionGracePeriod: '00:00:00' })).deletionGracePeriod, null);
    assert.equal((await server().get(`/metaverse/object-types/${made.id}/delete-preview`)).blocked, false);
    assert.equal((await server().request('DELETE', `/metaverse/object-types/${made.id}`, { expect: 200 })).body.deleted, true);
    await server().refused('GET', `/metaverse/object-types/${made.id}`, 404, 'NOT_FOUND');
  });

  it('does not let a built-in one be renamed or deleted', async () => {
    const { user } = await metaverse(server());
    await server().request('PUT', `/metaverse/object-types/${user.id}`, { body: { name: 'Person' }, expect: 400 });
    await server().request('DELETE', `/metaverse/object-types/${user.id}`, { expect: 400 });
  });

  itOffers('GET /metaverse/object-types/{}/change-history', server, 'keeps the history of changes', async () => {
    const made = await server().post('/metaverse/object-types', { name: 'Room', pluralName: 'Rooms' });
    await server().put(`/metaverse/object-types/${made.id}`, { pluralName: 'Chambers' });
    assert.equal((await server().get(`/metaverse/object-types/${made.id}/change-history`)).totalCount, 2);
    await server().get(`/metaverse/object-types/${made.id}/change-history/2`);
    await server().get(`/metaverse/object-types/${made.id}/change-history/compare?fromVersion=1&toVersion=2`);
  });
});

suite('metaverse objects', (server) => {
  it('are none at first', async () => {
    assert.deepEqual(await server().get('/metaverse/objects').then((page) => [page.items, page.totalCount, page.totalPages]), [[], 0, 0]);
    assert.equal(await server().get('/metaverse/objects/count'), 0);
    assert.equal(await server().get('/metaverse/pending-deletions/count'), 0);
    assert.equal((await server().get('/metaverse/pending-deletions')).totalCount, 0);
    await server().get('/metaverse/pending-deletions/summary');
    await server().refused('GET', `/metaverse/objects/${NO_SUCH_UUID}`, 404, 'NOT_FOUND');
    await server().refused('GET', `/metaverse/attributes/${NO_SUCH_ID}`, 404, 'NOT_FOUND');
    await server().refused('GET', `/metaverse/object-types/${NO_SUCH_ID}`, 404, 'NOT_FOUND');
  });
});
