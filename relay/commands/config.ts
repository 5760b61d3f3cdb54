// `ringcue config …`: whether the configuration is right, what it is and who says so, and what may be written at all, for
// editors (`relay/config.schema.json`) and for people (`relay/CONFIGURATION.md`). Shell.
import type { Command, Invocation } from '../command.ts';
import { readConfig } from '../config.ts';
import { printConfig } from '../config-print.ts';
import { configReference } from '../config-reference.ts';
import { configSchema, ruleOf } from '../config-schema.ts';
import { configured } from './configured.ts';

const ACTIONS: Readonly<Record<string, (invocation: Invocation) => number | Promise<number>>> = {
  check: ({ environment, say, complain }) => {
    const result = readConfig(environment);
    if ('config' in result) {
      say('The configuration is well.');
      return 0;
    }
    for (const problem of result.problems) complain(problem);
    return 78;
  },
  print: configured((_, { say }, told) => {
    say(printConfig(told, (key) => ruleOf(key).default).trimEnd());
    return Promise.resolve(0);
  }),
  schema: ({ say }) => {
    say(JSON.stringify(configSchema(), null, 2));
    return 0;
  },
  reference: ({ say }) => {
    say(configReference().trimEnd());
    return 0;
  },
};

export const config: Command = async (invocation) => {
  const [name = '', ...more] = invocation.parameters;
  const action = more.length === 0 && Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (action) return action(invocation);
  invocation.complain(`Say: ringcue config ${Object.keys(ACTIONS).join('|')}`);
  return 64;
};
