// Every scenario as a test, on one stack. Called by the test files beside, one a stack, so that the stacks run side by side.
import { after, before, describe, test } from 'node:test';
import { SCENARIOS } from './all.ts';
import { stackName, type Stack } from './scenario.ts';
import { openStage, type Stage } from './stage.ts';

/** Where Asterisk does not do its part (it refuses a transfer now and then on a busy machine), nothing is learnt of the relay. */
const MOST_PLAYS = 3;

export function testScenarios(stack: Stack): void {
  describe(`Asterisk ${stackName(stack)}`, () => {
    let stage: Stage;
    before(async () => {
      stage = await openStage(stack);
    });
    after(() => stage[Symbol.asyncDispose]());
    for (const scenario of SCENARIOS) {
      const skip = scenario.leftOut?.(stack) ?? false;
      test(`${scenario.name} (${stackName(stack)})`, { skip }, async () => {
        for (let plays = 1; ; plays += 1) {
          const { faults, isPlayed } = await stage.play(scenario);
          if (faults.length === 0) return;
          if (isPlayed || plays === MOST_PLAYS) throw new Error(faults.join('\n'));
          console.log(
            `played again, as a phone or Asterisk did not do its part: ${faults[0]?.slice(0, 120)}`,
          );
        }
      });
    }
  });
}
