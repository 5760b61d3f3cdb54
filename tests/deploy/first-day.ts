// An administrator's first day, from the documents alone: an account on a plain Asterisk 22, the relay by compose, the add-on
// in a real Chromium, paired by a real phone, until the first notification; then TLS and an invitation. Called by its test, which judges it, and by `npm run transcript`,
// which writes it down.
import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Call } from '../../shared/protocol.ts';
import { DEFAULT_PREFIX, pairingDialplan } from '../../relay/pairing/dialplan.ts';
import { openChromium } from '../browser/chromium.ts';
import { openDesktop } from '../browser/desktop.ts';
import type { Notification } from '../browser/desktop.ts';
import type { RunningAsterisk } from '../lab/asterisk.ts';
import { openOffice } from '../lab/office.ts';
import type { Office } from '../lab/office.ts';
import { askToBePaired, WRITTEN_ELSEWHERE_MS } from '../relay/pairing-browser.ts';
import { watch } from '../relay/watcher.ts';
import { BROWSER_PACKAGES, preparePackages } from '../setup/packages.ts';
import { BASE_IMAGE, prepareBaseImage } from './base-image.ts';
import { succeed } from './command.ts';
import { openDocker, prepareCaddyImage } from './docker.ts';
import type { Docker } from './docker.ts';
import { openDoor } from './door.ts';
import { COMPOSE_NETWORK } from './engine.ts';
import type { Engine } from './engine.ts';
import { PROJECT } from './image.ts';
import { freePort } from './proxy.ts';
import { openTerminal } from './terminal.ts';
import type { Terminal } from './terminal.ts';

const ANNA = '+79161234567';
/** As many as compose's network has. */
const ADDRESSES = 16;

export type FirstDay = {
  transcript: string;
  notification: Notification;
  /** From the client's INVITE to the notification. */
  notifiedAfterMs: number;
  /** What a browser with an invitation was told through the proxy. */
  storyByTls: string;
  /** Of the proxy, which the relay knows by it. */
  proxyAddress: string;
  /** What others in the relay's network are given, one after the other, with the proxy away. */
  otherAddresses: string[];
  minutes: number;
};

export async function playFirstDay(engine: Engine, progress: (text: string) => void): Promise<FirstDay> {
  await preparePackages(BROWSER_PACKAGES, progress);
  await prepareBaseImage(engine, progress);
  await prepareCaddyImage(engine);
  await using opened = new AsyncDisposableStack();
  const office = opened.use(await openOffice({ asterisk: '22', driver: 'pjsip', phones: ['101', '102'] }));
  const docker = opened.use(await openDocker(engine));
  const home = opened.adopt(await mkdtemp(join(tmpdir(), 'ringcue-day-')), (path) =>
    rm(path, { recursive: true, force: true }),
  );
  const door = opened.use(await openDoor({ ...office.ami, ...office.ami.accounts.ringcue }));
  await cloneProject(home);
  await makePlain(office.asterisk, docker.binFolder);

  const [port, plainPort, tlsPort] = [await freePort(), await freePort(), await freePort()];
  const host = ownAddress();
  const terminal = openTerminal({
    folder: join(home, 'ringcue/relay/deploy'),
    environment: environmentOf(docker, { port, plainPort, tlsPort }),
    substitutes: [
      [`${office.asterisk.folder}/etc`, '/etc/asterisk'],
      [`127.0.0.1:${port}`, '127.0.0.1:8088'],
      [`localhost:${tlsPort}`, 'localhost'],
      [`:${tlsPort}->`, ':443->'],
      [`:${plainPort}->`, ':80->'],
      [host, '192.0.2.20'],
      [home, '/root'],
      [PROJECT.replace(/\/$/, ''), '/root/ringcue'],
    ],
  });
  opened.defer(async () => {
    await terminal.run('docker compose --profile tls down --volumes --timeout 5').catch(() => undefined);
  });
  const startedAt = performance.now();
  await givesAccount(terminal, office.asterisk);
  await addsPairing(terminal, office.asterisk);
  await startsRelay(terminal, { host, amiPort: door.access.port, port });
  const { notification, notifiedAfterMs } = await seesNotification(terminal, office, { port, home });
  const minutes = (performance.now() - startedAt) / 60_000;
  terminal.tells(
    `That took ${minutes.toFixed(1)} minutes of the machine's time; reading and typing come on top.`,
  );
  const storyByTls = await addsTls(terminal, office, { tlsPort, home });
  const transcript = terminal.transcript();
  const addresses = await handsOutAddresses(terminal, engine);
  return { transcript, notification, notifiedAfterMs, storyByTls, ...addresses, minutes };
}

