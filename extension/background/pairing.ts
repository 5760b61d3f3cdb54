// Pairing this browser with a phone, as a state machine: (pairing, event, now) → {pairing, effects}. Pure; pairer.ts feeds it
// and carries its effects out. It is plain data, kept in storage, so that pages may come and go while a code is dialled.
//
//   state          | waits for                                   | then                    | where `until` passes
//   none           | a person who asks                           | connecting              | –
//   connecting     | the socket to open                          | asking, after `pair`    | failed: unreachable
//   asking         | a code                                      | dialing                 | failed: unreachable
//                  | `paired`: the invitation was good           | paired, the token kept  |
//   dialing        | `paired`: the phone has been heard          | paired, the token kept  | failed: expired
//   paired, failed | a person who asks                           | connecting              | –
//
// In every state: `asked` starts afresh, `cancelled` goes to none, what an earlier attempt reports is ignored. A socket that
// closes before `paired` has failed, for the reason that its code tells (CLOSE_FAILURES); before it had opened:
// unreachable. A background that was ended in between (`woken`) has lost the socket that the code belongs to: failed,
// interrupted.
import { CLOSE, PROTOCOL, type Down, type Up } from '../../shared/protocol.ts';
import { isPairing, NO_PAIRING, type Pairing, type PairingFailure } from '../pairing-state.ts';
import type { HeldToken } from '../tokens.ts';
import { OPEN_DEADLINE_MS, WELCOME_DEADLINE_MS } from './link.ts';

/** The relay says itself when a code has expired; this is for one that does not. */
export const EXPIRED_GRACE_MS = 2_000;

export type PairingEvent =
  | { type: 'asked'; relayUrl: string; extension: string | null; invitation: string | null }
  | { type: 'cancelled' }
  | { type: 'woken' }
  | { type: 'ticked' }
  | { type: 'opened'; attempt: number; name: string }
  | { type: 'received'; attempt: number; message: Down }
  | { type: 'closed'; attempt: number; code: number };

export type PairingEffect =
  | { do: 'open'; attempt: number; relayUrl: string }
  | { do: 'drop' }
  | { do: 'send'; message: Up }
  | { do: 'stay-awake' }
  | { do: 'keep'; token: HeldToken };

export type PairingStep = { pairing: Pairing; effects: PairingEffect[] };

/** Any other code below 4500, and the browser's own, is a lost connection; any other from 4500 on is a refusal. */
const CLOSE_FAILURES: Readonly<Record<number, PairingFailure>> = {
  [CLOSE.codeExpired]: 'expired',
  [CLOSE.tooManyCodes]: 'too-many',
  [CLOSE.crowded]: 'too-many',
  [CLOSE.extensionNotAllowed]: 'not-an-extension',
  [CLOSE.invitationRefused]: 'invitation-refused',
  [CLOSE.protocolNotSpoken]: 'other-version',
  [CLOSE.malformed]: 'not-spoken', // also where the relay is in open mode
};

const DROP: PairingEffect = { do: 'drop' };

/** An event that means nothing in this state returns the same pairing, no effects. */
export function stepPairing(pairing: Pairing, event: PairingEvent, now: number): PairingStep {
  switch (event.type) {
    case 'asked':
      return ask(pairing, event, now);
    case 'cancelled':
      return { pairing: { ...NO_PAIRING, attempt: pairing.attempt + 1 }, effects: [DROP] };
    case 'woken':
      return isPairing(pairing) ? fail(pairing, 'interrupted') : unchanged(pairing);
    case 'ticked':
      return tick(pairing, now);
    case 'opened':
    case 'received':
    case 'closed':
      return event.attempt === pairing.attempt && isPairing(pairing)
        ? report(pairing, event, now)
        : unchanged(pairing);
  }
}

