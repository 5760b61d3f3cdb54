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

/** Web pages may not listen in; add-ons [chrome-extension:, moz-extension:] and programs (no Origin) may. */
export const isOriginAllowed = (origin: string | undefined): boolean =>
  origin === undefined || !/^(?:https?:|null$)/i.test(origin);
