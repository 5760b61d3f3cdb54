// A token that is had for a client's id and secret, and asked for again before it is too old [RFC 6749 4.4]. Called by `http.ts`.
import { SourceFault } from './fault.ts';
import { request } from './http-request.ts';

const MAX_TOKEN_BYTES = 64 * 1024;
/** It is given up this long before its end, as a question takes time. */
const EARLY_MS = 60_000;
const UNTOLD_LIFE_MS = 600_000;

export function tokenKeeper(url: string, clientId: string, clientSecret: string) {
  let token = '';
  let goodUntil = 0;
  return {
    get: async (signal: AbortSignal): Promise<string> => {
      if (token !== '' && performance.now() < goodUntil) return token;
      const body = JSON.stringify({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
      });
      const headers = [
        ['Content-Type', 'application/json'] as const,
        ['Accept', 'application/json'] as const,
      ];
      const text = await request(url, { method: 'POST', headers, body }, signal, MAX_TOKEN_BYTES);
      const { access_token: told, expires_in: lifeSeconds } = parsed(text);
      if (typeof told !== 'string')
        throw new SourceFault('directory.bad-answer', 'the answer holds no access_token');
      token = told;
      goodUntil =
        performance.now() +
        (typeof lifeSeconds === 'number' ? lifeSeconds * 1000 - EARLY_MS : UNTOLD_LIFE_MS);
      return token;
    },
    /** It was refused. */
    forget: (): void => void (token = ''),
  };
}

function parsed(text: string): { access_token?: unknown; expires_in?: unknown } {
  try {
    return (JSON.parse(text) ?? {}) as { access_token?: unknown };
  } catch {
    throw new SourceFault('directory.bad-answer', 'the answer with the token is not JSON');
  }
}
