// Comes last: every operation that the document names was called by some test, and every success that it names was seen once.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { it } from 'node:test';
import { operationsOf } from './contract.mjs';
import { suite } from './harness.mjs';

const calls = process.env.JOINERY_TEST_CALLS;
const whole = Boolean(process.env.JOINERY_TEST_WHOLE) && calls && existsSync(calls);

suite('coverage', (server) => {
  it('calls every operation of the document', { skip: whole ? false : 'only when all tests ran' }, () => {
    const seen = new Set(readFileSync(calls, 'utf8').split('\n').map((line) => line.replace(/ \d+$/, '')));
    const missing = operationsOf(server().contract.document).map((operation) => operation.name).filter((name) => !seen.has(name));
    assert.deepEqual(missing.sort(), []);
  });

  it('sees a success of every operation', { skip: whole ? false : 'only when all tests ran' }, () => {
    const good = new Set(readFileSync(calls, 'utf8').split('\n').filter((line) => / 2\d\d$/.test(line)).map((line) => line.replace(/ \d+$/, '')));
    // Single sign-on is not set up in these tests.
    const excused = ['GET /api/v1/auth/config'];
    const missing = operationsOf(server().contract.document).map((operation) => operation.name).filter((name) => !good.has(name) && !excused.includes(name));
    assert.deepEqual(missing.sort(), []);
  });
});
