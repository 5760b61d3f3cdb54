// The pure half of the lab's phones: SIP and SDP texts, addresses, passwords. What Asterisk and callers really send serves as input.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerChallenge } from '../lab/digest.ts';
import { answerDirection, formatSdp, parseSdp } from '../lab/sdp.ts';
import {
  branchOf,
  formatAddress,
  formatSip,
  header,
  headers,
  parseAddress,
  parseSip,
  sequence,
  summary,
  tagOf,
} from '../lab/sip-message.ts';

const INVITE = [
  'INVITE sip:101@127.0.0.1:44872 SIP/2.0',
  'v: SIP/2.0/UDP 127.0.0.1:27481;rport;branch=z9hG4bKone',
  'Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKtwo',
  'FROM: "Анна \\"Нюра\\" Петрова" <sip:+79161234567@127.0.0.1>;tag=abc',
  't: <sip:101@127.0.0.1>',
  'i: call-1',
  'CSeq: 7 INVITE',
  'Subject: folded',
  '  over two lines',
  'Content-Length: 3',
  '',
  'v=0',
].join('\r\n');

test('a request is read with compact, folded and repeated headers', () => {
  const message = parseSip(INVITE);
  assert.ok(message?.kind === 'request');
  assert.equal(message.method, 'INVITE');
  assert.equal(message.body, 'v=0');
  assert.equal(header(message, 'call-id'), 'call-1');
  assert.equal(header(message, 'Subject'), 'folded over two lines');
  assert.equal(header(message, 'Nothing'), '');
  assert.equal(headers(message, 'Via').length, 2);
  assert.equal(branchOf(message), 'z9hG4bKone');
  assert.deepEqual(sequence(message), { number: 7, method: 'INVITE' });
  assert.equal(tagOf(header(message, 'From')), 'abc');
  assert.equal(tagOf(header(message, 'To')), null);
});

test('a response is read, even without a reason and with bare line feeds', () => {
  const message = parseSip('SIP/2.0 180 \nCSeq: 1 INVITE\n\n');
  assert.ok(message?.kind === 'response');
  assert.deepEqual([message.status, message.reason, summary(message)], [180, '', '180  (INVITE)']);
});

for (const noise of [
  '',
  '\r\n\r\n',
  '\0\0\0\0',
  'GET / HTTP/1.1\r\n\r\n',
  'INVITE sip:1@a SIP/2.0\r\nno colon\r\n\r\n',
]) {
  test(`${JSON.stringify(noise)} is no SIP message`, () => assert.equal(parseSip(noise), null));
}

test('what is written is read back the same, its length counted in bytes', () => {
  const written = formatSip({
    kind: 'response',
    status: 200,
    reason: 'OK',
    headers: [['CSeq', '1 BYE']],
    body: 'имя',
  });
  assert.match(written, /\r\nContent-Length: 6\r\n\r\nимя$/);
  const read = parseSip(written);
  assert.ok(read?.kind === 'response');
  assert.deepEqual([read.status, read.reason, read.body, header(read, 'CSeq')], [200, 'OK', 'имя', '1 BYE']);
});

const ADDRESSES: [value: string, display: string, user: string][] = [
  ['"Анна \\"Нюра\\" Петрова" <sip:+79161234567@127.0.0.1>;tag=abc', 'Анна "Нюра" Петрова', '+79161234567'],
  ['Anna Petrova <sip:101@127.0.0.1:5060;transport=udp>', 'Anna Petrova', '101'],
  ['<sip:100%0d%0aX@127.0.0.1>', '', '100%0d%0aX'],
  ['sip:101@127.0.0.1;tag=abc', '', '101'],
  ['<sip:127.0.0.1>', '', ''],
  ['"Anonymous" <sip:anonymous@anonymous.invalid>', 'Anonymous', 'anonymous'],
  ['"<sip:fake@x>" <sip:real@x>', '<sip:fake@x>', 'real'],
];
for (const [value, display, user] of ADDRESSES) {
  test(`${value} is read as ${JSON.stringify(display)} and ${JSON.stringify(user)}`, () => {
    const address = parseAddress(value);
    assert.deepEqual([address.display, address.user], [display, user]);
  });
}

test('a name with quotes, backslashes and line breaks is written so that it is read back without the breaks', () => {
  const value = formatAddress('ООО "Рога \\ копыта"\r\nX: y', 'sip:1@a');
  assert.doesNotMatch(value, /[\r\n]/);
  assert.equal(parseAddress(value).display, 'ООО "Рога \\ копыта"X: y');
  assert.equal(formatAddress('', 'sip:1@a'), '<sip:1@a>');
});

test('a challenge is answered as in the example of RFC 2617', () => {
  const challenge =
    'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"';
  const credentials = { username: 'Mufasa', secret: 'Circle Of Life' };
  const request = { method: 'GET', uri: '/dir/index.html', clientNonce: '0a4f113b' };
  const value = answerChallenge(challenge, credentials, request);
  assert.match(value, /response="6629fae49393a05397450978507c4ef1"/);
  assert.match(value, /qop=auth, nc=00000001, cnonce="0a4f113b"/);
  assert.match(value, /opaque="5ccc069c403ebaf9f0171e9517f40e41"/);
});

test('a challenge without qop is answered in the older way', () => {
  const challenge = 'Digest algorithm=MD5, realm="asterisk", nonce="5a0b"';
  const value = answerChallenge(
    challenge,
    { username: '101', secret: 's' },
    { method: 'REGISTER', uri: 'sip:a', clientNonce: 'c' },
  );
  assert.doesNotMatch(value, /qop|cnonce|opaque/);
  assert.match(
    value,
    /^Digest username="101", realm="asterisk", nonce="5a0b", uri="sip:a", response="[0-9a-f]{32}"/,
  );
});

test('sound is offered and understood, and hold is answered with its opposite', () => {
  const media = { host: '127.0.0.1', port: 4000, direction: 'sendonly' } as const;
  assert.deepEqual(parseSdp(formatSdp(media, 1)), media);
  assert.deepEqual(parseSdp('v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 5 RTP/AVP 0\r\n'), {
    host: '10.0.0.1',
    port: 5,
    direction: 'sendrecv',
  });
  assert.equal(parseSdp(''), null);
  assert.deepEqual((['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const).map(answerDirection), [
    'sendrecv',
    'recvonly',
    'sendonly',
    'inactive',
  ]);
});
