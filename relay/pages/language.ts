// In which language a visitor is spoken to, and how times are said in it. Pure; called by the pages.
import { LANGUAGES } from '../../shared/protocol.ts';
import type { Language } from '../../shared/protocol.ts';

export type { Language };

const MAX_WISHES = 20;

/** What he chose (`?lang=`), else what his browser asks for [RFC 9110 12.5.4], else English. */
export function languageOf(chosen: string | null, acceptLanguage: string | undefined): Language {
  const isOurs = (name: string): name is Language => (LANGUAGES as readonly string[]).includes(name);
  if (chosen !== null && isOurs(chosen)) return chosen;
  const wishes = (acceptLanguage ?? '')
    .split(',')
    .slice(0, MAX_WISHES)
    .map((wish) => {
      const [range = '', ...parameters] = wish.split(';').map((part) => part.trim().toLowerCase());
      const weight = parameters.find((one) => one.startsWith('q='))?.slice(2);
      return { name: range.split('-')[0] ?? '', weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter((wish): wish is { name: Language; weight: number } => isOurs(wish.name) && wish.weight > 0);
  return wishes.sort((a, b) => b.weight - a.weight)[0]?.name ?? 'en';
}

/** `?lang=ru` where the visitor chose it, so that links and forms keep it. */
export const languageQuery = (chosen: string | null, language: Language): string =>
  chosen === language ? `?lang=${language}` : '';

export type Clock = { now: number; /** Of the relay's machine, as `Europe/Moscow`. */ timeZone: string };

/** `28 November at 14:05 UTC`: with the zone, as the visitor may sit in another one than the relay. */
export const momentOf = (language: Language, at: number, { timeZone }: Clock): string =>
  new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : 'ru', {
    ...{ day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit' },
    ...{ timeZoneName: 'short', timeZone },
  }).format(at);

const SECOND_MS = 1_000;
const UNITS = [
  ['day', 86_400 * SECOND_MS],
  ['hour', 3_600 * SECOND_MS],
  ['minute', 60 * SECOND_MS],
  ['second', SECOND_MS],
] as const;

/** `3 minutes`, in its largest unit. */
export function lastingOf(language: Language, ms: number): string {
  const [unit, unitMs] = UNITS.find(([, one]) => ms >= one) ?? UNITS[3];
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(
    Math.max(0, Math.floor(ms / unitMs)),
  );
}
