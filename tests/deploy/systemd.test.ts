// The unit under a real systemd with all its hardening, from the tarball, beside a real Asterisk: in a container that holds nothing
// but Debian, systemd and Node.
import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { packRelay } from '../../relay/deploy/tarball.ts';
import { openOffice } from '../lab/office.ts';
import { askToBePaired, WRITTEN_ELSEWHERE_MS } from '../relay/pairing-browser.ts';
import { watch } from '../relay/watcher.ts';
import { BASE_IMAGE, prepareBaseImage } from './base-image.ts';
import { succeed } from './command.ts';
import { openDoor } from './door.ts';
import { NETWORK, noContainersAs, openEngine } from './engine.ts';
import type { Engine } from './engine.ts';

const HOST_IMAGE = 'localhost/ringcue-systemd:12';
const START_DEADLINE_MS = 30_000;
const ANNA = '+79161234567';
const LISTENING = `[Service]
Environment=RINGCUE_LISTEN=0.0.0.0:8088
Environment=RINGCUE_PLAIN_BEYOND_LOOPBACK=yes
`;
/** In a container systemd leaves mounts private, and none of a credential would reach its service. [mount-setup.c] */
const BOOT = ['sh', '-c', 'mount --make-rshared / && exec /sbin/init'];
const say = (text: string): void => console.log(`  ${text}`);
const skip = noContainersAs(process.getuid?.()) ?? false;

/** A Debian host with systemd. */
async function prepareHostImage(engine: Engine): Promise<void> {
  if ((await engine.tryPodman(['image', 'exists', HOST_IMAGE])).code === 0) return;
  const container = (await engine.buildah(['from', '--pull-never', BASE_IMAGE])).trim();
  try {
    const install =
      'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends systemd systemd-sysv dbus && ln -s /usr/local/bin/node /usr/bin/node';
    await engine.buildah(['run', '--isolation', 'chroot', container, '--', 'sh', '-c', install], {
      deadlineMs: 300_000,
    });
    await engine.buildah(['config', '--cmd', '["/sbin/init"]', container]);
    await engine.buildah(['commit', '--quiet', '--format', 'docker', container, HOST_IMAGE], {
      deadlineMs: 120_000,
    });
  } finally {
    await engine.buildah(['rm', container]);
  }
}

/** /opt/ringcue, /etc/ringcue and the unit, as relay/deploy/README.md lays them out. */
async function layOut(folder: string, pbx: { host: string; port: number; secret: string }): Promise<void> {
  const [home, settings, units] = [join(folder, 'opt'), join(folder, 'etc'), join(folder, 'units')];
  for (const path of [
    home,
    settings,
    join(units, 'ringcue.service.d'),
    join(units, 'multi-user.target.wants'),
  ])
    await mkdir(path, { recursive: true });
  await succeed('tar', ['-xf', await packRelay(folder), '--strip-components=1', '-C', home]);
  await cp(join(home, 'relay/deploy/settings'), settings, { recursive: true });
  const file = join(settings, 'ringcue.yaml');
  const text = (await readFile(file, 'utf8')).replace(
    /host: 192\.0\.2\.1.*/,
    `host: ${pbx.host}\n  port: ${pbx.port}`,
  );
  await writeFile(file, text);
  // For root alone: only systemd reads it, and hands it over.
  await writeFile(join(settings, 'ami-secret'), `${pbx.secret}\n`, { mode: 0o400 });
  await cp(join(home, 'relay/deploy/ringcue.service'), join(units, 'ringcue.service'));
  // As systemctl enable does; and it must be reached from outside the container.
  await symlink('../ringcue.service', join(units, 'multi-user.target.wants/ringcue.service'));
  await writeFile(join(units, 'ringcue.service.d/listen.conf'), LISTENING);
}

