// What one notification says to a person, read from its English words: of which caller, and whether it rings. Pure; both
// kinds of screens use it, so they are judged alike.
import type { Sight } from './facts.ts';

export function readNotice(title: string, message: string): Pick<Sight, 'what' | 'number'> {
  const text = `${title}\n${message}`;
  if (/^missed calls: \d+/i.test(title)) return { what: 'together', number: null };
  const number = /\+7[\d -]{9,}\d/.exec(text)?.[0].replace(/\D/g, '') ?? null;
  if (/missed at/i.test(text)) return { what: 'missed', number };
  return { what: /incoming call/i.test(text) ? 'ringing' : 'other', number };
}