const environmentOf = (docker: Docker, ports: { port: number; plainPort: number; tlsPort: number }) => ({
  ...docker.environment,
  PATH: `${docker.binFolder}:${process.env['PATH'] ?? ''}`,
  RINGCUE_PUBLISH: `127.0.0.1:${ports.port}`,
  RINGCUE_NETWORK: COMPOSE_NETWORK,
  RINGCUE_HTTP_PORT: `127.0.0.1:${ports.plainPort}`,
  RINGCUE_HTTPS_PORT: `127.0.0.1:${ports.tlsPort}`,
  RINGCUE_LOG_DRIVER: 'k8s-file', // podman's
  RINGCUE_IMAGE: 'ringcue-relay:first-day',
});

/** The files that a clone would have, and the packages that it would install. */
async function cloneProject(home: string): Promise<void> {
  const pack =
    'git ls-files --cached --others --exclude-standard -z | tar --null -cf - -T - --ignore-failed-read';
  await succeed('bash', ['-c', `mkdir "$1/ringcue" && ${pack} | tar -xf - -C "$1/ringcue"`, 'clone', home], {
    folder: PROJECT,
  });
  await symlink(join(PROJECT, 'node_modules'), join(home, 'ringcue/node_modules'));
}

/** Takes what the lab has for the relay away, and gives the administrator the command `asterisk`. */
async function makePlain({ root, folder }: RunningAsterisk, binFolder: string): Promise<void> {
  const file = join(folder, 'etc/manager.conf');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(/^\[(?:ringcue|pollonly)\]\n(?:(?!\[).*\n)*/gm, ''));
  const dialplan = join(folder, 'etc/extensions.conf');
  const before = await readFile(dialplan, 'utf8');
  const after = before.replace(pairingDialplan(DEFAULT_PREFIX), '');
  if (after === before) throw new Error('The lab’s dialplan holds no lines for pairing any more');
  await writeFile(dialplan, after);
  const command = join(binFolder, 'asterisk');
  await writeFile(
    command,
    `#!/bin/sh\nexec '${root.loader}' --library-path '${root.libraryPath}' '${root.binary}' -C '${folder}/etc/asterisk.conf' "$@"\n`,
  );
  await chmod(command, 0o755);
  for (const what of ['manager', 'dialplan']) await succeed(command, ['-rx', `${what} reload`]);
}

/** The address by which others, and so containers, reach this machine. */
function ownAddress(): string {
  const all = Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    /^(?:podman|cni|docker|veth|br-)/.test(name) ? [] : (addresses ?? []),
  );
  const found = all.find(({ family, internal }) => family === 'IPv4' && !internal);
  if (!found)
    throw new Error(
      'This machine has no IPv4 address but its loopback: containers cannot reach its Asterisk',
    );
  return found.address;
}

