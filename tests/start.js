// The door of `npm test`, `npm run test:unit`, `npm run demo` and `npm run bench`: installs the project's packages where
// they are missing or old, then goes on in the project's own Node. Plain JavaScript, as the host's Node may be too old
// for the rest; it needs Node 18 and npm.
import { spawnSync } from 'node:child_process';
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
// The terminal sends Ctrl-C to the whole group: the child tidies up, and we wait for it.
process.on('SIGINT', () => undefined);
process.exit(run(node, [`${root}tests/run.ts`, ...process.argv.slice(2)]));
