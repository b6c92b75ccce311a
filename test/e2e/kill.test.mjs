// Pulls the plug at random moments of each kind of run, starts again, lets the run that comes back finish, and expects what a server
// that was never disturbed has after the same runs. JOINERY_TEST_SEED repeats the moments of an earlier test.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { TestServer } from '../api/harness.mjs';
import { allowRemovals, assertSameState, cycle, execute, pause, pipeline, rest, setFeed, wholeState } from './pipeline.mjs';

const PEOPLE = Number(process.env.JOINERY_TEST_PEOPLE ?? 800);
const SEED = Number(process.env.JOINERY_TEST_SEED ?? Date.now() % 1e6);
/** At its third interruption a run is given up, so that one which kills the server does not do so for ever. */
const KILLS = 2;

function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe(`a server that is killed (seed ${SEED})`, () => {
  const random = randomOf(SEED);
  const twin = {}, victim = {};
  const interrupted = {};

  before(async () => {
    for (const one of [twin, victim]) {
      one.server = await TestServer.start();
      one.line = await pipeline(one.server, PEOPLE);
      await allowRemovals(one.server);
    }
  });

  after(async () => {
    for (const { server } of [twin, victim]) {
      try {
        await server?.close();
      } finally {
        server?.remove();
      }
    }
  });

  /** Executes a step and kills the server more than once within the time that the twin took; resolves when it rests. */
  async function interrupt(step, milliseconds) {
    const { server } = victim;
    const first = await execute(server, step);
    while ((await server.get('/worker-tasks')).items.some((task) => task.status === 'Queued')) await pause(5);
    for (let kill = 0; kill < KILLS; kill++) {
      await pause(random() * milliseconds);
      await server.kill();
      await server.open();
    }
    await rest(server);
    const { items: [last] } = await server.get('/activities?targetType=ConnectedSystemRunProfile&sortBy=created&sortDirection=desc&pageSize=1');
    assert.ok(last, JSON.stringify(await server.get('/activities?pageSize=3')));
    assert.ok(last.status === 'Complete', JSON.stringify(last, null, 1));
    if (last.id !== first) interrupted[step[0]] = (interrupted[step[0]] ?? 0) + 1;
  }

  for (const [version, synchronisation] of [[1, 'full'], [2, 'delta'], [3, 'full']]) {
    it(`ends like its twin after version ${version} with ${synchronisation} synchronisation`, async () => {
      for (const one of [twin, victim]) setFeed(one.line, version, PEOPLE);
      const steps = [...cycle(twin.line, synchronisation), ...cycle(twin.line, 'delta').slice(2)];
      for (const [name, system, run] of steps) {
        const { status, executionTime } = await twin.server.run(system.id, run.id);
        assert.equal(status, 'Complete');
        await interrupt(victim.line.runs[name], Number(executionTime.split(':').at(-1)) * 800);
      }
      const expected = await wholeState(twin.server, twin.line);
      assert.ok(expected.people.length > PEOPLE * 0.9 && expected.target.length === expected.people.length && expected.file.length === expected.people.length + 1);
      assertSameState(await wholeState(victim.server, victim.line), expected);
    });
  }

  it('was killed in the middle of every kind of run', (t) => {
    t.diagnostic(`runs that were interrupted: ${JSON.stringify(interrupted)}`);
    for (const names of [['import', 'confirm'], ['full', 'delta', 'settle'], ['export']]) assert.ok(names.some((name) => interrupted[name] > 0), `${names} (seed ${SEED})`);
  });
});
