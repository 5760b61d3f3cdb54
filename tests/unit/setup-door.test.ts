// /setup and those who try its lock: its link used twice, late, by guessing, from another site's page, by previews; what an
// open page tells, and for how long; and one examination at a time.
import assert from 'node:assert/strict';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as testWithin } from 'node:test';
import { peerReader } from '../../relay/feed/proxies.ts';
import { networkOf } from '../../relay/network.ts';
import { createRate } from '../../relay/pairing/rate.ts';
import { hashOf, newToken } from '../../relay/pairing/secrets.ts';
import { createSetupDoor, SETUP_LINK_MS, SETUP_SESSION_MS } from '../../relay/setup/door.ts';
import { createExamination } from '../../relay/setup/examination.ts';
import { useSetupLink, writeSetupLink } from '../../relay/setup/link-file.ts';
import type { Told } from '../../relay/doctor/finding.ts';
import { alike } from '../../relay/said.ts';
import { serve } from '../relay/served-feed.ts';
import { pagesOf } from '../relay/served-pages.ts';
import { waitFor } from '../relay/wait.ts';

const test = (name: string, run: () => void | Promise<void>): void =>
  void testWithin(name, { timeout: 20_000 }, run);

const FINDING: Told = {
  ...{ check: 'port', pbx: null, mark: 'wrong', text: alike('nobody listens') },
  remedy: { where: alike('manager.conf'), lines: ['[general]', 'enabled = yes'] },
};

/** A relay's port with a real door, a clock of the test, and a doctor that the test lets end. */
async function openScene(basePath = '') {
  const folder = mkdtempSync(join(tmpdir(), 'ringcue-setup-'));
  const clock = { at: Date.parse('2026-11-28T10:00:00Z') };
  const now = (): number => clock.at;
  const [tries, events] = [createRate({ burst: 10, perSecond: 1 / 6, maxKeys: 100 }), [] as string[]];
  const nobody: (told: Told) => void = () => undefined;
  const doctor = { begun: 0, tell: nobody, end: (): void => undefined };
  const door = createSetupDoor({
    useLink: (hash, at) => useSetupLink(folder, hash, at),
    ...{ hashOf, newToken, now },
    takeTry: (address, at) => tries.take(networkOf(address), at),
  });
  const examination = createExamination({
    now,
    onFailed: () => events.push('failed'),
    examine: (tell) =>
      new Promise<void>((resolve) => {
        doctor.begun += 1;
        [doctor.tell, doctor.end] = [tell, resolve];
      }),
  });
  const served = await serve({
    door: { tls: null, peerOf: peerReader(['127.0.0.1']), origins: [], basePath },
    pages: pagesOf({
      ...{ door, examination, now, basePath },
      onOpened: () => events.push('opened'),
      onRefused: () => events.push('refused'),
    }),
  });
  const at = `${served.http}${basePath}/setup/`;
  const link = (): string => {
    const secret = newToken();
    writeSetupLink(folder, { hash: hashOf(secret), expiresAt: clock.at + SETUP_LINK_MS });
    return secret;
  };
  const send = (form: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(at, { method: 'POST', body: new URLSearchParams(form), headers, redirect: 'manual' });
  const cookieOf = (response: Response): string => response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const look = async (cookie = '', headers: Record<string, string> = {}) => {
    const response = await fetch(at, { headers: { ...headers, cookie } });
    return { response, text: await response.text() };
  };
  return {
    ...{ folder, clock, doctor, events, served, at, link, send, cookieOf, look },
    [Symbol.asyncDispose]: async () => {
      await served[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    },
  };
}

const LOCKED = /<form method="post">[^]*id="secret"/;

test('a setup link opens /setup once, for the browser that has used it, and for a quarter of an hour', async () => {
  await using scene = await openScene();
  const secret = scene.link();
  assert.match((await scene.look()).text, LOCKED);
  const entered = await scene.send({ secret });
  assert.deepEqual([entered.status, entered.headers.get('location')], [303, './']);
  const [header = ''] = entered.headers.getSetCookie();
  assert.match(header, /^ringcue_setup=[\w-]{43}; HttpOnly; SameSite=Strict; Max-Age=900$/);
  assert.doesNotMatch(header, new RegExp(secret), 'the cookie is another secret');
  const cookie = scene.cookieOf(entered);
  scene.doctor.tell(FINDING);
  const { text, response } = await scene.look(cookie);
  assert.match(text, /Examining…[^]*nobody listens[^]*<pre lang="en">\[general\]\nenabled = yes<\/pre>/);
  assert.equal(response.headers.get('refresh'), '2');

  assert.equal((await scene.send({ secret })).status, 403, 'the link was used');
  assert.match((await scene.look('ringcue_setup=x')).text, LOCKED);
  assert.match((await scene.look(`ringcue_setup=${'x'.repeat(43)}`)).text, LOCKED);
  scene.clock.at += SETUP_SESSION_MS - 1;
  assert.match((await scene.look(`other=1; ringcue_setup=old; ${cookie}`)).text, /nobody listens/);
  scene.clock.at += 1;
  const over = await scene.look(cookie);
  assert.match(over.text, /Your time is over/);
  assert.doesNotMatch(over.text, /nobody listens/);
  assert.equal((await scene.send({ examine: 'again' }, { cookie })).status, 403);
  assert.deepEqual(scene.events, ['opened', 'refused']);
});

test('a setup link that is late opens nothing, a newer one takes the place of the one before', async () => {
  await using scene = await openScene();
  const [first, second] = [scene.link(), scene.link()];
  assert.equal((await scene.send({ secret: first })).status, 403);
  scene.clock.at += SETUP_LINK_MS;
  assert.equal((await scene.send({ secret: second })).status, 403);
  assert.deepEqual(readdirSync(scene.folder), [], 'an old one is put away');
  assert.equal((await scene.send({ secret: scene.link() })).status, 303);
});

test('a setup link is used up by no preview: only what its page sends with its button opens', async () => {
  await using scene = await openScene();
  const secret = scene.link();
  for (const path of ['/setup', '/setup/', `/setup/?secret=${secret}`, `/setup?secret=${secret}`])
    for (const method of ['GET', 'HEAD']) {
      const response = await fetch(scene.served.http + path, { method, headers: { purpose: 'prefetch' } });
      assert.equal(response.status, 200);
      assert.deepEqual(response.headers.getSetCookie(), []);
      assert.doesNotMatch(await response.text(), /nobody listens/);
    }
  assert.equal((await scene.send({ secret })).status, 303);
});

test('a form that a stranger’s page sends to /setup does nothing, and uses nothing up', async () => {
  await using scene = await openScene();
  const secret = scene.link();
  for (const headers of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: scene.served.http.replace(/:\d+$/, ':1') },
    { origin: scene.served.http, 'sec-fetch-site': 'cross-site' },
  ] as Record<string, string>[])
    assert.equal((await scene.send({ secret }, headers)).status, 403);
  const own = { origin: scene.served.http };
  const cookie = scene.cookieOf(await scene.send({ secret }, own));
  assert.match(cookie, /^ringcue_setup=/);
  scene.doctor.end();
  await scene.send({ examine: 'again' }, { cookie, origin: 'https://evil.example' });
  assert.equal(scene.doctor.begun, 1, 'nobody else starts the doctor');
  assert.equal((await scene.send({ examine: 'again' }, { cookie, ...own })).status, 303);
  assert.equal(scene.doctor.begun, 2);
});

