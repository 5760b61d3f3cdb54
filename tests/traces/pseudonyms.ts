// People's numbers, names and addresses → substitutes: the same one for the same original, in whatever writing and
// wherever it stands. Pure but for the chance that is handed in; one for each trace. Called by `anonymize.ts`.

/** The last digits of a number are replaced: country, operator and length stay, and so does what goes wrong with them. */
const REPLACED_DIGITS = 6;

export type Pseudonyms = {
  /** One telephone number, however written: `+7 (916) 123-45-67`, `89161234567`, an address of SIP. */
  number(text: string): string;
  /** Any text: numbers, IP addresses and all words that are not Asterisk's own are replaced. */
  text(text: string): string;
  /** A person's or company's name: `Name 1`. */
  name(text: string): string;
};

export type PseudonymOptions = {
  /** Numbers of up to six digits, too; they are extensions and short codes, and no persons. */
  areShortNumbersReplaced: boolean;
  /** In [0, 1). */
  random(): number;
};

/** What is no person in any company; a number that is hidden must stay so. */
const OWN_WORDS = new Set(
  (
    'sip pjsip iax2 sccp dahdi mgcp skinny dongle motif local parking trunk internal external from to default outside ' +
    'queue dial appdial appdial2 appqueue answer hangup playback wait park parkedcall voicemail confbridge chanspy ' +
    's h i t a o e ringcueclient pickup pickupchan macro gosub goto stasis userevent echo originate transfer bridgewait ' +
    'http https anonymous restricted unavailable unknown private withheld asserted none invalid phone device user'
  ).split(' '),
);

const ADDRESS_4 = String.raw`(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)`;
const ADDRESS_6 = String.raw`(?<![\w:])(?=[0-9a-f:]*:[0-9a-f]*:)[0-9a-f:]*[0-9a-f](?![\w:])`;
/** With what people write between digits. */
const NUMBER = String.raw`\d(?:[\s().\/‐-–-]{0,2}\d)*`;
const WORD = String.raw`[\p{L}\p{M}\p{Nd}]+`;
const PIECE = new RegExp(`(${ADDRESS_4})|(${ADDRESS_6})|(${NUMBER})|(${WORD})`, 'giu');

export function createPseudonyms({ areShortNumbersReplaced, random }: PseudonymOptions): Pseudonyms {
  const words = new Map<string, string>();
  const counts = new Map<string, number>();
  const digitsByLength = new Map<number, Digits>();

  const numbered = (kind: string, original: string, written: (count: number) => string): string => {
    const key = `${kind} ${original}`;
    const known = words.get(key);
    if (known !== undefined) return known;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    const made = written(count);
    words.set(key, made);
    return made;
  };

  const otherDigits = (digits: string): string => {
    const known = digitsByLength.get(digits.length) ?? createDigits(digits.length, random);
    digitsByLength.set(digits.length, known);
    return known(digits);
  };

  /** The last digits of all that stand there, in their places. */
  const replaceDigits = (text: string): string => {
    const digits = text.replace(/\D/g, '');
    if (digits.length <= REPLACED_DIGITS && !areShortNumbersReplaced) return text;
    // Of a short number the first digit stays, as dialplans and patterns of extensions go by it.
    const kept =
      digits.length > REPLACED_DIGITS ? digits.length - REPLACED_DIGITS : Math.min(1, digits.length - 1);
    const other = digits.slice(0, kept) + otherDigits(digits.slice(kept));
    let index = 0;
    return text.replace(/\d/g, () => other[index++] ?? '0');
  };

  const text = (original: string): string =>
    original.replace(PIECE, (piece, four?: string, six?: string, number?: string) => {
      if (four !== undefined) return numbered('address', four, (count) => `192.0.2.${count % 256}`);
      if (six !== undefined) return numbered('address6', six, (count) => `2001:db8::${count.toString(16)}`);
      if (number !== undefined) return replaceDigits(piece);
      return OWN_WORDS.has(piece.toLowerCase())
        ? piece
        : numbered('word', piece.toLowerCase(), (count) => `word${count}`);
    });

  // Not a letter and no address in it: all its digits are one number, whatever stands between them.
  const number = (original: string): string =>
    /[\p{L}@:]/u.test(original) || /[^\p{ASCII}\d]/u.test(original.replace(/[‐-–]/g, ''))
      ? text(original)
      : replaceDigits(original);

  return {
    text,
    number,
    name: (original) => {
      const plain = original.trim();
      if (plain === '' || OWN_WORDS.has(plain.replace(/^<(.*)>$/, '$1').toLowerCase())) return original;
      // Many trunks give the number in the place of the name.
      if (!/\p{L}/u.test(plain) && /\d/.test(plain)) return number(original);
      return numbered('name', plain, (count) => `Name ${count}`);
    },
  };
}

type Digits = (digits: string) => string;

/** Digits → as many others, no two alike, none itself. */
function createDigits(length: number, random: () => number): Digits {
  const substitutes = new Map<string, string>();
  const taken = new Set<string>();
  const size = 10 ** length;
  return (digits) => {
    const known = substitutes.get(digits);
    if (known !== undefined) return known;
    // From a place by chance on to the next free one: ends, however many are taken.
    let at = Math.floor(random() * size);
    const textOf = (value: number): string => String(value % size).padStart(length, '0');
    for (let tries = 0; tries < size && (taken.has(textOf(at)) || textOf(at) === digits); tries += 1) at += 1;
    const made = textOf(at);
    substitutes.set(digits, made);
    taken.add(made);
    return made;
  };
}
