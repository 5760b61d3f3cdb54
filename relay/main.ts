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
  invite: {
    usage: 'invite EXTENSION | --csv FILE',
    does: 'prints a code and a link that pair one browser without dialling; --ttl 24h, --json',
    load: async () => (await import('./commands/invite.ts')).invite,
  },
  'setup-link': {
    usage: 'setup-link',
    does: 'prints a link that opens /setup, where a browser sees what the doctor finds; once, --json',
    load: async () => (await import('./commands/setup-link.ts')).setupLink,
  },
  devices: {
    usage: 'devices [EXTENSION]',
    does: 'lists the browsers that are paired; --json',
    load: async () => (await import('./commands/devices.ts')).devices,
  },
  revoke: {
    usage: 'revoke ID | EXTENSION',
    does: 'ends the trust in a browser, or in all of an extension; --json',
    load: async () => (await import('./commands/revoke.ts')).revoke,
  },
  audit: {
    usage: 'audit',
    does: 'tells who was paired, revoked and refused, and who watches whom; --last 100, --json',
    load: async () => (await import('./commands/audit.ts')).audit,
  },
  doctor: {
    usage: 'doctor [--json] [--number N] …',
    does: 'goes through all that the relay needs and says what is wrong and what to paste where',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  lookup: {
    usage: 'lookup NUMBER [--extension 101] [--json]',
    does: 'says whose number it is, who knows that, and what would be shown and opened',
    load: async () => (await import('./commands/lookup.ts')).lookup,
  },
  status: {
    usage: 'status [--json]',
    does: 'how the running relay is, on one screen',
    load: async () => (await import('./commands/status.ts')).status,
  },
  backup: {
    usage: 'backup FOLDER',
    does: 'copies what the relay keeps, while it runs',
    load: async () => (await import('./commands/backup.ts')).backup,
  },
  'pbx-lines': {
    usage: 'pbx-lines',
    does: 'what is to be written on the PBX: Asterisk, FreePBX, Issabel, MikoPBX',
    load: async () => (await import('./commands/pbx-lines.ts')).pbxLines,
  },
  config: {
    usage: 'config check|print|schema|reference',
    does: 'the configuration: whether it is right, what it is, what it may be',
    load: async () => (await import('./commands/config.ts')).config,
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
  for (const { usage, does } of Object.values(COMMANDS)) complain(`  ringcue ${usage.padEnd(36)} ${does}`);
  process.exitCode = 64;
}
