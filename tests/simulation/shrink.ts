// The fewest steps of a failing world that still fail: what a person can read. Called by `simulate.ts` and the tests.
import { runWorld } from './world.ts';
import type { Outcome, Step } from './world.ts';

export function shrink(failed: Outcome): Outcome {
  let best = failed;
  let steps: readonly Step[] = failed.steps;
  for (let size = steps.length; size >= 1; size = Math.floor(size / 2))
    for (let at = 0; at < steps.length;) {
      const fewer = steps.toSpliced(at, size);
      const outcome = runWorld(failed.seed, { steps: fewer });
      if (outcome.broken === null) at += size;
      else {
        best = { ...outcome, steps: [...fewer] };
        steps = fewer;
      }
    }
  return best;
}

/** What broke, how to see it again, and every input of the smallest world that shows it. */
export function report(failed: Outcome): string {
  const smallest = shrink(failed);
  const lines: string[] = [];
  runWorld(failed.seed, { steps: smallest.steps, trace: (line) => lines.push(line) });
  return [
    `Seed ${failed.seed} (${failed.title}): ${failed.broken}`,
    `Repeat it with: npm run simulate -- --seed ${failed.seed} --worlds 1`,
    `With ${smallest.steps.length} of its ${failed.steps.length} steps: ${smallest.broken}`,
    ...lines,
  ].join('\n');
}
