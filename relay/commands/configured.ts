// Reads the configuration for a command that needs it, or says all that is wrong with it. Shell.
import type { Command, Invocation } from '../command.ts';
import { readConfig } from '../config.ts';
import type { Config, ReadConfig } from '../config.ts';

/** `run` with the configuration and who says it; without a good one: exit code 78 [sysexits EX_CONFIG]. */
export const configured =
  (run: (config: Config, invocation: Invocation, told: ReadConfig['told']) => Promise<number>): Command =>
  async (invocation) => {
    const result = readConfig(invocation.environment);
    if ('config' in result) return run(result.config, invocation, result.told);
    invocation.complain('Ringcue cannot start, its configuration is wrong:');
    for (const problem of result.problems) invocation.complain(`  ${problem}`);
    return 78;
  };

/** What is opened and pictured, as the directory wants it told. */
export const cardTemplates = (config: Config) => ({
  client: config.cardUrl,
  unknown: config.unknownUrl,
  image: config.imageUrl,
  schemes: config.schemes,
});
