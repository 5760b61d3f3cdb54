// `ringcue doctor`: goes through all that a relay needs, in order, and says for each fault what to paste where. Changes
// nothing. Exit codes: 0 nothing is wrong, 1 something is, 64 used wrongly, 78 the configuration is wrong.
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { createPhones } from '../calls/phones.ts';
import type { Command, Invocation } from '../command.ts';
import { accountOf } from '../config-pbx.ts';
import { readConfig } from '../config.ts';
import type { Config } from '../config.ts';
import { goThrough } from '../doctor/checkup.ts';
import type { Told } from '../doctor/finding.ts';
import { pbxChecks } from '../doctor/pbx-checks.ts';
import { relayChecks } from '../doctor/relay-checks.ts';
import { isInOrder, jsonOf, linesOf, summary } from '../doctor/report.ts';

const WAIT_SECONDS = 3;
const MAX_WAIT_SECONDS = 600;
const USAGE = 'usage: ringcue doctor [--json] [--number NUMBER] [--wait SECONDS]';

type Wishes = { isJson: boolean; number: string | null; waitMs: number };

/** null: not understood. */
function readWishes(parameters: readonly string[]): Wishes | null {
  try {
    const { values } = parseArgs({
      args: [...parameters],
      options: { json: { type: 'boolean' }, number: { type: 'string' }, wait: { type: 'string' } },
    });
    const seconds = values.wait === undefined ? WAIT_SECONDS : Number(values.wait || Number.NaN);
    if (!(seconds >= 0 && seconds <= MAX_WAIT_SECONDS)) return null;
    return { isJson: values.json ?? false, number: values.number ?? null, waitMs: seconds * 1000 };
  } catch {
    return null; // parseArgs throws for what it does not know
  }
}

export const doctor: Command = async (invocation) => {
  const wishes = readWishes(invocation.parameters);
  if (!wishes) {
    invocation.complain(USAGE);
    return 64;
  }
  const told: Told[] = [];
  const tell = (one: Told): void => {
    told.push(one);
    if (!wishes.isJson) for (const line of linesOf(one)) invocation.say(line);
  };
  const result = readConfig(invocation.environment);
  if ('config' in result) await examine(result.config, wishes, tell);
  else
    for (const problem of result.problems)
      tell({ check: 'configuration', pbx: null, mark: 'wrong', text: problem, remedy: null });
  end(told, wishes, invocation);
  if (!('config' in result)) return 78;
  return isInOrder(told) ? 0 : 1;
};

async function examine(
  config: Config,
  { number, waitMs }: Wishes,
  tell: (told: Told) => void,
): Promise<void> {
  const text = `read; ${config.pbxs.length === 1 ? 'one PBX' : `${config.pbxs.length} PBXs`}, auth "${config.auth}"`;
  tell({ check: 'configuration', pbx: null, mark: 'well', text, remedy: null });
  for (const pbx of config.pbxs) {
    const { checks, end } = pbxChecks({
      account: accountOf(pbx),
      phones: createPhones({ pattern: pbx.extensions, endpoints: pbx.phones, prefix: pbx.prefix }),
      areEventsWanted: pbx.amiEvents,
      pairingPrefix: config.pairingPrefix,
      isPairingNeeded: config.auth === 'pairing',
      waitMs,
      now: Date.now,
      randomId: () => randomBytes(12).toString('base64url'),
    });
    await goThrough(config.pbxs.length === 1 ? null : pbx.name, checks, tell);
    await end();
  }
  await goThrough(null, relayChecks(config, number, Date.now), tell);
}

function end(told: readonly Told[], { isJson }: Wishes, { say }: Invocation): void {
  say(isJson ? jsonOf(told) : `\n${summary(told)}`);
}
