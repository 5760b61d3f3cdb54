// `ringcue doctor`: goes through all that a relay needs, in order, and says for each fault what to paste where. Changes
// nothing. Exit codes: 0 nothing is wrong, 1 something is, 64 used wrongly, 78 the configuration is wrong.
import { parseArgs } from 'node:util';
import { LANGUAGES } from '../../shared/protocol.ts';
import type { Language } from '../../shared/protocol.ts';
import type { Command, Invocation } from '../command.ts';
import { examine, WAIT_SECONDS } from '../doctor/examine.ts';
import type { Wishes as Looked } from '../doctor/examine.ts';
import type { Told } from '../doctor/finding.ts';
import { isInOrder, jsonOf, linesOf, summary } from '../doctor/report.ts';

const MAX_WAIT_SECONDS = 600;
const USAGE = `usage: ringcue doctor [--json] [--language ${LANGUAGES.join('|')}] [--number NUMBER] [--wait SECONDS]`;

type Wishes = Looked & { isJson: boolean; language: Language };

/** null: not understood. */
function readWishes(parameters: readonly string[]): Wishes | null {
  try {
    const { values } = parseArgs({
      args: [...parameters],
      options: {
        json: { type: 'boolean' },
        language: { type: 'string', default: 'en' },
        number: { type: 'string' },
        wait: { type: 'string' },
      },
    });
    const language = LANGUAGES.find((one) => one === values.language);
    const seconds = values.wait === undefined ? WAIT_SECONDS : Number(values.wait || Number.NaN);
    if (!language || !(seconds >= 0 && seconds <= MAX_WAIT_SECONDS)) return null;
    return { isJson: values.json ?? false, language, number: values.number ?? null, waitMs: seconds * 1000 };
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
    if (!wishes.isJson) for (const line of linesOf(one, wishes.language)) invocation.say(line);
  };
  const isConfigured = await examine(invocation.environment, wishes, tell);
  end(told, wishes, invocation);
  if (!isConfigured) return 78;
  return isInOrder(told) ? 0 : 1;
};

function end(told: readonly Told[], { isJson, language }: Wishes, { say }: Invocation): void {
  say(isJson ? jsonOf(told, language) : `\n${summary(told, language)}`);
}
