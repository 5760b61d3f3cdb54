// nginx, Caddy and HAProxy with the very files of relay/deploy before a relay: only the ports, the certificate and the
// relay's address are put in, and each of those must stand in the file. Called by tests/deploy/proxies.test.ts.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { prepareTool } from '../setup/tools.ts';
import type { ToolName } from '../setup/tools.ts';
import { succeed } from './command.ts';

export type ProxyName = 'nginx' | 'caddy' | 'haproxy';

export type Proxy = AsyncDisposable & {
  readonly port: number;
  /** Where plain HTTP is led on from. */
  readonly plainPort: number;
  /** Whom a browser must trust: its own certificate, or its authority's. */
  certificate(): Promise<string>;
};

type Site = { folder: string; plainPort: number; port: number; relayPort: number; idleSeconds: number };
type Recipe = {
  tool: ToolName;
  files(site: Site): Promise<Record<string, string>>;
  check: string[];
  run: string[];
  environment?(site: Site): Record<string, string>;
};

const SHIPPED_IDLE_SECONDS = 60;
const START_DEADLINE_MS = 15_000;
const DEPLOY = fileURLToPath(new URL('../../relay/deploy', import.meta.url));

/** The shipped file with the values of this test; what does not stand in it is a fault of one of both. */
async function shipped(name: string, values: readonly (readonly [string, string])[]): Promise<string> {
  let text = await readFile(join(DEPLOY, name), 'utf8');
  for (const [there, here] of values) {
    if (!text.includes(there)) throw new Error(`relay/deploy/${name} does not hold "${there}"`);
    text = text.replaceAll(there, here);
  }
  return text;
}

/** In the configuration that is checked and run, `FOLDER` is the proxy's own folder. */
const RECIPES: Record<ProxyName, Recipe> = {
  nginx: {
    tool: 'nginx',
    files: async ({ folder, plainPort, port, relayPort, idleSeconds }) => ({
      'site.conf': await shipped('nginx.conf', [
        ['listen 80;', `listen 127.0.0.1:${plainPort};`],
        ['listen 443 ssl;', `listen 127.0.0.1:${port} ssl;`],
        ['server 127.0.0.1:8088;', `server 127.0.0.1:${relayPort};`],
        ['/etc/ssl/ringcue/', `${folder}/`],
        [`timeout ${SHIPPED_IDLE_SECONDS}s;`, `timeout ${idleSeconds}s;`],
      ]),
      'nginx.conf': `daemon off;
pid ${folder}/pid;
error_log stderr;
events { worker_connections 256; }
http {
  access_log off;
${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `  ${name}_temp_path ${folder}/${name};\n`).join('')}
  include ${folder}/site.conf;
}
`,
    }),
    check: ['-t', '-e', 'stderr', '-c', 'FOLDER/nginx.conf'],
    run: ['-e', 'stderr', '-c', 'FOLDER/nginx.conf'],
  },
  caddy: {
    tool: 'caddy',
    // Its own file goes unchanged: names and addresses are in its environment. `localhost` gets a certificate of an
    // authority of Caddy's own.
    files: ({ folder, plainPort, port }) =>
      Promise.resolve({
        Caddyfile: `{
  http_port ${plainPort}
  https_port ${port}
  admin off
  skip_install_trust
  storage file_system ${folder}/storage
}
import ${DEPLOY}/Caddyfile
`,
      }),
    environment: ({ folder, relayPort }) => ({
      RINGCUE_NAME: 'localhost',
      RINGCUE_UPSTREAM: `127.0.0.1:${relayPort}`,
      HOME: folder,
      XDG_DATA_HOME: folder,
      XDG_CONFIG_HOME: folder,
    }),
    check: ['validate', '--adapter', 'caddyfile', '--config', 'FOLDER/Caddyfile'],
    run: ['run', '--adapter', 'caddyfile', '--config', 'FOLDER/Caddyfile'],
  },
  haproxy: {
    tool: 'haproxy',
    files: async ({ folder, plainPort, port, relayPort, idleSeconds }) => ({
      'haproxy.cfg': await shipped('haproxy.cfg', [
        ['bind :80\n', `bind 127.0.0.1:${plainPort}\n`],
        ['bind :443 ssl', `bind 127.0.0.1:${port} ssl`],
        ['server relay 127.0.0.1:8088', `server relay 127.0.0.1:${relayPort}`],
        ['/etc/haproxy/ringcue.pem', `${folder}/both.pem`],
        ['maxconn 25000', 'maxconn 500'],
        [`timeout client ${SHIPPED_IDLE_SECONDS}s`, `timeout client ${idleSeconds}s`],
        [`timeout server ${SHIPPED_IDLE_SECONDS}s`, `timeout server ${idleSeconds}s`],
        [`timeout tunnel ${SHIPPED_IDLE_SECONDS}s`, `timeout tunnel ${idleSeconds}s`],
      ]),
    }),
    check: ['-c', '-f', 'FOLDER/haproxy.cfg'],
    run: ['-db', '-f', 'FOLDER/haproxy.cfg'],
  },
};

