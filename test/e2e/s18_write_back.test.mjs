// S18, write-back: a system that is source and target at once gets a value back, and the echo comes to rest (W83).
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { changeRule, changes, declared, metaverse, pending, people, rule, scenario, scope, space, told, valuesOf, withRuns } from './scenario.mjs';

scenario('S18: write-back', (all) => {
  let server, hr, user, back;

  it('is configured', async () => {
    ({ server } = all);
    ({ user } = await metaverse(server));
    hr = await declared(server, 'HR', 'person = hrId!, displayName, alias');
    await withRuns(server, hr);
    await rule(server, hr, hr.types.person, user, 'Import', { 'Employee ID': 'hrId', 'Display Name': 'displayName' });
    back = await rule(server, hr, hr.types.person, user, 'Export', { alias: { expression: 'Upper(mv["Display Name"])' } }, { provisionToConnectedSystem: false, enforceState: false });
  });

  it('W83: the first synchronisation stages it in the source\'s own run, the import confirms it, and then there is rest', async () => {
    hr.put([{ hrId: '1', displayName: 'Ann' }]);
    await hr.import();
    await hr.sync();
    assert.deepEqual(await pending(server, hr), ['Update Ann Pending']);
    assert.deepEqual(await changes(server, hr, 'Ann'), ['alias=ANN']);
    await hr.export();
    assert.deepEqual(hr.rows(), [{ objectType: 'person', hrId: '1', displayName: 'Ann', alias: 'ANN' }]);
    await hr.import();
    assert.deepEqual(await pending(server, hr), []);
    for (const run of ['sync', 'delta']) assert.deepEqual(await told(server, await hr[run]()), []);
    assert.deepEqual(await pending(server, hr), []);
  });

  it('follows a change of the source, and comes to rest again', async () => {
    hr.put([{ hrId: '1', displayName: 'Beá', alias: 'ANN' }]);
    await hr.import();
    await hr.delta();
    assert.deepEqual(await changes(server, hr, 'Beá'), ['alias=BEÁ']);
    await hr.export();
    assert.equal(hr.row('1').alias, 'BEÁ');
    for (let round = 0; round < 2; round++) {
      await hr.import();
      assert.deepEqual(await told(server, await hr.delta()), []);
      assert.deepEqual(await pending(server, hr), []);
      await hr.export();
    }
  });

  it('does not enforce what the rule does not enforce: an alias changed by hand stays until the name changes', async () => {
    hr.put([{ hrId: '1', displayName: 'Beá', alias: 'by hand' }]);
    await hr.import();
    await hr.sync();
    assert.deepEqual(await pending(server, hr), []);
    hr.put([{ hrId: '1', displayName: 'Cleo', alias: 'by hand' }]);
    await hr.import();
    await hr.sync();
    assert.deepEqual(await changes(server, hr, 'Cleo'), ['alias=CLEO']);
  });

  it('never deprovisions the source by the scope of the rule that writes back', async () => {
    await scope(server, back, 'All', [['Display Name', 'StartsWith', { stringValue: 'A' }]]);
    await changeRule(server, back, { outboundDeprovisionAction: 'Delete' });
    await hr.export();
    await hr.import();
    await hr.sync();
    const [{ id }] = Object.values(await people(server, user));
    assert.deepEqual(await valuesOf(server, { id }, 'Display Name'), [{ value: 'Cleo', by: 'HR' }]);
    assert.deepEqual((await space(server, hr)).map((o) => [o.status, o.joinType]), [['Normal', 'Projected']]);
    assert.deepEqual(await pending(server, hr), []);
  });
});