test('guesses at a setup link are counted by address, and the guesser keeps nobody else out', async () => {
  await using scene = await openScene();
  const secret = scene.link();
  const guess = (): Promise<Response> =>
    scene.send({ secret: newToken() }, { 'x-forwarded-for': '192.0.2.66' });
  const codes: number[] = [];
  for (let n = 0; n < 12; n += 1) codes.push((await guess()).status);
  assert.deepEqual(codes, [...Array<number>(10).fill(403), 429, 429]);
  const from = { 'x-forwarded-for': '192.0.2.66' };
  assert.equal((await scene.send({ secret }, from)).status, 429, 'not even with the right one');
  assert.equal((await scene.send({ secret }, { 'x-forwarded-for': '192.0.2.7' })).status, 303);
});

test('what is no secret opens no setup, whatever it is', async () => {
  await using scene = await openScene();
  const secret = scene.link();
  const bodies = [
    '',
    'secret=',
    `secret[]=${secret}`,
    `SECRET=${secret}`,
    'secret=../../x',
    `secret=${secret}x`,
  ];
  for (const [n, body] of bodies.entries()) {
    const type = { 'content-type': 'application/x-www-form-urlencoded', 'x-forwarded-for': `192.0.2.${n}` };
    const response = await fetch(scene.at, { method: 'POST', body, headers: type, redirect: 'manual' });
    assert.equal(response.status, 403, body);
  }
  const json = { 'content-type': 'application/json' };
  const sent = await fetch(scene.at, { method: 'POST', body: JSON.stringify({ secret }), headers: json });
  assert.equal(sent.status, 403);
  assert.equal((await scene.send({ secret: 'x'.repeat(5_000) })).status, 413);
  const put = await fetch(scene.at, { method: 'PUT', body: new URLSearchParams({ secret }) });
  assert.equal(put.status, 405);
  assert.equal((await scene.send({ secret })).status, 303, 'the right one is still good');
});

