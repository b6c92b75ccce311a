// Every item of the checklist of the specification of the Public Data API (§13) stands in the name of a test.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { ROOT } from './harness.mjs';

const ITEMS = 180;

/** The numbers behind "item" in names, also of tests that are made from rows such as ['93', 10, …] by `item ${item}: …`. */
function itemsOf(source) {
  const code = source.split('\n').filter((line) => !/^\s*(\/\/|\/?\*)/.test(line)).join('\n');
  const found = [...code.matchAll(/\bitems? (\d[\d–, ]*)/g)].flatMap(([, list]) => list.split(',').filter((part) => /\d/.test(part)).flatMap((part) => {
    const [first, last = first] = part.split('–').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  }));
  const rows = code.includes('`item ${item}') ? [...code.matchAll(/\['(\d+)', /g)].map(([, item]) => Number(item)) : [];
  return [...found, ...rows];
}

it('every item of the checklist stands in the name of a test', () => {
  const tested = new Set(['test/api', 'test/e2e'].flatMap((folder) => readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.test.mjs'))
    .flatMap((name) => itemsOf(readFileSync(join(ROOT, folder, name), 'utf8')))));
  assert.deepEqual(Array.from({ length: ITEMS }, (_, i) => i + 1).filter((item) => !tested.has(item)), []);
});
