// The door of everything the relay's program can do: `ringcue COMMAND …`, and `npm start` for `ringcue serve`. Each command
// is a file in `commands/`, loaded when it is called. The only file that reads `process.env`.
import type { Command } from './command.ts';

type Entry = { usage: string; does: string; load: () => Promise<Command> };

const COMMANDS: Readonly<Record<string, Entry>> = {
  serve: {
    usage: 'serve',
    does: 'runs the relay; what is meant when no command is given',
    load: async () => (await import('./commands/serve.ts')).serve,
  },
  health: {
    usage: 'health',
    does: 'says whether the relay of this machine or container lives',
    load: async () => (await import('./commands/health.ts')).health,
  },
};

const [name = 'serve', ...parameters] = process.argv.slice(2);
const complain = (line: string): void => void process.stderr.write(`${line}\n`);
const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
if (entry) {
  const command = await entry.load();
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  process.exit(await command({ parameters, environment: process.env, say, complain }));
} else {
  complain(`There is no command "${name}". The commands are:`);
  for (const { usage, does } of Object.values(COMMANDS)) complain(`  ringcue ${usage.padEnd(32)} ${does}`);
  process.exitCode = 64;
}
