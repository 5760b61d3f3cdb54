// `npm run simulate -- --worlds N [--seed S]`: as many worlds as one likes, from a seed on, with progress. Ends at the
// third world that fails, each told with the fewest steps that show it. Called by `tests/run.ts`.
import { parseArgs } from 'node:util';
import { report } from './shrink.ts';
import { runWorld } from './world.ts';

const PROGRESS_EVERY_MS = 2_000;
const MAX_FAILURES = 3;

export function simulate(parameters: readonly string[], say: (text: string) => void): number {
  const { values } = parseArgs({
    args: [...parameters],
    options: { worlds: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
  });
  const [worlds, firstSeed] = [Number(values.worlds), Number(values.seed)];
  if (!Number.isSafeInteger(worlds) || !Number.isSafeInteger(firstSeed) || worlds < 1) {
    say('Say: npm run simulate -- --worlds 100000 --seed 1');
    return 64;
  }
  const startedAt = performance.now();
  let toldAt = startedAt;
  let [failures, steps, inputs, done] = [0, 0, 0, 0];
  for (; done < worlds && failures < MAX_FAILURES; done += 1) {
    const outcome = runWorld(firstSeed + done);
    steps += outcome.steps.length;
    inputs += outcome.inputs;
    if (outcome.broken !== null) {
      failures += 1;
      say(`${report(outcome)}\n`);
    }
    if (performance.now() - toldAt < PROGRESS_EVERY_MS) continue;
    toldAt = performance.now();
    say(`· ${done + 1} of ${worlds} worlds`);
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  say(
    `${failures === 0 ? 'PASS' : 'FAIL'}: ${done} worlds from seed ${firstSeed}, ${steps} steps, ${inputs} inputs, ${failures} broken, in ${seconds} s`,
  );
  return failures === 0 ? 0 : 1;
}
