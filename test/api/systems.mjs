// Small configurations that several test files need, made through the REST interface.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const SYNC = '/synchronisation';
export const systemPath = (system, rest = '') => `${SYNC}/connected-systems/${system.id}${rest}`;
export const named = (items, name) => {
  const item = items.find((candidate) => candidate.name === name);
  assert.ok(item, `there is a "${name}" among ${items.map((i) => i.name).join(', ')}`);
  return item;
};

export const PEOPLE = `objectType,id,name,team,started,skills,manager
person,1,Ada,Engine,1815-12-10,mathematics|poetry,
person,2,Charles,Engine,1791-12-26,mathematics,1
person,3,Grace,Navy,1906-12-09,,2
`;

let serial = 0;

/** A connected system of the file connector; without `rows` the file does not exist yet. */
export async function fileSystem(server, { name = `System ${++serial}`, rows = PEOPLE, settings = {}, types = {}, tenantId } = {}) {
  const file = join(server.files, `${name.replaceAll(' ', '-').toLowerCase()}.csv`);
  if (rows !== null) writeFileSync(file, rows);
  const definition = await server.get(`${SYNC}/connector-definitions/by-name/${encodeURIComponent('JIM File Connector')}`);
  const system = await server.post(`${SYNC}/connected-systems`, { name, connectorDefinitionId: definition.id, tenantId });
  const values = { 'File Path': file, Mode: 'Import Only', 'Object Type Column': 'objectType', ...settings };
  const settingValues = Object.fromEntries(Object.entries(values).map(([setting, stringValue]) => [named(definition.settings, setting).id, { stringValue }]));
  await server.put(systemPath(system), { settingValues });
  const { objectTypes } = await server.post(systemPath(system, '/import-schema'), {}, 200);
  for (const [typeName, { id, references = [], kinds = {} }] of Object.entries(types)) {
    const type = named(objectTypes, typeName);
    await server.put(systemPath(system, `/object-types/${type.id}`), { selected: true });
    const wanted = { ...kinds, ...Object.fromEntries(references.map((reference) => [reference, 'Reference'])) };
    for (const [attribute, kind] of Object.entries(wanted)) {
      const { id: attributeId, type: found } = named(type.attributes, attribute);
      if (found !== kind) await server.put(systemPath(system, `/object-types/${type.id}/attributes/${attributeId}`), { type: kind });
    }
    const attributes = Object.fromEntries(type.attributes.map((a) => [a.id, { selected: true, ...(a.name === id ? { isExternalId: true } : {}) }]));
    assert.deepEqual((await server.put(systemPath(system, `/object-types/${type.id}/attributes`), { attributes })).errors ?? [], []);
  }
  return { ...system, file, types: Object.fromEntries((await server.get(systemPath(system, '/object-types'))).map((type) => [type.name, type])) };
}

export const profile = (server, system, runType, more = {}) => server.post(systemPath(system, '/run-profiles'), { name: `${runType} ${++serial}`, runType, ...more });

/** Runs, and expects that it completes. */
export async function completes(server, system, run) {
  const activity = await server.run(system.id, run.id);
  assert.equal(activity.status, 'Complete', JSON.stringify(activity, null, 1));
  return activity;
}

export async function metaverse(server) {
  const types = (await server.get('/metaverse/object-types?pageSize=100')).items;
  const attributes = [];
  for (let page = 1, more = true; more; page++) {
    const reply = await server.get(`/metaverse/attributes?pageSize=100&page=${page}`);
    attributes.push(...reply.items);
    more = reply.hasNextPage;
  }
  return { user: named(types, 'User'), group: named(types, 'Group'), attribute: (name) => named(attributes, name) };
}

/** An import or export rule with mappings {target: source}: names of attributes, or {expression, missingInputBehaviour}. */
export async function rule(server, system, csType, mvType, direction, flows, more = {}) {
  const { attribute } = await metaverse(server);
  const made = await server.post(`${SYNC}/sync-rules`, {
    name: `${direction} ${++serial}`, direction, connectedSystemId: system.id, connectedSystemObjectTypeId: csType.id, metaverseObjectTypeId: mvType.id,
    ...(direction === 'Import' ? { projectToMetaverse: true } : { provisionToConnectedSystem: true }), ...more,
  });
  const into = direction === 'Import';
  for (const [target, source] of Object.entries(flows)) {
    const from = source.expression ? source
      : into ? { connectedSystemAttributeId: named(csType.attributes, source).id } : { metaverseAttributeId: attribute(source).id };
    await server.post(`${SYNC}/sync-rules/${made.id}/mappings`, {
      [into ? 'targetMetaverseAttributeId' : 'targetConnectedSystemAttributeId']: into ? attribute(target).id : named(csType.attributes, target).id,
      sources: [{ order: 0, ...from }],
    });
  }
  return made;
}

// ---- systems with partitions ----

/** A system of the connector of test/connector/directory.c, with everything selected but the hierarchy; its directory stands in `file`. */
export async function directory(server, text) {
  const file = join(server.files, `directory-${++serial}.txt`);
  writeFileSync(file, text);
  const definition = await server.get(`${SYNC}/connector-definitions/by-name/${encodeURIComponent('Test Directory')}`);
  assert.equal(definition.supportsPartitions, true);
  const system = await server.post(`${SYNC}/connected-systems`, { name: `Directory ${serial}`, connectorDefinitionId: definition.id });
  await server.put(systemPath(system), { settingValues: { [definition.settings[0].id]: { stringValue: file } } });
  const { objectTypes } = await server.post(systemPath(system, '/import-schema'), {}, 200);
  for (const type of objectTypes) {
    await server.put(systemPath(system, `/object-types/${type.id}`), { selected: true });
    await server.put(systemPath(system, `/object-types/${type.id}/attributes`), { attributes: Object.fromEntries(type.attributes.map((a) => [a.id, { selected: true }])) });
  }
  const types = Object.fromEntries((await server.get(systemPath(system, '/object-types'))).map((type) => [type.name, type]));
  return { ...system, file, types };
}

export const partitionsOf = (server, system) => server.get(systemPath(system, '/partitions'));
const flat = (containers) => containers.flatMap((c) => [c, ...flat(c.childContainers)]);
export async function containerOf(server, system, externalId) {
  const all = (await partitionsOf(server, system)).flatMap((p) => flat(p.containers));
  return all.find((c) => c.externalId === externalId);
}
export async function select(server, system, externalId, change = { selected: true }) {
  const partition = (await partitionsOf(server, system)).find((p) => p.externalId === externalId);
  if (partition) return server.put(systemPath(system, `/partitions/${partition.id}`), change);
  const container = await containerOf(server, system, externalId);
  assert.ok(container, `there is a container ${externalId}`);
  return server.put(systemPath(system, `/containers/${container.id}`), change);
}
export const refresh = (server, system) => server.post(systemPath(system, '/import-hierarchy'), undefined, 200);
