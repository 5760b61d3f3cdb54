// What really happened in a world, extension by extension, as its people would tell it: the yardstick that everything
// the relay tells is held against. Pure. Written by the operations, read by `world.ts`.

/** One word of a call's story, `ringing +79161234567` or `ended missed`; several texts where each is right. */
type Word = {
  texts: readonly string[];
  isSure: boolean;
  /** These may come and go in any order. */
  isFlickering?: boolean;
};

export type TrueCall = {
  extension: string;
  words: Word[];
  /** What is told beside its states: the queue, who passed it on. */
  additions: Word[];
  /** What the line must hold now; null: nothing. `isSure` false: or nothing. */
  live: { texts: readonly string[]; isSure: boolean } | null;
  hasEnded: boolean;
  /** Told in some way, but nobody has said in which. */
  isLoose: boolean;
};

export type Truth = {
  calls: TrueCall[];
  begin(extension: string): TrueCall;
  /** The call is now in one of these states with one of these parties. */
  say(call: TrueCall | null, states: readonly string[], parties: readonly string[], isSure?: boolean): void;
  /** One addition of a kind (its first word) holds at a time, the last. */
  addition(call: TrueCall | null, text: string, isSure: boolean): void;
  /** From now on nothing is laid down about it but that it ends. */
  loosen(call: TrueCall): void;
  /** It may be told as any of these, again and again; `live` is what it must be once all is quiet. */
  flicker(call: TrueCall | null, texts: readonly string[]): void;
  end(call: TrueCall | null, endings: readonly string[], isSure?: boolean): void;
};

export function createTruth(): Truth {
  const calls: TrueCall[] = [];
  return {
    calls,
    begin(extension) {
      const call: TrueCall = {
        extension,
        words: [],
        additions: [],
        live: null,
        hasEnded: false,
        isLoose: false,
      };
      calls.push(call);
      return call;
    },
    say(call, states, parties, isSure = true) {
      if (!call) return;
      const texts = states.flatMap((state) => parties.map((party) => `${state} ${party}`));
      if (call.words.at(-1)?.texts.join() === texts.join()) return; // a second phone of the extension
      call.words.push({ texts, isSure });
      call.live = { texts, isSure };
    },
    flicker(call, texts) {
      if (!call) return;
      call.words.push({ texts, isSure: false, isFlickering: true });
      call.live = { texts, isSure: true };
    },
    addition(call, text, isSure) {
      if (!call) return;
      const [kind = ''] = text.split(' ');
      call.additions = call.additions.filter(({ texts }) => !texts[0]?.startsWith(kind));
      call.additions.push({ texts: [text], isSure });
    },
    loosen(call) {
      call.isLoose = true;
    },
    end(call, endings, isSure = true) {
      if (!call || call.hasEnded) return;
      // Where nothing before was sure to be told, neither is the end.
      const isOfSure = isSure && (call.words.length === 0 || call.words.some((word) => word.isSure));
      if (endings.length > 0)
        call.words.push({ texts: endings.map((ending) => `ended ${ending}`), isSure: isOfSure });
      call.live = null;
      call.hasEnded = true;
    },
  };
}

/** Whether what was told is the story: nothing else, in this order, and nothing sure left out. */
export function isStory(told: readonly string[], call: TrueCall): boolean {
  // Nothing is added to what is not told at all.
  const words = told.length === 0 ? call.words : [...call.words, ...call.additions.toSorted(byText)];
  const fits = (at: number, next: number): boolean => {
    const text = told[at];
    const word = words[next];
    if (text === undefined) return words.slice(next).every(({ isSure }) => !isSure);
    if (!word) return false;
    if (word.texts.includes(text) && fits(at + 1, word.isFlickering ? next : next + 1)) return true;
    return !word.isSure && fits(at, next + 1);
  };
  return call.isLoose || fits(0, 0);
}

const byText = (one: Word, other: Word): number => ((one.texts[0] ?? '') < (other.texts[0] ?? '') ? -1 : 1);

/** Pairs what was told with what happened, each once, so that as little as can be is left of both; returns that. */
export function unmatched(
  told: readonly (readonly string[])[],
  happened: readonly TrueCall[],
): { told: (readonly string[])[]; happened: TrueCall[] } {
  const fits = (one: number, other: number): boolean => isStory(told[one] ?? [], happened[other] as TrueCall);
  const left = pairUp(
    told.length,
    happened.map((call) => !isStory([], call)),
    fits,
  );
  return {
    told: left.told.flatMap((at) => [told[at] ?? []]),
    happened: left.happened.flatMap((at) => happened[at] ?? []),
  };
}

/** The same of a line at one moment: `ringing +79161234567` for each call that lives. */
export function unmatchedNow(
  told: readonly string[],
  happening: readonly TrueCall[],
): { told: string[]; happening: TrueCall[] } {
  const fits = (one: number, other: number): boolean => {
    const call = happening[other];
    return call !== undefined && (call.isLoose || (call.live?.texts.includes(told[one] ?? '') ?? false));
  };
  const isSure = happening.map(({ live, isLoose }) => live?.isSure === true && !isLoose);
  const left = pairUp(told.length, isSure, fits);
  return {
    told: left.told.flatMap((at) => told[at] ?? []),
    happening: left.happened.flatMap((at) => happening[at] ?? []),
  };
}

/** By augmenting paths [Kuhn]: who has a partner keeps one, if another. First those that must have one. */
function pairUp(
  told: number,
  isSure: readonly boolean[],
  fits: (told: number, happened: number) => boolean,
): { told: number[]; happened: number[] } {
  const [ofTold, ofHappened] = [new Map<number, number>(), new Map<number, number>()];
  const join = (one: number, other: number): true => {
    ofTold.set(one, other);
    ofHappened.set(other, one);
    return true;
  };
  const all = [...Array(told).keys()];
  const pairHappened = (other: number, tried: Set<number>): boolean =>
    all.some((one) => {
      if (tried.has(one) || !fits(one, other)) return false;
      const before = ofTold.get(one);
      return (before === undefined || pairHappened(before, tried.add(one))) && join(one, other);
    });
  const pairTold = (one: number, tried: Set<number>): boolean =>
    isSure.some((_, other) => {
      if (tried.has(other) || !fits(one, other)) return false;
      const before = ofHappened.get(other);
      return (before === undefined || pairTold(before, tried.add(other))) && join(one, other);
    });
  isSure.forEach((is, other) => is && pairHappened(other, new Set()));
  for (const one of all) if (!ofTold.has(one)) pairTold(one, new Set());
  return {
    told: all.filter((one) => !ofTold.has(one)),
    happened: [...isSure.keys()].filter((other) => isSure[other] && !ofHappened.has(other)),
  };
}

export const written = ({ words, additions, isLoose }: TrueCall): string =>
  (isLoose ? 'whatever ' : '') +
  ([...words, ...additions].map(({ texts, isSure }) => `${texts.join('|')}${isSure ? '' : '?'}`).join(', ') ||
    '(nothing)');
