// What is given away with a trace: no number, name or address of a person, in whatever writing, and yet the same case.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readEvent } from '../../relay/ami/events.ts';
import { readReply } from '../../relay/ami/poll.ts';
import { createPhones } from '../../relay/calls/phones.ts';
import { createAnonymizer } from '../traces/anonymize.ts';
import { createPseudonyms } from '../traces/pseudonyms.ts';
import { findRecordings, readRecording, RECORDINGS } from '../traces/recording.ts';
import { METHOD_NAMES, METHODS, replay, storiesOf } from '../traces/replay.ts';
import { lineOf } from '../traces/trace.ts';
import type { Moment, Trace, TracePacket } from '../traces/trace.ts';

/** Chance that is the same each time [mulberry32]. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const phonesOf = (endpoints: Record<string, string> = { 'sales-desk': '107' }) =>
  createPhones({ pattern: /^\d{2,6}$/, endpoints: new Map(Object.entries(endpoints)), prefix: '' });
const anonymizer = (seed = 1, areShortNumbersReplaced = false, phones = phonesOf()) =>
  createAnonymizer({ ...phones, areShortNumbersReplaced, random: seeded(seed) });

describe('numbers', () => {
  const { number, text, name } = createPseudonyms({ areShortNumbersReplaced: false, random: seeded(7) });
  const subscriber = number('+79161234567').slice(-6);

  test('all writings of one number stay writings of one number', () => {
    assert.notEqual(subscriber, '234567');
    assert.equal(number('+79161234567'), `+79161${subscriber}`);
    assert.equal(number('89161234567'), `89161${subscriber}`);
    assert.equal(number('0079161234567'), `0079161${subscriber}`);
    assert.equal(number('+7(916)123-45-67').replace(/\D/g, ''), `79161${subscriber}`);
    assert.match(number('+7(916)123-45-67'), /^\+7\(916\)1\d\d-\d\d-\d\d$/);
    assert.equal(name('+79161234567'), `+79161${subscriber}`); // many trunks put it there
    assert.equal(text('SIP/trunk/89161234567,20'), `SIP/trunk/89161${subscriber},20`);
    assert.match(
      text('sip:89161234567@10.1.2.3:5060'),
      new RegExp(`^sip:89161${subscriber}@192\\.0\\.2\\.1:5060$`),
    );
  });
  test('extensions, short codes and hidden numbers stay as they are', () => {
    for (const plain of ['101', '*8', '**103', '200', 'anonymous', '<unknown>', '', 's'])
      assert.equal(number(plain), plain);
    assert.equal(name('Anonymous'), 'Anonymous');
  });
  test('on request short numbers are replaced, too, and keep their first digit', () => {
    const { number } = createPseudonyms({ areShortNumbersReplaced: true, random: seeded(3) });
    assert.match(number('101'), /^1(?!01)\d\d$/);
    assert.equal(number('101'), number('101'));
    assert.notEqual(number('101'), number('102'));
  });
  test('no two numbers become one', () => {
    const { number } = createPseudonyms({ areShortNumbersReplaced: false, random: seeded(5) });
    const originals = Array.from({ length: 5_000 }, (_, index) => `+7916${String(1_000_000 + index * 7)}`);
    assert.equal(new Set(originals.map(number)).size, originals.length);
  });
});

test('an endpoint that is a phone is called by its extension, so that the replay knows whose it is', () => {
  const { moment } = anonymizer();
  const channelOf = (channel: string) => {
    const told = moment({ ms: 1, event: { event: 'Newchannel', channel } });
    return 'event' in told ? told.event['channel'] : '';
  };
  assert.equal(channelOf('PJSIP/sales-desk-0000002b'), 'PJSIP/107-0000002b');
  assert.equal(channelOf('SIP/101-0000002b<ZOMBIE>'), 'SIP/101-0000002b<ZOMBIE>');
  assert.match(String(channelOf('PJSIP/acme-voip-0000002b')), /^PJSIP\/word\d-word\d-0000002b$/);
  assert.match(
    String(channelOf('Local/89161234567@from-acme-00000001;2')),
    /^Local\/89161\d{6}@from-word\d-00000001;2$/,
  );
});

test('a client told by the dialplan is told, but is another one', () => {
  const told = { userevent: 'RingcueClient', uniqueid: '1795485280.0' };
  const client = {
    clientid: '17',
    clientname: 'Romashka Ltd',
    cardurl: 'https://crm.acme.example:8443/c?id=17',
  };
  const given = anonymizer().moment({
    ms: 1,
    event: { event: 'UserEvent', ...told, ...client, crmsecret: 'x' },
  });
  const found = {
    client: { id: '17', name: 'Name 1', image: null, others: 0, fields: [] },
    url: 'https://word1.word2.word3:8443/word4?word5=17',
  };
  assert.deepEqual('event' in given && readEvent(given.event), {
    type: 'client-told',
    uniqueid: '1795485280.0',
    found,
  });
  assert.doesNotMatch(lineOf(given), /crmsecret/);
});

test('unknown keys are left out, and a torn block stays a torn block', () => {
  const { moment } = anonymizer();
  assert.deepEqual(moment({ ms: 1, event: { 'x-crm-secret': 'Ivanov', 'Anna: 5': 'x', ivanov: '1' } }), {
    ms: 1,
    event: {},
  });
  assert.deepEqual(
    moment({ ms: 1, event: { event: ['Newstate', 'Newstate'], channelstate: ['5', 'Ivanov'] } }),
    {
      ms: 1,
      event: { event: ['Newstate', 'Newstate'], channelstate: ['5', 'word1'] },
    },
  );
  assert.deepEqual(moment({ ms: 1, event: { event: 'Spy', spyercalleridnum: '101' } }), {
    ms: 1,
    event: { event: 'word2', word3calleridnum: '101' },
  });
});

/** A day of people: whatever key it stands under, and in whatever writing. */
function peoplesTrace(random: () => number): { moments: Moment[]; secrets: string[] } {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const digits = (length: number) => Array.from({ length }, () => Math.floor(random() * 10)).join('');
  const secrets: string[] = [];
  const secret = (text: string): string => {
    secrets.push(text);
    return text;
  };
  const person = () => {
    const subscriber = digits(7);
    const national = `9${digits(2)}${subscriber}`;
    secret(national);
    const parts = [national.slice(0, 3), national.slice(3, 6), national.slice(6, 8), national.slice(8)];
    const number = () =>
      pick([
        `+7${national}`,
        `8${national}`,
        `007${national}`,
        national,
        secret(`+7(${parts[0] ?? ''})${parts.slice(1).join('-')}`),
        secret(`8 ${parts.join(' ')}`),
        secret(`+7.${parts.join('.')}`),
        secret(`7/${parts.join('/')}`),
      ]);
    const name =
      secret(pick(['Пётр Ильич', 'Anna', 'Łukasz Żak', "O'Brien", 'ООО «Ромашка»', '李小龍', 'Ümit'])) +
      digits(9);
    return { number, name };
  };
  const moments = Array.from({ length: 60 }, (_, index): Moment => {
    const { number, name } = person();
    const host = secret(`gw${digits(4)}.acme.example`);
    const address = secret(`10.${digits(2)}.${digits(2)}.7`);
    const channel = pick([
      `SIP/${name}-0000002b`,
      `PJSIP/${number()}-0000002b`,
      `Local/${number()}@from-${host}-0000001;1`,
      `SIP/${address}-00000001`,
      `DAHDI/i1/${number()}-3`,
    ]);
    const fields = {
      event: pick(['Newchannel', 'Newstate', 'UserEvent', 'Hangup', 'Spam', name, number()]),
      channel,
      calleridnum: pick([number(), `${number()}@${host}`, name, [number(), number()]]),
      calleridname: pick([name, number(), `"${name}" <${number()}>`]),
      connectedlinenum: number(),
      connectedlinename: name,
      accountcode: number(),
      exten: pick([number(), `s-${name}`]),
      context: `from-${name}`,
      uniqueid: pick([`1795485280.${String(index)}`, `${host}-1795485280.1`, number()]),
      applicationdata: `SIP/${number()}@${address}&SIP/${name},20,tTb(${host}^${number()})`,
      dialstring: `${number()}@${host}`,
      clientname: name,
      cardurl: `https://${host}/?phone=${number()}&n=${encodeURIComponent(name)}`,
      queue: name,
      cause: pick(['16', name, number()]),
      'cause-txt': name,
      channelstatedesc: pick(['Ringing', name]),
      [`${name}calleridnum`]: number(),
      [number()]: name,
      value: `password=${name}`,
    };
    return index % 3 === 0
      ? { ms: index, answered: index, packets: [fields] }
      : index % 7 === 0
        ? { ms: index, mark: `SIP ${name} -> INVITE <sip:${number()}@${host}>` }
        : { ms: index, event: fields };
  });
  return { moments, secrets };
}

