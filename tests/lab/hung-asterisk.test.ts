// The lab itself: an Asterisk that hangs (it deadlocks now and then) must not fail every scenario that follows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freeze } from './freeze.ts';
import { answered, CLIENT, type Scenario } from './scenarios/scenario.ts';
import { openStage } from './scenarios/stage.ts';

const FREEZE: Scenario = {
  name: 'Asterisk hangs',
  told: {},
  async play({ office, five }) {
    const twin = await office.addsPhone(five.extension);
    await freeze(office.asterisk.processId);
    twin.isBusy = true;
  },
};

const CALL: Scenario = {
  name: 'A call',
  told: { 105: answered(CLIENT) },
  async play({ client, five }) {
    await client.calls(five);
    await five.answers();
    await client.hangsUp();
    await five.isFree();
  },
};

test('an Asterisk that hangs is started again, and what follows is played', async () => {
  await using stage = await openStage({ asterisk: '22', driver: 'pjsip' });
  const { isPlayed, faults } = await stage.play(FREEZE);
  assert.equal(isPlayed, false, 'nothing is learnt of the relay from it');
  assert.match(faults[0] ?? '', /^Asterisk hung and was started again; it had left: /);
  assert.deepEqual((await stage.play(CALL)).faults, []);
});
