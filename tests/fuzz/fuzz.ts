// `npm run fuzz -- --inputs N [--seed S]`: whatever comes over AMI, nothing throws, nothing grows without end, what is told
// can be sent. In rounds, each with a seed of its own, so that a failure is repeated in a second. Called by `tests/run.ts`
// and `packet-path.test.ts`.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parseArgs } from 'node:util';
import { createRandom } from '../simulation/random.ts';
import { createBoardFuzzer, flood } from './boards.ts';
import { cutEverywhere, openStreamFuzzer, recordedPackets } from './streams.ts';

const INPUTS_A_ROUND = 1_000;
const STREAMS_A_ROUND = 400;
const PROGRESS_EVERY_MS = 5_000;
/** What caches with a bound of their own may take between the first fifth and the end. */
const MAX_GROWTH_BYTES = 24 * 1024 * 1024;

export type Fuzzed = { inputs: number; rounds: number; grownBytes: number };

/** At least `inputs` inputs. Throws an error that says how to repeat it. */
export async function fuzz(inputs: number, seed: number, say: (text: string) => void): Promise<Fuzzed> {
  const recorded = await recordedPackets();
  flood();
  const before = await repeatable(seed, 0, () => cutEverywhere(createRandom(seed)));
  const rounds = Math.max(1, Math.ceil((inputs - before) / INPUTS_A_ROUND));
  let toldAt = performance.now();
  let heapEarly = 0;
  for (let round = 0; round < rounds; round += 1) {
    await fuzzRound(seed + round, recorded);
    if (round === Math.floor(rounds / 5)) heapEarly = heapBytes();
    if (performance.now() - toldAt < PROGRESS_EVERY_MS) continue;
    toldAt = performance.now();
    say(`· ${before + (round + 1) * INPUTS_A_ROUND} inputs`);
  }
  const grownBytes = heapBytes() - heapEarly;
  if (grownBytes > MAX_GROWTH_BYTES) throw new Error(`${rounds} rounds left ${grownBytes} bytes behind`);
  return { inputs: before + rounds * INPUTS_A_ROUND, rounds, grownBytes };
}

async function fuzzRound(seed: number, recorded: Awaited<ReturnType<typeof recordedPackets>>): Promise<void> {
  const random = createRandom(seed);
  const board = createBoardFuzzer();
  let count = 0;
  await repeatable(
    seed,
    () => count,
    async () => {
      await using streams = await openStreamFuzzer();
      for (; count < STREAMS_A_ROUND; count += 1) await streams.fuzzOne(random);
      for (; count < INPUTS_A_ROUND; count += 1) board.fuzzOne(random, recorded);
      board.end();
    },
  );
}

async function repeatable<T>(
  seed: number,
  count: number | (() => number),
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const place = `input ${typeof count === 'number' ? count : count()} of seed ${seed}`;
    const detail = error instanceof Error ? error.message : String(error);
    throw new Error(`${place}: ${detail}\nOnce more: npm run fuzz -- --inputs 1 --seed ${seed}`, {
      cause: error,
    });
  }
}

/** After a collection of what nobody holds. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

/** The command: prints the count; the exit code. */
export async function runFuzz(parameters: readonly string[], say: (text: string) => void): Promise<number> {
  const { values } = parseArgs({
    args: [...parameters],
    options: { inputs: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } },
  });
  const [inputs, seed] = [Number(values.inputs), Number(values.seed)];
  if (!Number.isSafeInteger(inputs) || !Number.isSafeInteger(seed) || inputs < 1) {
    say('Say: npm run fuzz -- --inputs 1000000 --seed 1');
    return 64;
  }
  const startedAt = performance.now();
  const fuzzed = await fuzz(inputs, seed, say);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const grownKb = Math.round(fuzzed.grownBytes / 1024);
  say(
    `PASS: ${fuzzed.inputs} inputs from seed ${seed} in ${seconds} s; nothing thrown, ${grownKb} KB more held at the end`,
  );
  return 0;
}
