// Every scenario as a test, on one stack. Called by the test files beside, one a stack, so that the stacks run side by side.
import { after, before, describe, test } from 'node:test';
import { SCENARIOS } from './all.ts';
import { stackName, type Stack } from './scenario.ts';
import { openStage, type Stage } from './stage.ts';

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
        const { faults } = await stage.play(scenario);
        if (faults.length > 0) throw new Error(faults.join('\n'));
      });
    }
  });
}
