// Who may hear what, in seeded worlds: whatever comes in whatever order of calls, pairings, revocations, commands of IT and
// sessions with good, stolen, old and made-up tokens, no session is ever sent anything of an extension that it holds no right to,
// and whoever holds one hears every call.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHub } from '../../relay/feed/hub.ts';
import { createLimits } from '../../relay/feed/limits.ts';
import { createRounds } from '../../relay/feed/rounds.ts';
import { DEADLINES, Session } from '../../relay/feed/session.ts';
import type { FeedSocket } from '../../relay/feed/socket.ts';
import type { PairedDevice } from '../../relay/pairing/devices.ts';
import { CLOSE, decodeDown, encode } from '../../shared/protocol.ts';
import type { Down, Up } from '../../shared/protocol.ts';
import { openDesk, PREFIX } from '../relay/pairing-desk.ts';
import { call } from '../relay/served-feed.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';

const WORLDS = 150;
const STEPS = 150;
const EXTENSIONS = ['101', '102', '103', '104'];
const WATCHERS = new Map([['101', ['102', '103']]]);

/** What the test itself knows of a token: nobody's where it is made up. */
type Token = { token: string; deviceId: string; extension: string; isRevoked: boolean };

/** A socket without a network. */
class Wire {
  session: Session | null = null;
  readonly bufferedAmount = 0;
  readonly told: Down[] = [];
  code: number | null = null;
  onTold: (message: Down) => void = () => undefined;
  send(text: string): void {
    const message = decodeDown(text);
    assert.ok(message, 'what is sent is in the protocol');
    if (this.code !== null) assert.fail(`${message.type} was sent after the end`);
    this.told.push(message);
    this.onTold(message);
  }
  close(code: number): void {
    this.code = code;
    this.session?.gone();
  }
  terminate(): void {
    // it is closed already
  }
  together(send: () => void): void {
    send();
  }
  says(message: Up): void {
    this.session?.heard(encode(message));
  }
}

type Browser = { wire: Wire; lines: Map<string, Token> };

