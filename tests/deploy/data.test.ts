// What the image keeps in /data: files of the first version are read by this one, and a backup that was made while the relay
// ran is enough for another host, as relay/deploy/OPERATIONS.md tells.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startFakePbx } from '../relay/fake-pbx.ts';
import { askToBePaired, WRITTEN_ELSEWHERE_MS } from '../relay/pairing-browser.ts';
import { watch } from '../relay/watcher.ts';
import { startContainer } from './container.ts';
import { openDoor } from './door.ts';
import type { Door } from './door.ts';
import { noContainersAs, openEngine } from './engine.ts';
import type { Engine } from './engine.ts';
import { buildImage, IMAGE } from './image.ts';
import { comesBack } from './returning.ts';

const PAIRING = { RINGCUE_AUTH: 'pairing', RINGCUE_PLAIN_BEYOND_LOOPBACK: 'yes' };
const say = (text: string): void => console.log(`  ${text}`);
const skip = noContainersAs(process.getuid?.()) ?? false;

type Scene = AsyncDisposable & { engine: Engine; door: Door; volume(name: string): Promise<string> };

/** The image, a PBX that containers can reach, and volumes that go with the test. */
async function openScene(): Promise<Scene> {
  await using opened = new AsyncDisposableStack();
  const engine = await openEngine(say);
  await buildImage(engine, say);
  const pbx = opened.use(await startFakePbx());
  const door = opened.use(await openDoor(pbx.account));
  const kept = opened.move();
  return {
    engine,
    door,
    volume: async (name) => {
      const volume = `ringcue-test-${name}-${process.pid}`;
      await engine.podman(['volume', 'create', volume]);
      kept.defer(async () => {
        await engine.tryPodman(['volume', 'rm', '--force', volume]);
      });
      return volume;
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

const once = ['run', '--rm', '--pull', 'never', '--network', 'none'];

test(
  'data of the first version is read by this one: who was paired is, and is told what was missed then',
  { skip },
  async () => {
    await using scene = await openScene();
    const volume = await scene.volume('old');
    for (const name of ['journal', 'pairing']) {
      const sql = readFileSync(new URL(`../unit/${name}-version-1.sql`, import.meta.url), 'utf8');
      const make = `new (require('node:sqlite').DatabaseSync)('/data/${name}.sqlite').exec(process.argv[1])`;
      const run = [...once, '--volume', `${volume}:/data`, '--entrypoint', 'node', IMAGE];
      await scene.engine.podman([...run, '-e', make, '--', sql]);
    }
    // It is of 2023, and a relay forgets after 90 and 180 days unless it is told otherwise.
    const settings = { ...PAIRING, RINGCUE_JOURNAL_DAYS: '3650', RINGCUE_TOKEN_DAYS: '3650' };
    await using upgraded = await startContainer(scene.engine, { pbx: scene.door.access, volume, settings });
    await upgraded.logs(({ msg }) => msg === 'journal: kept', 'that it keeps a journal');
    const place = { epoch: 'e0', seq: 4 };
    const { missed } = await comesBack(upgraded.feedUrl, '101', place, 'a-token-of-version-1');
    assert.deepEqual(
      missed.map(({ id }) => id),
      ['1700000000.2'],
    );
  },
);

test(
  'a backup that is made while the relay runs is enough for a new one: whoever was paired stays so',
  { skip },
  async () => {
    await using scene = await openScene();
    const { engine, door } = scene;
    const [volume, elsewhere] = [await scene.volume('first'), await scene.volume('restored')];
    let token: string;
    {
      await using relay = await startContainer(engine, { pbx: door.access, volume, settings: PAIRING });
      const { code } = JSON.parse(await relay.exec('ringcue', 'invite', '101', '--json')) as { code: string };
      await sleep(WRITTEN_ELSEWHERE_MS);
      await using browser = askToBePaired(relay.feedUrl, { invitation: code });
      ({ token } = await browser.paired());
      // The disk follows the memory, within a moment.
      const giveUpAt = performance.now() + 5_000;
      while (!(await relay.exec('ringcue', 'devices', '--json')).includes('"extension":"101"'))
        assert.ok(performance.now() < giveUpAt, 'the pairing was not written');
      await relay.exec('ringcue', 'backup', '/data/backup');
      await relay.kill();
    }
    const mounts = ['--volume', `${volume}:/from:ro`, '--volume', `${elsewhere}:/data`];
    const copy = 'cp /from/backup/*.sqlite /data/';
    await engine.podman([...once, ...mounts, '--entrypoint', 'sh', IMAGE, '-c', copy]);

    await using restored = await startContainer(engine, {
      pbx: door.access,
      volume: elsewhere,
      settings: PAIRING,
    });
    await using told = await watch(restored.feedUrl, '101', token);
    assert.equal(told.line()?.extension, '101');
    assert.match(await restored.exec('ringcue', 'audit'), /paired\s+101\s+invitation/);
  },
);