test(
  'the hardened unit runs the relay: an invitation pairs a browser, a call is told, its folder is written, stopped it ends with 0',
  { skip },
  async () => {
    const engine = await openEngine(say);
    await prepareBaseImage(engine, say);
    await prepareHostImage(engine);
    await using opened = new AsyncDisposableStack();
    const office = opened.use(await openOffice({ asterisk: '22', driver: 'pjsip', phones: ['101'] }));
    const door = opened.use(await openDoor({ ...office.ami, ...office.ami.accounts.ringcue }));
    const folder = opened.adopt(await mkdtemp(join(tmpdir(), 'ringcue-host-')), (path) =>
      rm(path, { recursive: true, force: true }),
    );
    await layOut(folder, door.access);

    const name = `ringcue-systemd-${process.pid}`;
    const mounts = [
      [`${folder}/opt`, '/opt/ringcue:ro'],
      [`${folder}/etc`, '/etc/ringcue:ro'],
      [`${folder}/units/ringcue.service`, '/etc/systemd/system/ringcue.service:ro'],
      [`${folder}/units/ringcue.service.d`, '/etc/systemd/system/ringcue.service.d:ro'],
      [`${folder}/units/multi-user.target.wants`, '/etc/systemd/system/multi-user.target.wants:ro'],
    ].flatMap(([there, here]) => ['--volume', `${there}:${here}`]);
    const run = [
      'run',
      '--detach',
      '--pull',
      'never',
      '--name',
      name,
      '--network',
      NETWORK,
      '--systemd',
      'always',
    ];
    // What a systemd needs to build its services' sandboxes.
    const rights = [
      '--cap-add',
      'SYS_ADMIN,SYS_PTRACE,NET_ADMIN,SYS_RESOURCE',
      '--security-opt',
      'seccomp=unconfined',
      '--security-opt',
      'unmask=all',
    ];
    opened.defer(async () => {
      await engine.tryPodman(['rm', '--force', '--time', '0', name]);
    });
    await engine.podman([...run, ...rights, '--publish', '127.0.0.1::8088', ...mounts, HOST_IMAGE, ...BOOT]);
    const inside = (...command: string[]) => engine.tryPodman(['exec', name, ...command]);
    const told = async (property: string): Promise<string> =>
      (await inside('systemctl', 'show', '-P', property, 'ringcue')).stdout.trim();

    const port = Number((await engine.podman(['port', name, '8088/tcp'])).trim().split(':').at(-1));
    const isReady = async (): Promise<boolean> =>
      (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null))?.status === 200;
    const giveUpAt = performance.now() + START_DEADLINE_MS;
    while (!(await isReady())) {
      if (performance.now() > giveUpAt)
        assert.fail(
          `it is not ready: ${await told('ActiveState')} ${await told('Result')}\n${(await inside('journalctl', '--no-pager', '-n', '60')).stdout}`,
        );
      await sleep(200);
    }
    // As the documents say: by root, while the relay runs.
    const settings =
      'RINGCUE_CONFIG=/etc/ringcue/ringcue.yaml RINGCUE_DATA=/var/lib/private/ringcue RINGCUE_AMI_SECRET_FILE=/etc/ringcue/ami-secret';
    const invited = await inside('sh', '-c', `${settings} /opt/ringcue/relay/start.js invite 101 --json`);
    const { code: invitation } = JSON.parse(invited.stdout) as { code: string };
    const feedUrl = `ws://127.0.0.1:${port}/feed`;
    await sleep(WRITTEN_ELSEWHERE_MS);
    await using browser = askToBePaired(feedUrl, { invitation });
    const { token } = await browser.paired();
    await using session = await watch(feedUrl, '101', token);
    const client = office.client({ number: ANNA, name: '' });
    await client.calls(office.phone('101'));
    await office.phone('101').rings();
    const { call } = await session.isTold(({ state }) => state === 'ringing', 'a ring');
    assert.equal(call.party.client?.name, 'Анна Петрова');
    await client.hangsUp();
    await session.isTold(({ state }) => state === 'ended', 'the end');

    const rated = await inside('systemd-analyze', 'security', '--no-pager', 'ringcue.service');
    say(rated.stdout.trim().split('\n').at(-1) ?? '');
    const { stdout: status } = await inside(
      'sh',
      '-c',
      'cat /proc/$(systemctl show -P MainPID ringcue)/status',
    );
    for (const row of [/^CapEff:\s0+$/m, /^NoNewPrivs:\s1$/m, /^Seccomp:\s2$/m]) assert.match(status, row);
    assert.doesNotMatch(status, /^Uid:\s0\s/m);
    assert.match((await inside('ls', '/var/lib/private/ringcue')).stdout, /journal\.sqlite/);
    assert.equal((await inside('systemctl', 'stop', 'ringcue')).code, 0);
    assert.deepEqual([await told('Result'), await told('ExecMainStatus')], ['success', '0']);
  },
);
