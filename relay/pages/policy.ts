// What a page of the relay may do in a browser: the shared style and its own script by their hashes, and nothing else; no
// image, no request, no frame. Called by the pages. [CSP3]
import { createHash } from 'node:crypto';
import { STYLE } from './layout.ts';

const sha256 = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const STYLE_SOURCE = sha256(STYLE);

/** `isForm`: it may send its form, to the relay alone. */
export const policyOf = ({ script, isForm = false }: { script?: string; isForm?: boolean } = {}): string =>
  [
    "default-src 'none'",
    ...(script === undefined ? [] : [`script-src ${sha256(script)}`]),
    `style-src ${STYLE_SOURCE}`,
    "base-uri 'none'",
    `form-action ${isForm ? "'self'" : "'none'"}`,
    "frame-ancestors 'none'",
  ].join('; ');