test('no number, name or address survives anywhere in the file, in any writing', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { moments, secrets } = peoplesTrace(seeded(seed));
    const { moment } = anonymizer(seed);
    const written = moments.map((one) => lineOf(moment(one))).join('');
    const flat = written.toLowerCase();
    for (const secret of secrets) {
      const text = secret.toLowerCase();
      const at = flat.indexOf(text);
      assert.equal(
        at,
        -1,
        `seed ${seed}: ${secret} survives in …${written.slice(Math.max(0, at - 60), at + 60)}`,
      );
    }
    // Punctuation hides nothing: neither between the digits of a number …
    const runs = written.replace(/(?<=\d)[\s().\/-]+(?=\d)/g, '');
    for (const secret of secrets.filter((text) => /^\d{10}$/.test(text)))
      assert.ok(!runs.includes(secret), `seed ${seed}: ${secret} survives in some writing`);
    // … nor a name as a word of its own.
    assert.doesNotMatch(written, /Ильич|Anna|ukasz|Brien|Ромашка|小龍|mit\b|acme|password/i, `seed ${seed}`);
  }
});

test('every key that the relay reads is kept', () => {
  const { moment } = anonymizer();
  const readKeys = (packet: TracePacket, read: (packet: TracePacket) => unknown): string[] => {
    const keys = new Set<string>();
    const getOwnPropertyDescriptor = (target: TracePacket, key: string | symbol) => {
      const own = Object.getOwnPropertyDescriptor(target, key);
      if (own && typeof key === 'string') keys.add(key);
      return own;
    };
    read(new Proxy(packet, { getOwnPropertyDescriptor, ownKeys: () => [] }));
    return [...keys];
  };
  const lost = new Set<string>();
  for (const path of findRecordings([RECORDINGS]))
    for (const original of readRecording(path).moments) {
      const given = moment(original);
      const check = (before: TracePacket, after: TracePacket | undefined, keys: readonly string[]): void =>
        keys.forEach(
          (key) => after && !Object.hasOwn(after, key) && lost.add(`${String(before['event'])} ${key}`),
        );
      if ('event' in original && 'event' in given)
        check(original.event, given.event, readKeys(original.event, readEvent));
      if ('packets' in original && 'packets' in given) {
        const closing = original.packets.at(-1) ?? {};
        original.packets.forEach((row, index) =>
          check(
            row,
            given.packets[index],
            readKeys(row, (packet) => readReply([packet, { ...closing, listitems: '1' }])),
          ),
        );
      }
    }
  assert.deepEqual([...lost], []);
});

describe('an anonymized recording tells the same stories, people apart', () => {
  for (const path of findRecordings([RECORDINGS]))
    test(path.slice(RECORDINGS.length), () => {
      const original = readRecording(path);
      const { moment, pseudonyms } = anonymizer(11, false, phonesOf(original.header.phones));
      const given: Trace = { header: original.header, moments: original.moments.map(moment) };
      const renamed = (story: string): string =>
        story
          .replace(/\+?\d{7,}/g, (number) => pseudonyms.number(number))
          .replace(/(?<=queue )[^,)]+/g, (queue) => pseudonyms.text(queue));
      for (const method of METHOD_NAMES) {
        const stories = Object.entries(storiesOf(replay(original, METHODS[method])));
        assert.deepEqual(
          storiesOf(replay(given, METHODS[method])),
          Object.fromEntries(stories.map(([extension, story]) => [extension, renamed(story)])),
          method,
        );
      }
    });
});