async function givesAccount(terminal: Terminal, asterisk: RunningAsterisk): Promise<void> {
  terminal.tells(
    '## An account on Asterisk\n\nThe lines of README.md, with a secret of our own; the relay comes from this machine.',
  );
  const readme = await readFile(join(PROJECT, 'README.md'), 'utf8');
  const lines = /```ini\n([^]*?)```/.exec(readme)?.[1];
  if (lines === undefined) throw new Error('README.md does not tell the account on Asterisk any more');
  const account = lines
    .replace('192.0.2.10', '127.0.0.1')
    .replace('a-long-random-text', '$(cat ../../../secret)')
    .trimEnd();
  await terminal.run('openssl rand -hex 24 > ../../../secret');
  await terminal.run(`cat >> ${asterisk.folder}/etc/manager.conf <<END\n\n${account}\nEND`);
  await terminal.run('asterisk -rx "manager reload"');
  await terminal.run('asterisk -rx "manager show user ringcue"');
}

async function addsPairing(terminal: Terminal, asterisk: RunningAsterisk): Promise<void> {
  terminal.tells(
    '## A code to dial\n\nrelay/deploy/PBX.md, "Pairing a phone": the lines into the context that the phones dial in, `internal` here.',
  );
  const page = await readFile(join(PROJECT, 'relay/deploy/PBX.md'), 'utf8');
  const lines = /### Pairing a phone\n[^]*?```ini\n([^]*?)```/.exec(page)?.[1]?.trimEnd();
  if (lines === undefined) throw new Error('PBX.md does not tell how a phone is paired any more');
  await terminal.run(`cat >> ${asterisk.folder}/etc/extensions.conf <<'END'\n\n${lines}\nEND`);
  await terminal.run('asterisk -rx "dialplan reload"');
}

async function startsRelay(
  terminal: Terminal,
  { host, amiPort, port }: { host: string; amiPort: number; port: number },
): Promise<void> {
  terminal.tells(
    '## The relay\n\nrelay/deploy/README.md, "In a container". This Asterisk’s manager listens on a port of its own.',
  );
  await terminal.run(
    `sed -i 's/host: 192.0.2.1 #.*/host: ${host}/; s/username: ringcue/&\\n  port: ${amiPort}/' settings/ringcue.yaml\ncat settings/ringcue.yaml`,
  );
  await terminal.run(
    'mkdir -p secrets && install -m 400 -o 1000 -g 1000 /dev/stdin secrets/ami-secret < ../../../secret',
  );
  await terminal.run('docker compose up -d --build');
  await terminal.run(
    `curl -sS --retry 30 --retry-delay 1 --retry-all-errors --fail http://127.0.0.1:${port}/readyz`,
  );
  await terminal.run('docker compose ps');
  await terminal.run('docker compose exec -T relay ringcue doctor');
  await terminal.run('docker compose logs --no-log-prefix relay');
}

async function seesNotification(
  terminal: Terminal,
  office: Office,
  { port, home }: { port: number; home: string },
): Promise<{ notification: Notification; notifiedAfterMs: number }> {
  terminal.tells(
    '## The add-on\n\nREADME.md, "The add-on": built, loaded into Chromium, and set up as staff do ("For staff"): address and extension, then a code.',
  );
  await terminal.run('cd ../.. && npm run build');
  await using opened = new AsyncDisposableStack();
  const desktop = opened.adopt(await openDesktop(), (one) => one.close());
  const addOn = join(home, 'ringcue/extension/dist/chromium');
  const browser = opened.adopt(await openChromium({ addOn, desktop, language: 'en' }), (one) => one.close());
  const options = await browser.open('options');
  await options.fill('Relay address', `127.0.0.1:${port}`);
  await options.fill('Your extension', '101');
  await options.press('Save');
  const asked = await options.reads(/On phone 101 dial\s+\*77 \d{3} \d{3}/);
  const code = /\*77 \d{3} \d{3}/.exec(asked)?.[0] ?? '';
  terminal.shows(`Options, with address and extension, after "Save":\n\n${indent(asked)}`);
  await office.phone('101').dials(code.replaceAll(' ', ''));
  const paired = await options.reads('Paired. Calls to 101 are shown here from now on.');
  await office.endsAllCalls();
  const popup = await browser.open('popup');
  const connected = await popup.reads('Calls to 101 are shown.');
  terminal.shows(
    `The phone has dialled it, and the page goes on by itself:\n\n${indent(paired)}\n\nThe icon's window:\n\n${indent(connected)}`,
  );

  terminal.tells('## The first call\n\nA client calls 101.');
  const client = office.client({ number: ANNA, name: '' });
  const calledAt = performance.timeOrigin + performance.now();
  await client.calls(office.phone('101'));
  const notification = await desktop.shows(({ text }) => text !== '');
  const notifiedAfterMs = notification.arrivedAt - calledAt;
  terminal.shows(
    `A notification, ${notifiedAfterMs.toFixed(0)} ms after the client's phone sent its INVITE:\n\n${indent(`${notification.title}\n${notification.text}`)}`,
  );
  await client.hangsUp();
  await office.phone('101').isFree();
  terminal.tells('Who is paired, and how that came:');
  await terminal.run('docker compose exec -T relay ringcue devices');
  await terminal.run('docker compose exec -T relay ringcue audit');
  return { notification, notifiedAfterMs };
}

