// Reads what a form of the relay's own pages sends, which is a few words: no more is read, and nothing that is no form. How long
// it may take is bounded by the server (`requestTimeout`). Shell; called by `feed/server.ts`.
import type { IncomingMessage } from 'node:http';

const MAX_BYTES = 4_096;
const FORM = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;

/** null: it is too long. Rejects when the visitor breaks off. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams | null> {
  if (!FORM.test(request.headers['content-type'] ?? '')) return new URLSearchParams();
  if (Number(request.headers['content-length'] ?? 0) > MAX_BYTES) return null;
  let body = '';
  for await (const chunk of request.setEncoding('latin1') as AsyncIterable<string>) {
    body += chunk;
    if (body.length > MAX_BYTES) return null;
  }
  return new URLSearchParams(body);
}
