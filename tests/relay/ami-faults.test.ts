// Whatever an Asterisk does wrong, every add-on is told within 5 s, and the relay's memory is bounded: one relay with its
// real deadlines beside one PBX for each fault.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { block, channelList, event, failure, snapshot, startFakePbx, success } from './fake-pbx.ts';
import type { FakePbx, Session } from './fake-pbx.ts';
import { startRelay } from './relay-process.ts';
import { isSiteReady, startRelayOf } from './sites.ts';
import { waitFor } from './wait.ts';
import { watch } from './watcher.ts';

const FOUND_WITHIN_MS = 5_000;

type Fault = {
  /** What the log says of it. */
  code: string;
  /** Settings of this PBX. */
  lines?: string[];
  begin(pbx: FakePbx): unknown;
};

const POLLED_SELDOM = ['  pollEveryMs: 60000']; // under `ami:`

const FAULTS: Readonly<Record<string, Fault>> = {
  silent: { code: 'ami.no-answer', begin: (pbx) => (pbx.isAlive = false) },
  'silent-seldom': { code: 'ami.no-answer', lines: POLLED_SELDOM, begin: (pbx) => (pbx.isAlive = false) },
  // Events still come, but nothing is answered.
  'deaf-seldom': {
    code: 'ami.no-answer',
    lines: POLLED_SELDOM,
    begin(pbx) {
      for (const name of Object.keys(pbx.script)) pbx.script[name] = () => undefined;
      const talking = setInterval(() => pbx.session().send(event('Newstate', snapshot())), 100);
      pbx.session().socket.on('close', () => clearInterval(talking));
    },
  },
  slow: {
    code: 'ami.no-answer',
    begin(pbx) {
      pbx.script['coreshowchannels'] = (action, { send, socket }) => {
        send(success(action, { EventList: 'start' }));
        const row = block({ Event: 'CoreShowChannel', ActionID: action.id, ...snapshot() });
        const trickling = setInterval(() => send(row), 100);
        socket.on('close', () => clearInterval(trickling));
      };
    },
  },
  killed: { code: 'ami.closed', begin: (pbx) => pbx.stop() },
  reset: {
    code: 'ami.closed',
    begin(pbx) {
      pbx.isAlive = false;
      pbx.session().socket.resetAndDestroy();
    },
  },
  'half-closed': {
    code: 'ami.closed',
    begin(pbx) {
      pbx.isAlive = false;
      pbx.session().socket.end();
    },
  },
  // The right is taken away, and the log-off is not answered.
  'rights-taken': {
    code: 'ami.permission-denied',
    begin(pbx) {
      pbx.script['coreshowchannels'] = (action, { send }) => send(failure(action, 'Permission denied'));
      pbx.script['logoff'] = () => undefined;
    },
  },
  // Whoever sits on the port after that is no Asterisk.
  'endless-line': { code: 'ami.too-much', begin: (pbx) => pour(pbx.session(), 'x'.repeat(64 * 1024)) },
  'endless-block': {
    code: 'ami.too-much',
    begin: (pbx) => pour(pbx.session(), 'Exten: 1\r\n'.repeat(5_000)),
  },
  'endless-list': {
    code: 'ami.too-much',
    begin(pbx) {
      pbx.script['coreshowchannels'] = (action, session) => {
        session.send(success(action, { EventList: 'start' }));
        pour(session, block({ Event: 'CoreShowChannel', ActionID: action.id, ...snapshot() }).repeat(200));
      };
    },
  },
};

/** Sends for ever what the relay takes, until it lets go. */
function pour({ socket }: Session, text: string): void {
  const again = (): void => {
    while (socket.writable && socket.write(text));
  };
  socket.on('drain', again);
  again();
}