async function addsTls(
  terminal: Terminal,
  office: Office,
  { tlsPort, home }: { tlsPort: number; home: string },
): Promise<string> {
  terminal.tells(
    '## TLS, and an invitation\n\nFor a name of its own Caddy fetches a certificate from a public authority; for `localhost`, as here, from its own, ' +
      'which is handed to curl. The relay is started anew, with the name for its links.',
  );
  await terminal.run(
    "printf 'RINGCUE_NAME=localhost\\nCOMPOSE_PROFILES=tls\\n' > .env\ndocker compose up -d",
  );
  await terminal.run(
    `until docker compose exec -T proxy cat /data/caddy/pki/authorities/local/root.crt > ../../../ca.pem; do sleep 0.2; done 2>/dev/null\ncurl -sS --retry 20 --retry-delay 1 --retry-all-errors --fail --cacert ../../../ca.pem https://localhost:${tlsPort}/readyz`,
  );
  const invited = await terminal.run('docker compose exec -T relay ringcue invite 102');
  const invitation = /link\s+https:\/\/localhost\/pair#(\S+)/.exec(invited)?.[1] ?? null;
  const trust = { ca: await readFile(join(home, 'ca.pem'), 'utf8') };
  const feedUrl = `wss://localhost:${tlsPort}/feed`;
  await sleep(WRITTEN_ELSEWHERE_MS);
  await using browser = askToBePaired(feedUrl, { invitation }, trust);
  const { token } = await browser.paired();
  await using told = await watch(feedUrl, '102', token, trust);
  const client = office.client({ number: ANNA, name: '' });
  await client.calls(office.phone('102'));
  await office.phone('102').rings();
  await client.hangsUp();
  await office.phone('102').isFree();
  await told.isTold(({ state }: Call) => state === 'ended', 'the end');
  terminal.tells(
    'Another browser has used the invitation, and the first one has stayed paired over the restart:',
  );
  await terminal.run('docker compose exec -T relay ringcue devices');
  return told.story();
}

/** Engines hand out the next address each time, and come round: as with a relay that is started anew for years. */
async function handsOutAddresses(
  terminal: Terminal,
  engine: Engine,
): Promise<Pick<FirstDay, 'proxyAddress' | 'otherAddresses'>> {
  const proxyAddress = await terminal.run('docker compose exec -T proxy hostname -i');
  await terminal.run('docker compose stop --timeout 5 proxy');
  const otherAddresses: string[] = [];
  while (otherAddresses.length < ADDRESSES) {
    const one = ['run', '--rm', '--network', 'ringcue_inside', BASE_IMAGE, 'hostname', '-i'];
    otherAddresses.push((await engine.podman(one)).trim());
  }
  return { proxyAddress: proxyAddress.trim(), otherAddresses };
}

const indent = (text: string): string => text.replace(/^/gm, '  ');
