// Who may watch which extension. Pure. Only open mode exists so far: whoever reaches the relay may watch any phone,
// which is why it must be asked for by name and is told to everybody who connects.
import { CLOSE } from '../../shared/protocol.ts';
import type { Hello } from '../../shared/protocol.ts';

export type Verdict = { granted: string[]; refused: { extension: string; code: number; reason: string }[] };

/** `isExtension`: whether any phone could have it. */
export function judgeOpen(hello: Hello, isExtension: (text: string) => boolean): Verdict {
  const asked = [...new Set(hello.lines.map((line) => line.extension))];
  return {
    granted: asked.filter(isExtension),
    refused: asked
      .filter((extension) => !isExtension(extension))
      .map((extension) => ({
        extension,
        code: CLOSE.extensionNotAllowed,
        reason: `${extension} is not an extension of this phone system`,
      })),
  };
}

/** Any of these browsers: the id of one's own add-on may not be known, as Firefox makes a new one at each installation. */
export const ANY_ADD_ON: readonly string[] = ['chrome-extension', 'moz-extension'];

/** `chrome-extension://ID`; a list of several, as two headers of that name become, is none. */
const ADD_ON = /^((?:chrome|moz)-extension):\/\/[a-z0-9-]+$/;

/**
 * Web pages may not listen in. Every browser says by Origin who asks, so who says nothing is a program. `allowed`: whole
 * origins of add-ons, or schemes for all of a browser's.
 */
export function isOriginAllowed(
  origin: string | undefined,
  allowed: readonly string[] = ANY_ADD_ON,
): boolean {
  if (origin === undefined) return true;
  const scheme = ADD_ON.exec(origin)?.[1];
  return scheme !== undefined && (allowed.includes(origin) || allowed.includes(scheme));
}
