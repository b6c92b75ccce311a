// Holds every reply against the OpenAPI document of the server, and remembers which operations were called.
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { appendFileSync } from 'node:fs';

const ESCAPED = (part) => part.replaceAll('~', '~0').replaceAll('/', '~1');
export const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** The operations of a document as {name: "GET /api/v1/…", method, template, pattern, operation}; those with fewer parameters first. */
export function operationsOf(document) {
  return Object.entries(document.paths).flatMap(([template, item]) => METHODS.filter((method) => item[method]).map((method) => ({
    name: `${method.toUpperCase()} ${template}`, method: method.toUpperCase(), template, operation: item[method],
    pattern: new RegExp(`^${template.split(/(\{[^}]+\})/).map((part) => (part.startsWith('{') ? '[^/]+' : part.replace(/[.*+?^$()|[\]\\]/g, '\\$&'))).join('')}$`, 'i'),
    parameters: (template.match(/\{/g) ?? []).length,
  }))).sort((a, b) => a.parameters - b.parameters);
}

export class Contract {
  constructor(document) {
    this.document = document;
    this.operations = operationsOf(document);
    this.ajv = new Ajv2020({ strict: false, allErrors: true, allowUnionTypes: true });
    addFormats.default ? addFormats.default(this.ajv) : addFormats(this.ajv);
    for (const format of ['decimal', 'timespan', 'binary', 'password']) this.ajv.addFormat(format, true);
    this.ajv.addSchema(document, 'document');
  }

  find(method, path) {
    return this.operations.find((o) => o.method === method && o.pattern.test(path));
  }

  /** What is wrong with this reply, as sentences. `path` is without the query. */
  problems(method, path, reply, text) {
    const found = this.find(method, path);
    if (!found) return [404, 405].includes(reply.status) ? this.errorProblems(reply, text) : [`${method} ${path} is not in the document, yet it answered ${reply.status}`];
    if (process.env.JOINERY_TEST_CALLS) appendFileSync(process.env.JOINERY_TEST_CALLS, `${found.name} ${reply.status}\n`);
    const { responses } = found.operation;
    const key = responses[reply.status] ? String(reply.status) : responses[`${Math.floor(reply.status / 100)}XX`] ? `${Math.floor(reply.status / 100)}XX` : responses.default ? 'default' : null;
    if (!key) return [`${found.name} answered ${reply.status}, which the document does not name (${Object.keys(responses).join(' ')})`];
    const { node, pointer } = this.deref(responses[key], `document#/paths/${ESCAPED(found.template)}/${method.toLowerCase()}/responses/${key}`);
    const type = (reply.headers.get('content-type') ?? '').split(';')[0];
    if (!node.content) return text === '' ? [] : [`${found.name} ${reply.status} has a body that the document does not name: ${text.slice(0, 200)}`];
    if (text === '' && reply.status === 202) return [];
    if (!node.content[type]) return [`${found.name} ${reply.status} is "${type}", the document says ${Object.keys(node.content).join(', ')}`];
    if (!/json/.test(type) || !node.content[type].schema) return [];
    return this.valueProblems(`${pointer}/content/${ESCAPED(type)}/schema`, node.content[type].schema, JSON.parse(text)).map((p) => `${found.name} ${reply.status}: ${p}`);
  }

  /** An error outside of the document must have the one shape that all errors have. */
  errorProblems(reply, text) {
    try {
      const body = JSON.parse(text);
      const missing = ['code', 'message', 'details', 'validationErrors', 'timestamp'].filter((member) => !(member in body));
      return [...(missing.length ? [`the error lacks ${missing.join(', ')}: ${text}`] : []), ...(body.code ? [] : ['the error has an empty code'])];
    } catch {
      return [`${reply.status} is not an error in JSON: ${text.slice(0, 200)}`];
    }
  }

  valueProblems(pointer, schema, value) {
    const validate = this.ajv.getSchema(pointer.replace(/%/g, '%25').replace(/\{/g, '%7B').replace(/\}/g, '%7D'));
    if (!validate) return [`no schema at ${pointer}`];
    validate(value);
    return [...(validate.errors ?? []).map((e) => `${e.instancePath || '/'} ${e.message} ${JSON.stringify(e.params)}`), ...this.strangers(schema, value, '')].slice(0, 20);
  }

  /** Members of the value that its schema does not name: the document must tell everything that is sent. */
  strangers(schema, value, at) {
    const branches = this.branches(schema);
    if (Array.isArray(value)) return value.flatMap((item, i) => this.strangers({ anyOf: branches.map((b) => b.items).filter(Boolean) }, item, `${at}/${i}`)).slice(0, 5);
    if (value === null || typeof value !== 'object') return [];
    const open = branches.filter((b) => b.additionalProperties !== undefined && b.additionalProperties !== false);
    if (branches.length === 0 || branches.every((b) => !b.properties && !open.includes(b))) return [];
    return Object.entries(value).flatMap(([name, member]) => {
      const named = branches.map((b) => b.properties?.[name]).filter((s) => s !== undefined);
      if (named.length) return this.strangers({ anyOf: named }, member, `${at}/${name}`);
      return open.length ? [] : [`${at}/${name} is not in the document`];
    });
  }

  branches(schema) {
    const { node } = this.deref(schema ?? {}, '');
    const parts = [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])];
    return [node, ...parts.flatMap((part) => this.branches(part))].filter((n) => n.properties || n.items || n.additionalProperties !== undefined);
  }

  deref(node, pointer) {
    while (node?.$ref) {
      pointer = `document${node.$ref}`;
      node = node.$ref.slice(2).split('/').reduce((at, part) => at?.[part.replaceAll('~1', '/').replaceAll('~0', '~')], this.document);
    }
    return { node: node ?? {}, pointer };
  }
}
