// Starts a real Asterisk in a private folder, on free ports of the loopback, and stops it again by its process id.
// Called by lab/office.ts and by whoever needs a PBX without phones. It dies with this process, however this process dies.

import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AsteriskRoot } from '../setup/asterisk.ts';
import { ACCOUNTS, configurationFiles, PBX_HOST, RTP_PORTS } from './configuration.ts';
import type { Driver } from './driver.ts';
import { Observer } from './observer.ts';
import { now } from './until.ts';

export interface StartOptions {
  readonly driver: Driver;
  /** where the trunk of the lab listens; 9 (discard) if there is none */
  readonly trunkPort?: number;
  /** how long a phone is rung before the caller is given up; default 20 */
  readonly ringTimeoutSeconds?: number;
  /** text added to the end of configuration files, by file name */
  readonly additions?: Readonly<Record<string, string>>;
}

export interface RunningAsterisk extends AsyncDisposable {
  readonly root: AsteriskRoot;
  readonly driver: Driver;
  readonly processId: number;
  readonly folder: string;
  readonly amiPort: number;
  readonly sipPort: number;
  /** from the start of the process to the end of loading, as its AMI tells */
  readonly readyAfterMs: number;
  /** logged in as the operator since the start: it has seen every event */
  readonly operator: Observer;
  /** false once the process has ended, by itself or by `kill` */
  readonly isRunning: boolean;
  /** warnings and errors that it has written so far */
  log(): Promise<string>;
  /** a power cut: no farewell to anybody */
  kill(): Promise<void>;
  /** starts it again on the same ports with the same configuration, after `kill` */
  restart(): Promise<RunningAsterisk>;
  [Symbol.asyncDispose](): Promise<void>;
}

const START_DEADLINE_MS = 15_000;
const STOP_DEADLINE_MS = 3_000;
const ATTEMPTS = 4;

/** Starts Asterisk and waits until it has loaded everything. @throws Error with what Asterisk said, when it does not start */
export async function startAsterisk(root: AsteriskRoot, options: StartOptions): Promise<RunningAsterisk> {
  await removeAbandoned();
  let failure: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const ports = { amiPort: await freePort('tcp'), sipPort: await freePort('udp'), rtpPort: rtpPort() };
    const folder = await layOut(root, options, ports);
    try {
      return await run(root, options.driver, folder, ports);
    } catch (error) {
      // Between our look and its bind somebody else may have taken the port: only then another attempt makes sense.
      failure = error;
      await rm(folder, { recursive: true, force: true });
      if (!(error instanceof PortTaken)) break;
    }
  }
  throw failure;
}

interface Ports {
  readonly amiPort: number;
  readonly sipPort: number;
  readonly rtpPort: number;
}

class PortTaken extends Error {}

