// `npm run lab [-- PART OF A NAME …] [--record[=FOLDER]]`: every scenario on every stack, the stacks side by side, and a
// table of what came out. With `--record` what Asterisk said is kept in tests/traces. Called by `tests/run.ts`.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { STACKS } from '../office.ts';
import { SCENARIOS } from './all.ts';
import { stackName, type Scenario, type Stack } from './scenario.ts';
import { openStage, type Played } from './stage.ts';

const TRACES = fileURLToPath(new URL('../../traces', import.meta.url));

/** @returns the exit code: 1 when anything failed */
export async function runLab(parameters: readonly string[], say: (text: string) => void): Promise<number> {
  const record = parameters.find((parameter) => /^--record(?:=|$)/.test(parameter));
  const folder = record === undefined ? undefined : record.slice('--record='.length) || TRACES;
  const parts = parameters
    .filter((parameter) => !parameter.startsWith('--'))
    .map((part) => part.toLowerCase());
  const isWanted = (name: string) =>
    parts.length === 0 || parts.some((part) => name.toLowerCase().includes(part));
  const scenarios = SCENARIOS.filter(({ name }) => isWanted(name));
  if (scenarios.length === 0) {
    say(`No scenario has ${parts.join(' or ')} in its name.`);
    return 64;
  }
  const startedAt = performance.now();
  const played = (await Promise.all(STACKS.map((stack) => playAll(stack, scenarios, folder, say)))).flat();
  say(`\n${table(scenarios, played)}`);
  const failed = played.filter(({ faults }) => faults.length > 0);
  for (const { scenario, stack, faults } of failed)
    say(`\n✖ ${scenario.name} (${stackName(stack)})\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  const leftOut = played.filter((one) => one.leftOut !== null);
  for (const { scenario, stack, leftOut: reason } of leftOut)
    say(`\nleft out: ${scenario.name} (${stackName(stack)}): ${reason}`);
  say(
    `\n${played.length - failed.length - leftOut.length} passed, ${failed.length} failed, ${leftOut.length} left out, in ${seconds} s`,
  );
  return failed.length > 0 ? 1 : 0;
}

async function playAll(
  stack: Stack,
  scenarios: readonly Scenario[],
  folder: string | undefined,
  say: (text: string) => void,
): Promise<Played[]> {
  const recordIn = folder === undefined ? {} : { recordIn: join(folder, `asterisk-${stackName(stack)}`) };
  await using stage = await openStage(stack, recordIn);
  const played: Played[] = [];
  for (const scenario of scenarios) {
    const startedAt = performance.now();
    const one = await stage.play(scenario);
    played.push(one);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    say(`${one.faults.length > 0 ? '✖' : '·'} ${stackName(stack).padEnd(8)} ${seconds} s  ${scenario.name}`);
  }
  return played;
}

function table(scenarios: readonly Scenario[], played: readonly Played[]): string {
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  const cell = (scenario: Scenario, stack: Stack): string => {
    const one = played.find(
      (each) => each.scenario === scenario && stackName(each.stack) === stackName(stack),
    );
    if (!one || one.leftOut !== null) return '–';
    const time = one.shownAfterMs === null ? '' : ` ${one.shownAfterMs.toFixed(0)} ms`;
    return `${one.faults.length > 0 ? 'FAIL' : 'PASS'}${time}`;
  };
  const line = (first: string, cells: readonly string[]) =>
    [first.padEnd(width), ...cells.map((text) => text.padEnd(14))].join('  ').trimEnd();
  const head = line(
    'told right, and shown after the first INVITE',
    STACKS.map((stack) => stackName(stack)),
  );
  return [
    head,
    ...scenarios.map((one) =>
      line(
        one.name,
        STACKS.map((stack) => cell(one, stack)),
      ),
    ),
  ].join('\n');
}
