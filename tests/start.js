// The door of `npm test`, `npm run test:unit`, `npm run demo` and `npm run bench`: installs the project's packages where
// they are missing or old, then goes on in the project's own Node. Plain JavaScript, as the host's Node may be too old
// for the rest; it needs Node 18 and npm.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const node = `${root}node_modules/.bin/node`;
const marker = `${root}node_modules/.ringcue-lock`;
const lock = readFileSync(`${root}package-lock.json`, 'utf8');

function run(command, parameters, options = {}) {
  const { status, signal, error } = spawnSync(command, parameters, {
    cwd: root,
    stdio: 'inherit',
    ...options,
  });
  if (error) process.stderr.write(`${command} could not be started: ${error.message}\n`);
  return status ?? (signal === 'SIGINT' ? 130 : 1);
}

const isInstalled = existsSync(node) && existsSync(marker) && readFileSync(marker, 'utf8') === lock;
if (!isInstalled) {
  process.stdout.write('Installing packages (npm ci, about half a minute) …\n');
  const status = run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  if (status !== 0) {
    process.stderr.write(
      'npm ci failed; see above. It needs npm 9 or newer and a package registry within reach.\n',
    );
    process.exit(status);
  }
  writeFileSync(marker, lock);
}
// A terminal sends Ctrl-C to the whole group at once, so that Asterisk, relay and browser would die in disorder. In a
// group of its own the run hears of it alone, puts everything away, and we wait for it.
const child = spawn(node, [`${root}tests/run.ts`, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  detached: true,
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill('SIGTERM'));
child.on('exit', (code) => process.exit(code ?? 1));