async function run(
  root: AsteriskRoot,
  driver: Driver,
  folder: string,
  ports: Ports,
): Promise<RunningAsterisk> {
  const startedAt = now();
  const { child, output } = launch(root, folder);
  const removeAll = () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', removeAll);
  const log = async () =>
    `${await readFile(join(folder, 'log/messages'), 'utf8').catch(() => '')}${output()}`;
  let operator: Observer;
  try {
    operator = await readiness(child, ports.amiPort);
    const trouble = /^.*(?:Address already in use|declined to load|Error loading module).*$/im.exec(
      await log(),
    )?.[0];
    if (trouble !== undefined) throw new Error(trouble);
  } catch (error) {
    await stop(child);
    process.off('exit', removeAll);
    const text = await log();
    const message = `Asterisk ${root.version} did not start: ${String(error)}\n${text.slice(-3_000)}`;
    throw /Address already in use/i.test(text) ? new PortTaken(message) : new Error(message);
  }
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (signal === 'SIGTERM') operator.close();
    await stop(child, signal);
    await operator.readsToTheEnd(); // others have heard it, too
    process.off('exit', removeAll);
    await whenFree('tcp', ports.amiPort);
    await whenFree('udp', ports.sipPort);
  };
  return {
    root,
    driver,
    processId: child.pid ?? 0,
    folder,
    amiPort: ports.amiPort,
    sipPort: ports.sipPort,
    readyAfterMs: now() - startedAt,
    operator,
    get isRunning() {
      return child.exitCode === null && child.signalCode === null;
    },
    log,
    kill: () => end('SIGKILL'),
    restart: () => run(root, driver, folder, ports),
    [Symbol.asyncDispose]: async () => {
      await end('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

// --- the folder ---

const FOLDER_PREFIX = 'ringcue-pbx-';

/** Folders whose makers were killed before they could remove them. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const maker = name.startsWith(FOLDER_PREFIX) ? name.slice(FOLDER_PREFIX.length).split('-')[0] : undefined;
    if (maker !== undefined && /^\d+$/.test(maker) && !existsSync(`/proc/${maker}`))
      await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

async function layOut(root: AsteriskRoot, options: StartOptions, ports: Ports): Promise<string> {
  // Short, as the name of a UNIX socket in it must not exceed 107 bytes.
  const folder = await mkdtemp(join(tmpdir(), `${FOLDER_PREFIX}${process.pid}-`));
  const files = configurationFiles({
    driver: options.driver,
    folder,
    modulesFolder: root.modulesFolder,
    ...ports,
    trunkPort: options.trunkPort ?? 9,
    ringTimeoutSeconds: options.ringTimeoutSeconds ?? 20,
    additions: options.additions ?? {},
  });
  const sounds = ['beep', 'beeperr', 'pbx-transfer', 'pbx-invalid', 'pbx-parkingfailed', 'auth-thankyou'];
  const silence = Buffer.alloc(800, 0xff); // 100 ms of G.711 µ-law
  for (const name of ['etc', 'run', 'log', 'spool', 'data/moh', 'data/sounds/en'])
    await mkdir(join(folder, name), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, 'etc', name), text);
  for (const name of sounds) await writeFile(join(folder, 'data/sounds/en', `${name}.ulaw`), silence);
  await writeFile(join(folder, 'data/moh/silence.ulaw'), Buffer.alloc(80_000, 0xff));
  // Asterisk refuses to start without the descriptions of its own settings.
  await symlink(root.documentationFolder, join(folder, 'data/documentation'));
  return folder;
}

// --- the process ---

function launch(root: AsteriskRoot, folder: string) {
  // setpriv: the kernel ends it when this process ends, even by SIGKILL. A small stack, as each thread takes a whole one.
  const script = 'ulimit -s 512; exec setpriv --pdeathsig KILL "$@"';
  const command = [
    root.loader,
    '--library-path',
    root.libraryPath,
    root.binary,
    '-f',
    '-C',
    join(folder, 'etc/asterisk.conf'),
  ];
  const child = spawn('sh', ['-c', script, 'asterisk', ...command], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: folder, LC_ALL: 'C.UTF-8', TZ: 'UTC' },
  });
  let text = '';
  const keep = (chunk: Buffer) => (text = (text + chunk.toString()).slice(-10_000));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return { child, output: () => text };
}

/** Logs in as soon as the AMI listens and waits for the event that says that all modules are loaded. */
async function readiness(child: ChildProcess, amiPort: number): Promise<Observer> {
  const end = now() + START_DEADLINE_MS;
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      reject(new Error(`it ended at once (${signal ?? `exit ${code ?? '?'}`})`)),
    );
  });
  ended.catch(() => undefined); // it may also end later, when nobody waits here any more
  for (;;) {
    const attempt = Observer.connect(PBX_HOST, amiPort, ACCOUNTS.operator);
    attempt.catch(() => undefined); // when the process has ended, that is the better error
    try {
      const operator = await Promise.race([attempt, ended]);
      await Promise.race([operator.event({ Event: 'FullyBooted' }, { deadlineMs: end - now() }), ended]);
      return operator;
    } catch (error) {
      if (child.exitCode !== null || child.signalCode !== null || now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10)); // the kernel tells nobody when a port begins to listen
    }
  }
}

async function stop(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  child.kill('SIGCONT'); // a scenario may have stopped it
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  await exit;
  clearTimeout(timer);
}

// --- ports ---

/** Below 32768, where the system itself hands out none. */
function randomPort(): number {
  return 20_000 + Math.floor(Math.random() * 12_000);
}

function rtpPort(): number {
  return 2 * Math.floor((10_000 + Math.random() * (10_000 - RTP_PORTS)) / 2);
}

async function freePort(protocol: 'tcp' | 'udp'): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = randomPort();
    if (await isFree(protocol, port)) return port;
  }
  throw new Error('No free port was found between 20000 and 32000. What is running on this machine?');
}

async function whenFree(protocol: 'tcp' | 'udp', port: number): Promise<void> {
  const end = now() + STOP_DEADLINE_MS;
  while (!(await isFree(protocol, port))) {
    if (now() > end) throw new Error(`Asterisk has ended, but its ${protocol} port ${port} is still taken`);
    await new Promise((resolve) => setTimeout(resolve, 10)); // nobody tells when a port becomes free
  }
}

function isFree(protocol: 'tcp' | 'udp', port: number): Promise<boolean> {
  return new Promise((resolve) => {
    if (protocol === 'tcp') {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, PBX_HOST, () => server.close(() => resolve(true)));
    } else {
      const socket = createSocket('udp4');
      socket.once('error', () => resolve(false));
      socket.bind({ port, address: PBX_HOST, exclusive: true }, () => socket.close(() => resolve(true)));
    }
  });
}
