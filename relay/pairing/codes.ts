// The codes that are shown in browsers and dialled on phones: six digits, once, for 120 s, and good on one phone alone. Pure;
// `pairing/pairing.ts` keeps one.
//
//   dialled by            a live code of that phone   of another phone   used, expired   never issued
//   a phone               → its browser is paired     wrong-phone        used-, expired-code   unknown-code
//   what is no phone      not-a-phone, whatever it dials
//   a phone that has guessed too often: too-many-guesses, whatever it dials
//
// A code proves nothing by itself: whoever guesses one pairs somebody else's browser with his own phone, and only if the
// code was asked for with his extension.
import { networkOf } from '../network.ts';
import { CODE_DIGITS } from './dialplan.ts';
import { createRate } from './rate.ts';

export const CODE_LIFE_MS = 120_000;
/** In all: one dialled at random meets a live one in one of a thousand, and then hardly ever one of its own phone. */
export const MAX_LIVE_CODES = 1_000;
/** Of one extension, however many browsers ask: other people's codes must not crowd its owner out for long. */
export const MAX_CODES_OF_EXTENSION = 6;
/** Of those asked for from one address. */
export const MAX_CODES_OF_EXTENSION_AND_ADDRESS = 2;
/** A terminal server with 200 people who all pair on one morning, each with several attempts. */
const OF_ADDRESS = { burst: 400, perSecond: 1, maxKeys: 10_000 };
const OF_EXTENSION = { burst: 60, perSecond: 0.5, maxKeys: 10_000 };
const OF_BOTH = { burst: 20, perSecond: 0.1, maxKeys: 10_000 };
const OF_ALL = { burst: 2_000, perSecond: 20, maxKeys: 1 };
/** Somebody who mistypes, and not somebody who tries. */
const GUESSES = { burst: 10, perSecond: 1 / 60, maxKeys: 10_000 };
/** How long it is known why a code is good no more. */
const REMEMBERED_MS = 600_000;
const MAX_REMEMBERED = 4 * MAX_LIVE_CODES;
const MAX_DRAWS = 50;

export type CodeRefusal =
  'not-a-phone' | 'unknown-code' | 'expired-code' | 'used-code' | 'wrong-phone' | 'too-many-guesses';

export type Codes<Owner> = {
  /** null: too many are asked for, by this address, for this extension or in all. */
  issue(
    wish: { extension: string; address: string; owner: Owner },
    at: number,
  ): { digits: string; expiresAt: number } | null;
  /** Nobody waits for it any more. */
  release(digits: string, at: number): void;
  /** `extension`: whose phone has dialled it; null: what has dialled it is no phone. */
  dial(digits: string, extension: string | null, at: number): { owner: Owner } | CodeRefusal;
};

type Code<Owner> = {
  extension: string;
  network: string;
  owner: Owner;
  expiresAt: number;
  state: 'live' | 'used' | 'released';
};

/** `randomBelow(n)`: a whole number from 0, that nobody can foresee. */
export function createCodes<Owner>(randomBelow: (limit: number) => number): Codes<Owner> {
  let codes = new Map<string, Code<Owner>>();
  const ofAddress = createRate(OF_ADDRESS);
  const ofExtension = createRate(OF_EXTENSION);
  const ofBoth = createRate(OF_BOTH);
  const ofAll = createRate(OF_ALL);
  const guesses = createRate(GUESSES);

  const isLive = (code: Code<Owner>, at: number): boolean => code.state === 'live' && at < code.expiresAt;
  const live = (at: number): Code<Owner>[] => [...codes.values()].filter((code) => isLive(code, at));
  const forgetOld = (at: number): void => {
    const kept = [...codes].filter(([, code]) => at < code.expiresAt + REMEMBERED_MS);
    codes = new Map(kept.length < MAX_REMEMBERED ? kept : kept.slice(-MAX_REMEMBERED / 2));
  };
  const draw = (): string | null => {
    for (let n = 0; n < MAX_DRAWS; n += 1) {
      const digits = String(randomBelow(10 ** CODE_DIGITS)).padStart(CODE_DIGITS, '0');
      if (!codes.has(digits)) return digits;
    }
    return null;
  };

  return {
    issue({ extension, address, owner }, at) {
      const network = networkOf(address);
      const rates = [
        [ofAddress, network],
        [ofExtension, extension],
        [ofBoth, `${extension} ${network}`],
        [ofAll, ''],
      ] as const;
      if (!rates.every(([rate, key]) => rate.isLeft(key, at))) return null;
      const others = live(at);
      const same = others.filter((code) => code.extension === extension);
      if (others.length >= MAX_LIVE_CODES || same.length >= MAX_CODES_OF_EXTENSION) return null;
      if (same.filter((code) => code.network === network).length >= MAX_CODES_OF_EXTENSION_AND_ADDRESS)
        return null;
      forgetOld(at);
      const digits = draw();
      if (digits === null) return null;
      for (const [rate, key] of rates) rate.take(key, at);
      const expiresAt = at + CODE_LIFE_MS;
      codes.set(digits, { extension, network, owner, expiresAt, state: 'live' });
      return { digits, expiresAt };
    },
    release(digits, at) {
      const code = codes.get(digits);
      if (code && isLive(code, at)) code.state = 'released';
    },
    dial(digits, extension, at) {
      if (extension === null) return 'not-a-phone';
      if (!guesses.isLeft(extension, at)) return 'too-many-guesses';
      const code = codes.get(digits);
      const refusal = refusalOf(code, extension, at);
      if (refusal === null && code) {
        code.state = 'used';
        return { owner: code.owner };
      }
      guesses.take(extension, at);
      return refusal ?? 'unknown-code';
    },
  };
}

function refusalOf(
  code: Code<unknown> | undefined,
  extension: string,
  at: number,
): Exclude<CodeRefusal, 'not-a-phone'> | null {
  if (!code) return 'unknown-code';
  if (code.extension !== extension) return 'wrong-phone'; // and its state is none of that phone's business
  if (code.state === 'used') return 'used-code';
  return code.state === 'released' || at >= code.expiresAt ? 'expired-code' : null;
}
