// Add-ons that read slowly, ask nothing, fall silent or are too many: real sockets.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { CLOSE } from '../../shared/protocol.ts';
import type { Call } from '../../shared/protocol.ts';
import { call, DEADLINE_MS, hello, join, NOW, rawSocket, serve } from '../relay/served-feed.ts';
import type { Served } from '../relay/served-feed.ts';
import { waitFor } from '../relay/wait.ts';

/** A line of about 40 KiB. */
const longLine = (id: string): Call[] => {
  const text = 'x'.repeat(500);
  const fields = Array.from({ length: 8 }, () => ({ label: text, value: text }));
  const client = { id: '1', name: text, image: null, others: 0, fields };
  return Array.from({ length: 5 }, (_, n) => call({ id: `${id}.${n}`, party: { ...call().party, client } }));
};

/** One that has stopped reading and one that reads; `publish` tells both of long lines. */
async function slowAndSwift(served: Served) {
  served.setPbx('up', NOW);
  const [slow, swift] = [await join(served.url), await join(served.url)];
  for (const one of [slow, swift]) {
    one.say(hello('101', '102'));
    await one.told(4);
  }
  slow.socket.pause();
  let published = 0;
  const publish = async (count: number): Promise<void> => {
    for (const end = published + count; published < end;) {
      published += 1;
      served.hub.publish('101', `${published}`, longLine(`${published}`));
      if (published % 20 === 0) await new Promise(setImmediate);
    }
    // On a busy machine even he may skip some.
    const isNewest = (): boolean =>
      swift.messages.some((one) => 'cause' in one && one.cause === `${published}`);
    await waitFor(isNewest, DEADLINE_MS, () => `the swift one was not told of ${published}`);
  };
  const end = async (): Promise<void> => {
    for (const one of [slow, swift]) await one[Symbol.asyncDispose]();
  };
  return { slow, swift, publish, [Symbol.asyncDispose]: end };
}

test('a reader who was slow gets the newest line when he reads on, and holds up nobody', async () => {
  await using served = await serve();
  await using office = await slowAndSwift(served);
  await office.publish(600);
  served.hub.publish('102', 'the other', []);
  office.slow.socket.resume();
  const isNewest = (): boolean => JSON.stringify(office.slow.messages).includes('"cause":"600"');
  await waitFor(
    isNewest,
    DEADLINE_MS,
    () => `${office.slow.messages.length} messages, the newest not among them`,
  );
  await waitFor(
    () => JSON.stringify(office.slow.messages.at(-1)).includes('the other'),
    DEADLINE_MS,
    () => 'the other line was not told',
  );
  const seqs = office.slow.messages.flatMap((one) => (one.type === 'line' ? one.seq : []));
  assert.ok(seqs.length < 550, `${seqs.length} lines came, so all were kept`);
  assert.deepEqual(served.state.closeCodes, []);
  const before = office.slow.messages.length;
  await office.publish(1);
  await office.slow.told(before + 1);
});

test('a reader who stays slow is let go, to come back and be repaired by his next line', async () => {
  await using served = await serve({ behindDeadlineMs: 100 });
  await using office = await slowAndSwift(served);
  await office.publish(600);
  await waitFor(
    () => served.state.closeCodes.length > 0,
    DEADLINE_MS,
    () => 'he was not let go',
  );
  assert.deepEqual(served.state.closeCodes, [CLOSE.tooSlow]);
  office.slow.socket.resume();
  await office.slow.isClosed();
  served.calls.set('101', [call({ id: 'newest' })]);
  await using again = await join(served.url);
  again.say(hello('101'));
  assert.equal(((await again.told(3))[2] as { calls: Call[] }).calls[0]?.id, 'newest');
});

test('where no place is left the next is refused, for now, and taken when one has gone', async () => {
  await using served = await serve({ maxSessions: 4 });
  await using first = await join(served.url);
  const isRefused = async (): Promise<boolean> => {
    const socket = new WebSocket(served.url);
    const isOpen = await once(socket, 'open').then(
      () => true,
      () => false, // 503
    );
    socket.on('error', () => undefined);
    socket.terminate();
    return !isOpen;
  };
  assert.ok(await isRefused(), 'one address may have one without a hello of four sessions');
  first.say(hello('101'));
  await first.told(1);
  await using second = await join(served.url);
  second.say(hello('101'));
  await second.told(1);
  assert.ok(await isRefused(), 'one address may have two of four sessions');
  assert.equal(served.state.refused, 2);
  await first[Symbol.asyncDispose]();
  await waitFor(
    () => served.state.sessions === 1,
    DEADLINE_MS,
    () => 'it has not gone',
  );
  await using third = await join(served.url);
  third.say(hello('101'));
  await third.told(1);
});

test('whoever connects and asks nothing, or never ends his request, is let go', async () => {
  await using served = await serve({ helloDeadlineMs: 100 });
  for (const begun of ['', 'GET /feed HTTP/1.1\r\nHost: x\r\n']) {
    using socket = rawSocket(served);
    socket.resume();
    socket.write(begun);
    await once(socket, 'end');
  }
});

test('one who answers every ping but then falls silent is found at the deadline, not a period later', async () => {
  await using served = await serve({ pingEveryMs: 200, silenceMs: 600 });
  await using client = await join(served.url);
  client.say(hello('101'));
  await client.told(3);
  const pong = { type: 'pong', at: NOW } as const;
  client.say(pong); // right after the ping
  const heardAt = performance.now();
  assert.equal(await client.isClosed(), CLOSE.silent);
  assert.ok(performance.now() - heardAt < 750, `${performance.now() - heardAt} ms`);
});
