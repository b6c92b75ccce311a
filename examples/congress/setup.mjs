// Configures a fresh server through its REST interface: Congress, a file to read, and Directory, a file to keep.
import { GROUPS_DN, PEOPLE_DN } from './expect.mjs';

const SYNC = '/synchronisation';

// Where the values of the feed go. An attribute that the server does not bring is made.
const PERSON_FLOWS = [
  ['id', 'Employee ID'], ['name', 'Display Name'], ['firstName', 'First Name'], ['lastName', 'Last Name'], ['middleName', 'Middle Name'],
  ['suffix', 'Suffix'], ['nickname', 'Nickname'], ['birthday', 'Date of Birth'], ['gender', 'Gender'], ['chamber', 'Chamber'], ['state', 'US State'],
  ['district', 'Congressional District'], ['party', 'Party'], ['termStart', 'Term Start'], ['termEnd', 'Term End'], ['phone', 'Telephone Number'],
  ['office', 'Office'], ['url', 'Web Page'], ['fecIds', 'FEC IDs'],
];
const COMMITTEE_FLOWS = [
  ['id', 'Committee ID'], ['name', 'Display Name'], ['chamber', 'Chamber'], ['url', 'Web Page'], ['phone', 'Committee Phone'],
  ['parent', 'Parent Committee'], ['chair', 'Chair'], ['members', 'Members'],
];
const REFERENCES = ['parent', 'chair', 'members'];

const DECLARED_SCHEMA = `user = dn!, uid, displayName, givenName, sn, mail, ou
group = dn!, uid, displayName, owner:Reference, parent:Reference, member:Reference[]`;

// What the directory holds: from an attribute, or from an expression.
const USER_EXPORTS = [
  ['dn', `"uid=" + EscapeDN(Lower(mv["Employee ID"])) + ",${PEOPLE_DN}"`],
  ['displayName', 'mv["Display Name"] + " (" + Left(mv["Party"], 1) + "-" + mv["US State"] + ")"'],
  ['mail', 'Lower(Replace(mv["First Name"] + "." + mv["Last Name"] + "." + mv["US State"], " ", "")) + "@congress.example"'],
  ['uid', { from: 'Employee ID' }], ['givenName', { from: 'First Name' }], ['sn', { from: 'Last Name' }], ['ou', { from: 'Chamber' }],
];
const GROUP_EXPORTS = [
  ['dn', `"cn=" + EscapeDN(Lower(mv["Committee ID"])) + ",${GROUPS_DN}"`],
  ['uid', { from: 'Committee ID' }], ['displayName', { from: 'Display Name' }],
  ['owner', { from: 'Chair' }], ['parent', { from: 'Parent Committee' }], ['member', { from: 'Members' }],
];

export const named = (items, name, what) => items.find((item) => item.name === name) ?? fail(`the server knows no ${what} "${name}", only ${items.map((i) => i.name).join(', ')}`);
function fail(message) { throw new Error(message); }

/** A connected system of the file connector, or of one with the same settings; `values` are these by name. */
export async function connectFile(joinery, name, description, values, connector = 'JIM File Connector') {
  const definition = await joinery.get(`${SYNC}/connector-definitions/by-name/${encodeURIComponent(connector)}`);
  const system = await joinery.post(`${SYNC}/connected-systems`, { name, description, connectorDefinitionId: definition.id });
  const settingValues = Object.fromEntries(Object.entries(values).map(([setting, stringValue]) => [named(definition.settings, setting, 'setting').id, { stringValue }]));
  await joinery.put(`${SYNC}/connected-systems/${system.id}`, { settingValues });
  await joinery.post(`${SYNC}/connected-systems/${system.id}/import-schema`, {});
  return system;
}

/** Selects an object type with these attributes; the first is its External ID, those in `references` name other objects. */
export async function selectType(joinery, system, typeName, names, references = []) {
  const base = `${SYNC}/connected-systems/${system.id}/object-types`;
  const type = named(await joinery.get(base), typeName, 'object type');
  await joinery.put(`${base}/${type.id}`, { selected: true });
  for (const name of references) await joinery.put(`${base}/${type.id}/attributes/${named(type.attributes, name, 'attribute').id}`, { type: 'Reference' });
  const attributes = Object.fromEntries(names.map((name, i) => [named(type.attributes, name, 'attribute').id, { selected: true, ...(i === 0 ? { isExternalId: true } : {}) }]));
  const { errors } = await joinery.put(`${base}/${type.id}/attributes`, { attributes });
  if (errors?.length) fail(`attributes of ${typeName}: ${errors.map((e) => e.errorMessage).join('; ')}`);
  return named(await joinery.get(base), typeName, 'object type');
}