function world(random: Random, seed: number) {
  let now = 1_790_000_000_000;
  const desk = openDesk({ watchers: WATCHERS, randomBelow: (limit) => random.below(limit), now: () => now });
  let seq = 0;
  const lines = new Map<string, number>();
  const hub = createHub({
    epoch: 'e',
    line: (extension) => (lines.has(extension) ? [call({ id: `${extension} ${lines.get(extension)}` })] : []),
    pbx: () => ({ state: 'up', since: 0, isKnown: true }),
    onLineSent: () => undefined,
  });
  const limits = createLimits(10_000);
  const rounds = createRounds<Session>(15_000, (session) => session.ping());
  const tokens: Token[] = [];
  let sessions: Browser[] = [];
  const say = (text: string): string => `seed ${seed}: ${text}`;

  const connect = (): Wire => {
    const wire = new Wire();
    const place = limits.enter('192.0.2.1');
    assert.ok(place);
    wire.session = new Session(
      wire as unknown as FeedSocket,
      {
        ...{ hub, kept: null, pairing: desk.pairing, rounds, now: () => now, ...DEADLINES },
        ...{ onClose: () => undefined, onGone: () => undefined },
        isExtension: (text) => EXTENSIONS.includes(text),
      },
      place,
    );
    return wire;
  };
  /** May whoever holds this token hear of that extension now? */
  const isRight = (extension: string, { extension: own, isRevoked }: Token): boolean =>
    !isRevoked && (own === extension || (WATCHERS.get(own)?.includes(extension) ?? false));

  const steps: Record<string, () => void> = {
    call() {
      const extension = random.pick(EXTENSIONS);
      seq += 1;
      lines.set(extension, seq);
      const due = sessions.filter(
        ({ wire, lines: held }) =>
          wire.code === null && held.has(extension) && isRight(extension, held.get(extension) as Token),
      );
      hub.publish(extension, null, [call({ id: `${extension} ${seq}` })]);
      for (const { wire } of due) {
        const last = wire.told.findLast(
          (message) => message.type === 'line' && message.extension === extension,
        );
        assert.ok(
          last?.type === 'line' && last.calls[0]?.id === `${extension} ${seq}`,
          say(`a call of ${extension} was not told to whom it concerns`),
        );
      }
    },
    pair() {
      const extension = random.pick(EXTENSIONS);
      const wire = connect();
      wire.says({ type: 'pair', protocol: 1, extension, invitation: null, name: 'x' });
      const code = wire.told.find((message) => message.type === 'code');
      if (code?.type !== 'code') {
        assert.equal(wire.code, CLOSE.tooManyCodes, say('no code, and no reason'));
        return;
      }
      const dialler = random.chance(0.7) ? extension : random.pick([...EXTENSIONS, null]);
      const isOwnDial = random.chance(0.9);
      desk.pairing.dialled({
        digits: code.dial.slice(PREFIX.length),
        extension: dialler,
        context: 'internal',
        isOwnDial,
      });
      const paired = wire.told.find((message) => message.type === 'paired');
      if (paired?.type === 'paired') {
        assert.ok(dialler === extension && isOwnDial, say(`${dialler} has paired ${extension}`));
        tokens.push({ ...paired, isRevoked: false });
      } else wire.close(1000);
    },
    join() {
      const lines = new Map<string, Token>();
      const asked = Array.from({ length: 1 + random.below(4) }, () => {
        const extension = random.pick(EXTENSIONS);
        const held = tokens.length > 0 && random.chance(0.85) ? random.pick(tokens) : null;
        // Of an extension that is asked for twice the first token that opens it counts.
        if (held && isRight(extension, held) && !lines.has(extension)) lines.set(extension, held);
        return { extension, token: held?.token ?? random.pick([null, '', 'made up']), after: null };
      });
      const wire = connect();
      wire.onTold = (message) => {
        const about = 'extension' in message && message.type !== 'refused' ? message.extension : null;
        const token = about === null ? undefined : lines.get(about);
        if (about !== null)
          assert.ok(
            token && isRight(about, token),
            say(`${message.type} of ${about} was told to somebody else`),
          );
        if (message.type === 'devices')
          assert.equal(token?.extension, about, say('devices of somebody else were told'));
      };
      wire.says({ type: 'hello', protocol: 1, lines: asked });
      if (wire.code === null) sessions.push({ wire, lines });
      else assert.equal(lines.size, 0, say('whoever holds a token was turned away'));
    },
    leave() {
      if (sessions.length > 0) random.pick(sessions).wire.close(1000);
    },
    revokeByBrowser() {
      const open = sessions.filter(({ wire }) => wire.code === null);
      if (open.length === 0 || tokens.length === 0) return;
      const { wire, lines } = random.pick(open);
      const which = random.pick(tokens);
      const extension = random.pick(EXTENSIONS);
      const isAllowed = lines.get(extension)?.extension === extension && which.extension === extension;
      if (isAllowed) which.isRevoked = true; // before: nothing may be told any more
      wire.says({ type: 'revoke', extension, deviceId: which.deviceId });
    },
    revokeByCommand() {
      if (tokens.length === 0) return;
      random.pick(tokens).isRevoked = true;
      const devices = desk.written.flatMap((work): PairedDevice[] => {
        if (work.type !== 'paired') return [];
        const known = tokens.find(({ deviceId }) => deviceId === work.device.id);
        return [{ ...work.device, revokedAt: known?.isRevoked ? now : null }];
      });
      desk.reads({ devices });
    },
    timePasses() {
      now += random.below(200_000);
    },
  };
  return {
    step: () => {
      random.pick(Object.values(steps))();
      for (const { wire, lines: held } of sessions)
        if (wire.code === null)
          assert.ok(
            [...held.values()].every(({ isRevoked }) => !isRevoked),
            say('a revoked session is still open'),
          );
      sessions = sessions.filter(({ wire }) => wire.code === null);
    },
    ends: async () => {
      for (const { wire } of sessions) wire.close(1000);
      await desk.pairing.stop();
      return { tokens: tokens.length, revoked: tokens.filter(({ isRevoked }) => isRevoked).length };
    },
  };
}

test('no session is ever sent a line of an extension that it holds no token for, whatever happens in whatever order', async (t) => {
  let [paired, revoked] = [0, 0];
  for (let seed = 1; seed <= WORLDS; seed += 1) {
    const { step, ends } = world(createRandom(seed), seed);
    for (let n = 0; n < STEPS; n += 1) step();
    const sums = await ends();
    paired += sums.tokens;
    revoked += sums.revoked;
  }
  assert.ok(
    paired > WORLDS * 4 && revoked > WORLDS,
    `${paired} pairings, ${revoked} revocations: too quiet to prove anything`,
  );
  t.diagnostic(`${WORLDS} worlds, ${paired} pairings, ${revoked} revocations`);
});