test('a form without end is not read without end', async () => {
  await using scene = await openScene();
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new TextEncoder().encode('secret='.repeat(1_000))),
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  await assert.rejects(
    fetch(scene.at, { method: 'POST', body: endless, headers, duplex: 'half' } as RequestInit).then((r) => {
      if (r.status === 413) throw new Error('413');
    }),
  );
  assert.match((await scene.look()).text, LOCKED, 'the relay goes on');
});

test('the setup cookie is for TLS alone where TLS is spoken, here or by the proxy', async () => {
  await using scene = await openScene();
  const entered = await scene.send({ secret: scene.link() }, { 'x-forwarded-proto': 'https' });
  assert.match(entered.headers.getSetCookie()[0] ?? '', /; Secure$/);
});

test('/setup works below a path, cut off by the proxy or not, and says so in every address', async () => {
  await using scene = await openScene('/ringcue');
  const { http } = scene.served;
  for (const path of ['/ringcue/setup', '/setup']) {
    const response = await fetch(`${http}${path}`, { redirect: 'manual' });
    assert.deepEqual([response.status, response.headers.get('location')], [308, 'setup/'], path);
  }
  const entered = await scene.send({ secret: scene.link() });
  assert.equal(entered.headers.get('location'), './');
  const { text } = await scene.look(scene.cookieOf(entered));
  assert.ok(text.includes(`${http}/ringcue</span>`), 'what staff enter');
});

test('the setup link lies in the data folder as a hash that only the relay may read, and no secret is told', async () => {
  await using scene = await openScene();
  const secret = scene.link();
  const [name = '', ...more] = readdirSync(scene.folder);
  assert.deepEqual(more, []);
  assert.equal(statSync(join(scene.folder, name)).mode & 0o777, 0o600);
  assert.doesNotMatch(readFileSync(join(scene.folder, name), 'utf8'), new RegExp(secret));
  const answers = [await scene.send({ secret: `${secret.slice(1)}x` }), await scene.send({ secret })];
  for (const answer of answers) {
    assert.doesNotMatch(await answer.text(), new RegExp(secret.slice(1)), 'it is not given back');
    assert.equal(answer.headers.get('cache-control'), 'no-store');
  }
});

test('a file that is no setup link opens nothing, and a link that stands there is not followed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringcue-setup-'));
  const [secret, expiresAt] = [newToken(), 2_000];
  const path = join(folder, 'setup-link.json');
  for (const text of [
    '',
    '{',
    'null',
    '{}',
    `{"hash":"${hashOf(secret)}"}`,
    `{"hash":null,"expiresAt":2000}`,
  ]) {
    writeFileSync(path, text);
    assert.equal(useSetupLink(folder, hashOf(secret), 1_000), false, text);
  }
  rmSync(path);
  writeFileSync(join(folder, 'elsewhere'), JSON.stringify({ hash: hashOf(secret), expiresAt }));
  symlinkSync(join(folder, 'elsewhere'), path);
  writeSetupLink(folder, { hash: hashOf(secret), expiresAt });
  assert.equal(
    statSync(path).isFile() && readdirSync(folder).length,
    2,
    'a link there is replaced, not followed',
  );
  assert.equal(useSetupLink(folder, hashOf(secret), 1_000), true);
  assert.equal(useSetupLink(folder, hashOf(secret), 1_000), false);
  assert.equal(useSetupLink(join(folder, 'gone'), hashOf(secret), 1_000), false);
  rmSync(folder, { recursive: true });
});

test('one examination at a time; one that hangs is told as such and does not let others begin', async () => {
  let begun = 0;
  let end: () => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  let tell: (told: Told) => void = () => undefined;
  const failures: unknown[] = [];
  const examination = createExamination({
    examine: (listener) => {
      begun += 1;
      tell = listener;
      return new Promise<void>((resolve, reject) => ([end, fail] = [resolve, reject]));
    },
    now: () => 5,
    onFailed: (error) => failures.push(error),
    deadlineMs: 30,
  });
  const becomes = (state: string): Promise<void> =>
    waitFor(
      () => examination.last()?.state === state,
      5_000,
      () => `${state} was awaited, it is ${examination.last()?.state}`,
    );
  assert.equal(examination.last(), null);
  examination.start();
  examination.start();
  assert.equal(begun, 1);
  tell(FINDING);
  await becomes('late');
  tell({ ...FINDING, check: 'too late' });
  assert.deepEqual(examination.last()?.told, [FINDING]);
  examination.start();
  assert.equal(begun, 1, 'the one that hangs is not joined by another');
  end();
  await new Promise((resolve) => setImmediate(resolve));
  examination.start();
  assert.equal(begun, 2);
  assert.deepEqual(examination.last()?.told, []);
  fail(new Error('a fault of ours'));
  await becomes('failed');
  assert.equal(failures.length, 1);
});
