// Connected systems of tenants: what they project stays apart (sync-engine, invariant 51).
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { suite } from './harness.mjs';
import { completes, fileSystem, metaverse, named, profile, rule, SYNC, systemPath } from './systems.mjs';

const ROWS = 'objectType,id,name\nperson,E1,Ada\nperson,E2,Charles\n';
const identities = async (server, user) => (await server.get(`/metaverse/objects?objectTypeId=${user.id}`)).items;

/** Imports and synchronises a system of two people, who are matched by their number. */
async function synchronised(server, tenantId) {
  const system = await fileSystem(server, { rows: ROWS, types: { person: { id: 'id' } }, tenantId });
  const { user, attribute } = await metaverse(server);
  const person = system.types.person;
  await rule(server, system, person, user, 'Import', { 'Employee ID': 'id', 'Display Name': 'name' });
  await server.post(systemPath(system, '/matching-rules'), {
    connectedSystemObjectTypeId: person.id, metaverseObjectTypeId: user.id, targetMetaverseAttributeId: attribute('Employee ID').id,
    sources: [{ connectedSystemAttributeId: named(person.attributes, 'id').id }],
  });
  for (const type of ['FullImport', 'FullSynchronisation']) await completes(server, system, await profile(server, system, type));
  return system;
}

suite('connected systems of tenants', (server) => {
  it('invariant 51: matching joins within a tenant, never across', async () => {
    const { user } = await metaverse(server());
    const other = await server().post('/tenants', { name: 'Other' });
    assert.equal((await server().get(systemPath(await synchronised(server())))).tenantId, 1, 'the tenant of those who say none');
    assert.equal((await identities(server(), user)).length, 2);
    await synchronised(server());
    assert.equal((await identities(server(), user)).length, 2, 'joined');
    const system = await synchronised(server(), other.id);
    assert.equal((await server().get(systemPath(system))).tenantId, other.id);
    assert.equal((await identities(server(), user)).length, 4, 'not joined');
    const reply = await server().refused('DELETE', `/tenants/${other.id}`, 409, 'CONFLICT');
    assert.match(reply.message, new RegExp(system.name));
  });

  it('refuses a tenant that does not exist', async () => {
    const definition = await server().get(`${SYNC}/connector-definitions/by-name/${encodeURIComponent('JIM File Connector')}`);
    const { validationErrors } = await server().refused('POST', `${SYNC}/connected-systems`, 400, 'VALIDATION_ERROR', { body: { name: 'Lost', connectorDefinitionId: definition.id, tenantId: 77 } });
    assert.deepEqual(Object.keys(validationErrors), ['tenantId']);
  });
});
