// Each extension of this browser in words: link and pairing → sentence, tone, and whether pairing would help. Pure; lines.ts lists them.
import type { Link } from '../background/link.ts';
import type { Tone } from '../page.ts';
import { isPairing, type Pairing } from '../pairing-state.ts';
import type { Say } from '../phrases.ts';
import { needsPairing, pairWords, refusalWords } from '../refusals.ts';

export type LineWords = {
  extension: string;
  tone: Tone;
  sentence: string;
  /** What the button says that pairs it; null: nothing to pair. */
  pair: string | null;
};

export const lineWords = (
  link: Link,
  pairing: Pairing,
  extensions: readonly string[],
  say: Say,
): LineWords[] =>
  extensions.map((extension) => {
    if (isPairing(pairing) && pairing.extension === extension)
      return { extension, tone: 'wait', sentence: say('linePairing'), pair: null };
    const refusal = link.refusals.find((one) => one.extension === extension);
    if (refusal !== undefined) {
      const pair = needsPairing(refusal) ? pairWords(refusal, say) : null;
      return { extension, tone: 'alarm', sentence: refusalWords(refusal, say), pair };
    }
    if (link.state !== 'open') {
      const sentence = say(link.state === 'refused' ? 'lineRefused' : 'lineNotConnected');
      return { extension, tone: link.state === 'refused' ? 'alarm' : 'wait', sentence, pair: null };
    }
    const isWatched = link.watched.includes(extension);
    return { extension, tone: 'well', sentence: say(isWatched ? 'lineWatched' : 'lineShown'), pair: null };
  });

/** The first line that only pairing lets show; null: none. */
export const firstUnpaired = (link: Link): string | null =>
  link.refusals.find(needsPairing)?.extension ?? null;
