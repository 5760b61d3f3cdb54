// HTML that is written by a template whose every value is escaped, so that none can be forgotten. Pure; every page of the
// relay is written with it. [HTML 13.1.2: text and quoted attributes]

/** What is HTML already, because `markup` has made it. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** `false` and null are nothing; a list is its parts, one after the other. */
export type Part = Html | string | number | null | false | readonly Part[];

export const markup = (written: TemplateStringsArray, ...parts: readonly Part[]): Html =>
  new Html(written.map((text, n) => text + (n < parts.length ? textOf(parts[n] ?? null) : '')).join(''));

function textOf(part: Part): string {
  if (part === null || part === false) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(textOf).join('');
  return String(part).replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}
