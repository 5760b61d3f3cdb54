// A web server that knows the clients: any CRM. Asked at the ring, or page after page for a snapshot. No redirect is
// followed (a secret would go with it), and no more is read than an answer may hold. Called by `open-source.ts`.
import type { Asker, Puller } from './asker.ts';
import { MAX_CLIENTS_IN_ANSWER } from './checked-client.ts';
import { SourceFault } from './fault.ts';
import { answerReader } from './http-answer.ts';
import type { HttpQuestion } from './http-presets.ts';
import { request } from './http-request.ts';
import { tokenKeeper } from './http-token.ts';
import { fillBody, fillHeader, fillUrl, valuesOf } from './request-template.ts';
import type { Values } from './request-template.ts';
import type { Query } from './source.ts';

const MAX_ANSWER_BYTES = 256 * 1024;
const MAX_PAGE_BYTES = 32 * 1024 * 1024;
const MAX_PAGES = 10_000;
const MAX_CLIENTS_IN_PAGE = 100_000;

export type HttpAccess = {
  question: HttpQuestion;
  /** For basic authentication, or the client's id where a token is had for the secret; null: neither. */
  user: string | null;
  secret: string | null;
};

export function askHttp(access: HttpAccess): Asker {
  const ask = requester(access);
  const read = answerReader(access.question.lists);
  return {
    ask: async (query, signal) =>
      read(await ask(query, {}, signal, MAX_ANSWER_BYTES), MAX_CLIENTS_IN_ANSWER + 1),
    stop: () => undefined,
  };
}

export const pullHttp = (access: HttpAccess): Puller =>
  async function* (signal) {
    const ask = requester(access);
    const read = answerReader(access.question.lists);
    const { url, body } = access.question;
    const isPaged = `${url}${body ?? ''}`.includes('{page}');
    for (let page = 1; page <= MAX_PAGES; page += 1) {
      const clients = read(
        await ask(null, { page: String(page) }, signal, MAX_PAGE_BYTES),
        MAX_CLIENTS_IN_PAGE,
      );
      if (clients.length > 0) yield clients;
      if (!isPaged || clients.length === 0) return;
    }
    throw new SourceFault('directory.too-large', `the list has more than ${MAX_PAGES} pages`);
  };

function requester({ question, user, secret }: HttpAccess) {
  const { method, url, body, headers, tokenUrl } = question;
  const tokens = tokenUrl === null ? null : tokenKeeper(tokenUrl, user ?? '', secret ?? '');
  const isForm = Object.entries(headers).some(
    ([name, value]) => name.toLowerCase() === 'content-type' && value.includes('form-urlencoded'),
  );
  return async (
    query: Query | null,
    others: Values,
    signal: AbortSignal,
    mostBytes: number,
  ): Promise<unknown> => {
    const token = tokens ? await tokens.get(signal) : '';
    const values = valuesOf(query, { ...others, secret: secret ?? '', token });
    const filled = Object.entries(headers).map(([name, value]) => [name, fillHeader(value, values)] as const);
    const basic = Buffer.from(`${user ?? ''}:${secret ?? ''}`).toString('base64');
    const text = await request(
      fillUrl(url, values),
      {
        method,
        headers: [
          ...filled,
          ...(user !== null && !tokens ? [['Authorization', `Basic ${basic}`] as const] : []),
        ],
        ...(body !== null && { body: fillBody(body, values, isForm) }),
      },
      signal,
      mostBytes,
    ).catch((error: unknown) => {
      if (error instanceof SourceFault && error.code === 'directory.refused') tokens?.forget();
      throw error;
    });
    try {
      return text === '' ? null : (JSON.parse(text) as unknown);
    } catch {
      throw new SourceFault('directory.bad-answer', 'the answer is not JSON');
    }
  };
}