/** The metaverse attributes of a type by name, for these flows; missing ones are made with the type that the feed has. */
async function metaverseAttributes(joinery, mvType, csType, flows) {
  const known = await joinery.all('/metaverse/attributes');
  const found = new Map();
  for (const [column, name] of flows) {
    const { type, attributePlurality } = named(csType.attributes, column, 'attribute');
    let attribute = known.find((a) => a.name === name);
    if (!attribute) {
      attribute = await joinery.post('/metaverse/attributes', { name, type, attributePlurality, objectTypeIds: [mvType.id] });
      known.push(attribute);
    } else if (!attribute.metaverseObjectTypes?.some((t) => t.key === mvType.id)) {
      await joinery.post(`/metaverse/attributes/${attribute.id}/object-types/${mvType.id}`);
    }
    found.set(name, attribute);
  }
  return found;
}

export async function importRule(joinery, name, system, csType, mvType, flows) {
  const attributes = await metaverseAttributes(joinery, mvType, csType, flows);
  const rule = await joinery.post(`${SYNC}/sync-rules`, {
    name, connectedSystemId: system.id, connectedSystemObjectTypeId: csType.id, metaverseObjectTypeId: mvType.id, direction: 'Import', projectToMetaverse: true,
  });
  for (const [column, attribute] of flows) {
    await joinery.post(`${SYNC}/sync-rules/${rule.id}/mappings`, {
      targetMetaverseAttributeId: attributes.get(attribute).id,
      sources: [{ order: 0, connectedSystemAttributeId: named(csType.attributes, column, 'attribute').id }],
    });
  }
}

export async function exportRule(joinery, name, system, csType, mvType, exports) {
  const attributes = await joinery.all('/metaverse/attributes');
  const rule = await joinery.post(`${SYNC}/sync-rules`, {
    name, connectedSystemId: system.id, connectedSystemObjectTypeId: csType.id, metaverseObjectTypeId: mvType.id, direction: 'Export',
    provisionToConnectedSystem: true, outboundDeprovisionAction: 'Delete',
  });
  for (const [column, source] of exports) {
    await joinery.post(`${SYNC}/sync-rules/${rule.id}/mappings`, {
      targetConnectedSystemAttributeId: named(csType.attributes, column, 'attribute').id,
      sources: [{ order: 0, ...(source.from ? { metaverseAttributeId: named(attributes, source.from, 'metaverse attribute').id } : { expression: source }) }],
    });
  }
}

export async function runProfiles(joinery, system, types) {
  const made = {};
  for (const [key, name, runType] of types) made[key] = await joinery.post(`${SYNC}/connected-systems/${system.id}/run-profiles`, { name, runType });
  return made;
}

/** Makes the whole configuration. Resolves with the two systems, their run profiles, and the two metaverse types. */
export async function configure(joinery, feedFile, directoryFile) {
  const congress = await connectFile(joinery, 'Congress', 'Members and committees, as published', { 'File Path': feedFile, Mode: 'Import Only', 'Object Type Column': 'objectType' });
  const person = await selectType(joinery, congress, 'person', PERSON_FLOWS.map(([column]) => column));
  const committee = await selectType(joinery, congress, 'committee', COMMITTEE_FLOWS.map(([column]) => column), REFERENCES);

  const directory = await connectFile(joinery, 'Directory', 'The directory that follows Congress',
    { 'File Path': directoryFile, Mode: 'Bidirectional', 'Object Type Column': 'objectClass', 'Declared Schema': DECLARED_SCHEMA });
  const user = await selectType(joinery, directory, 'user', USER_EXPORTS.map(([column]) => column));
  const group = await selectType(joinery, directory, 'group', GROUP_EXPORTS.map(([column]) => column));

  const types = await joinery.all('/metaverse/object-types');
  const [mvUser, mvGroup] = [named(types, 'User', 'metaverse object type'), named(types, 'Group', 'metaverse object type')];
  // Who leaves Congress leaves the metaverse, and with it the directory.
  for (const type of [mvUser, mvGroup]) {
    await joinery.put(`/metaverse/object-types/${type.id}`, {
      deletionRule: 'WhenAuthoritativeSourceDisconnected', deletionTriggerMode: 'SpecificSourcesDisconnect', deletionTriggerConnectedSystemIds: [congress.id],
    });
  }
  await importRule(joinery, 'Congress people', congress, person, mvUser, PERSON_FLOWS);
  await importRule(joinery, 'Congress committees', congress, committee, mvGroup, COMMITTEE_FLOWS);
  await exportRule(joinery, 'Directory users', directory, user, mvUser, USER_EXPORTS);
  await exportRule(joinery, 'Directory groups', directory, group, mvGroup, GROUP_EXPORTS);

  congress.profiles = await runProfiles(joinery, congress, [
    ['import', 'Full Import', 'FullImport'], ['fullSync', 'Full Synchronisation', 'FullSynchronisation'], ['deltaSync', 'Delta Synchronisation', 'DeltaSynchronisation']]);
  directory.profiles = await runProfiles(joinery, directory, [
    ['export', 'Export', 'Export'], ['import', 'Full Import', 'FullImport'], ['deltaSync', 'Delta Synchronisation', 'DeltaSynchronisation']]);
  return { congress, directory, mvUser, mvGroup };
}