/** Checks the file with the proxy's own checker, then starts it before the relay at `relayPort`. */
export async function startProxy(
  name: ProxyName,
  relayPort: number,
  { idleSeconds = SHIPPED_IDLE_SECONDS }: { idleSeconds?: number } = {},
): Promise<Proxy> {
  const recipe = RECIPES[name];
  const { binary, environment } = await prepareTool(recipe.tool);
  const folder = await mkdtemp(join(tmpdir(), `ringcue-${name}-`));
  const site = { folder, relayPort, idleSeconds, plainPort: await freePort(), port: await freePort() };
  await makeCertificate(folder);
  for (const [file, text] of Object.entries(await recipe.files(site)))
    await writeFile(join(folder, file), text);
  const env = { ...environment, ...recipe.environment?.(site) };
  const here = (parameters: readonly string[]): string[] =>
    parameters.map((one) => one.replace('FOLDER', folder));
  await succeed(binary, here(recipe.check), { environment: env, folder });

  const child = spawn(binary, here(recipe.run), {
    env: { PATH: process.env['PATH'], ...env },
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4_000)));
  const removeAll = (): void => void child.kill('SIGKILL');
  process.once('exit', removeAll);
  const dispose = async (): Promise<void> => {
    process.off('exit', removeAll);
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), 3_000);
      await ended;
      clearTimeout(killer);
    }
    await rm(folder, { recursive: true, force: true });
  };
  const giveUpAt = performance.now() + START_DEADLINE_MS;
  while (!(await speaksTls(site.port))) {
    if (child.exitCode !== null || performance.now() > giveUpAt) {
      await dispose();
      throw new Error(`${name} did not start: ${said}`);
    }
    await sleep(20); // nobody tells when a port begins to listen, and Caddy listens before it has its certificate
  }
  return {
    port: site.port,
    plainPort: site.plainPort,
    certificate: () =>
      readFile(
        join(folder, name === 'caddy' ? 'storage/pki/authorities/local/root.crt' : 'certificate.pem'),
        'utf8',
      ),
    [Symbol.asyncDispose]: dispose,
  };
}

async function makeCertificate(folder: string): Promise<void> {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const kind =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost'.split(' ');
  const name = ['-addext', 'subjectAltName=DNS:localhost'];
  await succeed('openssl', [...kind, ...name, '-keyout', key, '-out', certificate]);
  await writeFile(
    join(folder, 'both.pem'),
    `${await readFile(certificate, 'utf8')}${await readFile(key, 'utf8')}`,
  );
}

/** Below 32768, where the system itself hands out none. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 50; tries += 1) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (!(await isTaken(port))) return port;
  }
  throw new Error('No free port was found between 20000 and 32000. What is running on this machine?');
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(true));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(false)));
  });
}

function speaksTls(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', rejectUnauthorized: false });
    const answer = (isSo: boolean) => (): void => {
      resolve(isSo);
      socket.destroy();
    };
    socket.setTimeout(2_000, answer(false));
    socket.once('secureConnect', answer(true)).once('error', answer(false));
  });
}
