// What add-ons and relays of different ages make of a client, an address and IT's wording: no ring is lost for any of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDown } from '../../shared/protocol.ts';
import { call, client, party } from './addon-call.ts';

const line = (told: object) =>
  decodeDown(
    JSON.stringify({ type: 'line', extension: '101', epoch: 'e', seq: 1, cause: null, calls: [told] }),
  );
const partyOf = (told: object) => {
  const message = line(told);
  assert.ok(message?.type === 'line', 'the line is understood');
  return message.calls[0]?.party;
};
const opening = (url: unknown) => ({ ...call(), party: { ...party({ client: client() }), url } });

test('an address that may never be opened is none, and the ring is shown all the same', () => {
  for (const url of [
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    '//evil',
    7,
    'x'.repeat(3_000),
  ])
    assert.equal(partyOf(opening(url))?.url, null, String(url).slice(0, 20));
  for (const url of ['https://crm.example/7', 'e1c://server/crm', 'callto:+7', null])
    assert.equal(partyOf(opening(url))?.url, url);
});

test('a relay that knows no marks is understood, and so is one that knows more than we do', () => {
  assert.equal(partyOf(opening(null))?.client?.isVip, undefined);
  const more = { ...client({ isVip: true, isBlocked: true, isYours: true }), weather: 'fair' };
  assert.deepEqual(
    partyOf(call({ party: party({ client: more }) }))?.client,
    client({ isVip: true, isBlocked: true, isYours: true }),
  );
});

test('a client with more fields than fit is no message: a relay never sends one', () =>
  assert.equal(
    line(
      call({
        party: party({
          client: client({ fields: Array.from({ length: 9 }, () => ({ label: 'a', value: 'b' })) }),
        }),
      }),
    ),
    null,
  ));

test('a welcome is understood without wording, and with one of a later relay', () => {
  const welcome = {
    type: 'welcome',
    protocol: 1,
    extensions: ['101'],
    serverTime: 1,
    pingEveryMs: 1,
    auth: 'open',
  };
  const wordingOf = (notification: unknown) => {
    const message = decodeDown(JSON.stringify({ ...welcome, notification }));
    assert.ok(message?.type === 'welcome', JSON.stringify(notification));
    return message.notification;
  };
  const good = { title: { en: '{name}', ru: '{name}' }, text: null };
  assert.deepEqual(wordingOf(good), good);
  assert.deepEqual(wordingOf({ ...good, title: { ...good.title, de: '{name}' } }), good);
  for (const other of [
    undefined,
    null,
    7,
    { title: '{name}' },
    { title: { en: 'x'.repeat(501), ru: '' }, text: null },
  ])
    assert.equal(wordingOf(other), undefined);
});
