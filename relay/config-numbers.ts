// The rules by which IT rewrites a PBX's numbers, and which regular expressions are too slow to be used. Called by
// `config-pbx.ts`, once for each PBX.
import { runInNewContext } from 'node:vm';
import { z } from 'zod';
import { text } from './config-fields.ts';
import { MAX_TEXT_LENGTH } from './numbers.ts';
import type { Rewrite } from './numbers.ts';

const SLOWEST_PATTERN_MS = 100;
const MAX_RULES = 32;

export const TOO_SLOW =
  'takes too long on some texts: a repetition stands within a repetition, as in (\\d+)+';

/** Patterns that try ever more ways the longer a text is would stop the relay when such a text comes. */
export function isSlow(regExp: RegExp, maxLength: number): boolean {
  const names = ['1', 'a', '1a', 'a-', '1.'].map((part) => part.repeat(maxLength).slice(1 - maxLength));
  const attempt = (): boolean => {
    try {
      runInNewContext(
        'names.forEach((name) => regExp.test(name + "!"))',
        { names, regExp },
        { timeout: SLOWEST_PATTERN_MS },
      );
      return true;
    } catch {
      return false;
    }
  };
  // The machine may be busy with something else for that long, but not each time.
  return !attempt() && !attempt() && !attempt();
}

const rule = z
  .strictObject(
    {
      match: text('is missing: a regular expression that all of the number must fit').min(1, 'is empty'),
      replace: text('is missing: what to write in its place, with $1 for the first group'),
    },
    'must be a rule, for example { match: "9(8\\d{10})", replace: "$1" }',
  )
  .transform(({ match, replace }, context): Rewrite => {
    const refuse = (message: string): void => context.addIssue({ code: 'custom', message, path: ['match'] });
    try {
      const regExp = new RegExp(`^(?:${match})$`);
      if (isSlow(regExp, MAX_TEXT_LENGTH)) refuse(TOO_SLOW);
      return { match: regExp, replace };
    } catch (error) {
      refuse(`is not a regular expression: ${(error as Error).message}`);
      return z.NEVER;
    }
  });

/** `[{match: …, replace: …}]`, each applied in its order. */
export const rewriteRules = z
  .array(rule, 'must be a list of rules, each beginning with "- match: …"')
  .max(MAX_RULES, `has more than ${MAX_RULES} rules`)
  .default([]);
