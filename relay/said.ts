// A text for people, in each language that Ringcue speaks; made where the reader’s language is not known yet. Pure.
import type { Language } from '../shared/protocol.ts';

export type Said = Readonly<Record<Language, string>>;

/** What is alike in all: a name, an address, another program's own words. */
export const alike = (text: string): Said => ({ en: text, ru: text });
