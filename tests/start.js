// The door of `npm test`, `npm run test:unit`, `npm run demo`, `npm run lab` and the others: installs the
// packages where they are missing or old, then goes on in the project’s own Node. Plain JavaScript, as the host’s Node
// may be too old for the rest; it needs Node 18 and npm.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
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

function installPackages(options) {
  return run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], options);
}

function isTooOldForPackages() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major < 20 || (major === 20 && minor < 19);
}

/** Fetches the Node that the lock file names into a temporary folder and goes on with it in front of the path. */
function withOwnNode(install) {
  const { version } = JSON.parse(lock).packages['node_modules/node'];
  process.stdout.write(
    `This is Node ${process.versions.node}: fetching Node ${version} for npm to run in …\n`,
  );
  const folder = mkdtempSync(join(tmpdir(), 'ringcue-node-'));
  const parameters = [
    'install',
    '--prefix',
    folder,
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    `node@${version}`,
  ];
  const fetched = run('npm', parameters);
  const path = `${join(folder, 'node_modules/.bin')}${delimiter}${process.env.PATH}`;
  const status = fetched === 0 ? install({ env: { ...process.env, PATH: path } }) : fetched;
  rmSync(folder, { recursive: true, force: true });
  return status;
}

const isInstalled = existsSync(node) && existsSync(marker) && readFileSync(marker, 'utf8') === lock;
if (!isInstalled) {
  process.stdout.write('Installing packages (npm ci, about half a minute) …\n');
  // npm leaves out optional packages that the Node it runs in is too old for, and the build needs one of those.
  const status = isTooOldForPackages() ? withOwnNode(installPackages) : installPackages({});
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