test(
  'every fault of a PBX is told to the add-ons within 5 s, with since when',
  { timeout: 40_000 },
  async () => {
    await using stack = new AsyncDisposableStack();
    const sites = await Promise.all(
      Object.entries(FAULTS).map(async ([name, fault], n) => ({
        name,
        fault,
        extension: `${String.fromCodePoint(65 + n)}101`,
        prefix: String.fromCodePoint(65 + n),
        pbx: stack.use(await startFakePbx()),
      })),
    );
    const relay = stack.use(
      await startRelayOf(
        sites.map(({ name, fault, pbx, prefix }) => ({
          ...{ ...pbx.account, name },
          lines: [...(fault.lines ?? []), `prefix: ${prefix}`],
        })),
      ),
    );
    await Promise.all(sites.map(({ name }) => isSiteReady(relay, name)));
    const watched = await Promise.all(
      sites.map(async (site) => ({
        ...site,
        watcher: stack.use(await watch(relay.feedUrl, site.extension)),
      })),
    );
    const downs = watched.map(async ({ name, fault, pbx, watcher }) => {
      const isDown = (): boolean =>
        watcher.messages.some((one) => one.type === 'pbx' && one.state === 'down');
      assert.ok(!isDown(), `${name} is seen before its fault`);
      const beganAt = Date.now();
      await fault.begin(pbx);
      await waitFor(isDown, FOUND_WITHIN_MS, () => `${name} was not found in ${FOUND_WITHIN_MS} ms`);
      const down = watcher.messages.find((one) => one.type === 'pbx' && one.state === 'down');
      assert.ok(
        down?.type === 'pbx' && down.since >= beganAt && down.since <= Date.now(),
        `${name}: ${down?.type}`,
      );
      const logged = await relay.logs(
        ({ msg, pbx }) => msg === 'pbx down' && pbx === name,
        `${name} is down`,
      );
      assert.equal(logged['code'], fault.code, `${name}: ${String(logged['detail'])}`);
    });
    await Promise.all(downs);
  },
);

/** [/metrics] */
async function residentBytes(address: string): Promise<number> {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]);
}

test(
  'a million channels are dropped at the bound, logged, and take no memory',
  { timeout: 40_000 },
  async () => {
    await using fake = await startFakePbx();
    await using relay = await startRelay(fake.account);
    await relay.isReady();
    const before = await residentBytes(relay.address);
    let sent = 0;
    fake.script['coreshowchannels'] = ({ id }, { socket }) => {
      const rows = function* (): Generator<string> {
        yield block({ Response: 'Success', ActionID: id, EventList: 'start' });
        for (sent = 0; sent < 1_000_000; sent += 1) {
          const channel = `PJSIP/${10_000 + (sent % 90_000)}-${sent}`;
          const own = { Channel: channel, Uniqueid: `1700000000.${sent}`, Linkedid: `1700000000.${sent}` };
          yield block({ Event: 'CoreShowChannel', ActionID: id, ...snapshot(own) });
        }
        yield channelList(id, []);
      };
      const all = rows();
      const more = (): void => {
        for (let row = all.next(); !row.done && socket.writable; row = all.next())
          if (!socket.write(row.value)) return;
      };
      socket.on('drain', more);
      more();
    };
    const down = await relay.logs(({ msg }) => msg === 'pbx down', 'that the link was dropped');
    assert.match(String(down['detail']), /more than 20000 rows/);
    assert.ok(sent < 200_000, `${sent} were sent`);
    const grown = ((await residentBytes(relay.address)) - before) / 2 ** 20;
    assert.ok(grown < 150, `it grew by ${grown.toFixed(0)} MiB`);
  },
);

test('after a restart the PBX is seen again within 2 s', { timeout: 20_000 }, async () => {
  await using fake = await startFakePbx();
  await using relay = await startRelay(fake.account);
  await relay.isReady();
  await using watcher = await watch(relay.feedUrl, '101');
  const states = (): string =>
    watcher.messages.flatMap((one) => (one.type === 'pbx' ? one.state : [])).join();
  await fake.stop();
  await waitFor(
    () => states() === 'up,down',
    FOUND_WITHIN_MS,
    () => states(),
  );
  fake.rows = [snapshot({ Application: 'AppDial' })];
  await fake.start();
  const startedAt = performance.now();
  await watcher.isTold(({ state }) => state === 'ringing', 'who rings since then');
  await waitFor(
    () => states() === 'up,down,up',
    1_000,
    () => states(),
  );
  assert.ok(performance.now() - startedAt < 2_000, `${performance.now() - startedAt} ms`);
});