function ask(
  before: Pairing,
  { relayUrl, extension, invitation }: Extract<PairingEvent, { type: 'asked' }>,
  now: number,
): PairingStep {
  const attempt = before.attempt + 1;
  const isAgain = before.relayUrl === relayUrl && before.extension === extension;
  return {
    pairing: {
      ...NO_PAIRING,
      state: 'connecting',
      attempt,
      relayUrl,
      extension,
      isByInvitation: invitation !== null,
      invitation,
      dialplan: isAgain ? before.dialplan : null,
      triesInVain: isAgain ? before.triesInVain : 0,
      until: now + OPEN_DEADLINE_MS,
    },
    effects: [DROP, { do: 'open', attempt, relayUrl }],
  };
}

function tick(pairing: Pairing, now: number): PairingStep {
  if (!isPairing(pairing)) return unchanged(pairing);
  if (pairing.until !== null && now >= pairing.until)
    return fail(pairing, pairing.state === 'dialing' ? 'expired' : 'unreachable');
  // Nothing else may happen for the two minutes of a code, and no browser keeps a background that does nothing.
  return { pairing, effects: [{ do: 'stay-awake' }] };
}

function report(
  pairing: Pairing,
  event: Extract<PairingEvent, { attempt: number }>,
  now: number,
): PairingStep {
  if (event.type === 'closed')
    return fail(pairing, pairing.state === 'connecting' ? 'unreachable' : failureOf(event.code));
  if (event.type === 'received') return receive(pairing, event.message, now);
  if (pairing.state !== 'connecting') return unchanged(pairing);
  const { extension, invitation } = pairing;
  return {
    pairing: { ...pairing, state: 'asking', invitation: null, until: now + WELCOME_DEADLINE_MS },
    effects: [
      { do: 'send', message: { type: 'pair', protocol: PROTOCOL, extension, invitation, name: event.name } },
    ],
  };
}

function receive(pairing: Pairing, message: Down, now: number): PairingStep {
  if (message.type === 'ping')
    return {
      pairing,
      effects: [{ do: 'send', message: { type: 'pong', at: message.at } }, { do: 'stay-awake' }],
    };
  if (pairing.state === 'connecting') return unchanged(pairing);
  if (message.type === 'code' && message.extension === pairing.extension) {
    // The relay's clock may be wrong, but how long its code lives it knows.
    const expiresAt = now + Math.max(0, message.expiresAt - message.serverTime);
    return unchanged({
      ...pairing,
      state: 'dialing',
      code: { dial: message.dial, expiresAt },
      dialplan: message.dialplan,
      until: expiresAt + EXPIRED_GRACE_MS,
    });
  }
  if (message.type === 'paired') return pair(pairing, message);
  return unchanged(pairing);
}

function pair(
  pairing: Pairing,
  { extension, token, deviceId }: Extract<Down, { type: 'paired' }>,
): PairingStep {
  const { relayUrl } = pairing;
  const isAsked = pairing.extension === null || pairing.extension === extension;
  if (relayUrl === null || !isAsked) return unchanged(pairing);
  return {
    pairing: {
      ...NO_PAIRING,
      state: 'paired',
      attempt: pairing.attempt,
      relayUrl,
      extension,
      isByInvitation: pairing.isByInvitation,
    },
    effects: [{ do: 'keep', token: { relayUrl, extension, token, deviceId } }, DROP],
  };
}

function fail(pairing: Pairing, failure: PairingFailure): PairingStep {
  const isInVain = pairing.state === 'dialing' && failure === 'expired';
  return {
    pairing: {
      ...pairing,
      state: 'failed',
      invitation: null,
      code: null,
      triesInVain: pairing.triesInVain + (isInVain ? 1 : 0),
      until: null,
      failure,
    },
    effects: [DROP],
  };
}

function failureOf(closeCode: number): PairingFailure {
  const isRefusal = closeCode >= 4500 && closeCode <= 4999;
  return CLOSE_FAILURES[closeCode] ?? (isRefusal ? 'refused' : 'lost');
}

const unchanged = (pairing: Pairing): PairingStep => ({ pairing, effects: [] });
