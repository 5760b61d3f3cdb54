// A browser that asks to be paired, and one that comes back with its token, at the relay's port: real sockets, a phone that
// the test says has dialled.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOSE } from '../../shared/protocol.ts';
import type { Down, Up } from '../../shared/protocol.ts';
import { pairingDialplan } from '../../relay/pairing/dialplan.ts';
import { openDesk } from '../relay/pairing-desk.ts';
import { DEADLINE_MS, join, NOW, serve } from '../relay/served-feed.ts';
import type { Client } from '../relay/served-feed.ts';
import { waitFor } from '../relay/wait.ts';

const NAME = 'Chrome on Windows';
const pair = (extension: string | null, invitation: string | null = null): Up => ({
  type: 'pair',
  protocol: 1,
  extension,
  invitation,
  name: NAME,
});
type Told<Type extends Down['type']> = Extract<Down, { type: Type }>;
const first = async <Type extends Down['type']>(client: Client, type: Type): Promise<Told<Type>> => {
  const find = (): Down | undefined => client.messages.find((message) => message.type === type);
  await waitFor(
    () => find() !== undefined,
    DEADLINE_MS,
    () => `no ${type} came, but ${JSON.stringify(client.messages)}`,
  );
  return find() as Told<Type>;
};

test('a browser is shown what to dial on which phone, and gets its token when that phone has dialled it', async () => {
  const desk = openDesk({ now: () => NOW });
  await using served = await serve({ pairing: desk.pairing });
  await using client = await join(served.url);
  client.say(pair('101'));
  const code = await first(client, 'code');
  assert.match(code.dial, /^\*77\d{6}$/);
  assert.equal(code.extension, '101');
  assert.equal(code.dialplan, pairingDialplan('*77'));
  desk.dials('101', code.dial);
  const paired = await first(client, 'paired');
  assert.match(paired.token, /^[\w-]{43}$/);
  assert.equal(await client.isClosed(), CLOSE.paired);
});
