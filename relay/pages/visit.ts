// What a page is asked with, and what it answers. Types only; `feed/server.ts` makes the one of a request and sends the other.
import type { IncomingHttpHeaders } from 'node:http';

export type Visit = {
  method: 'GET' | 'HEAD' | 'POST';
  /** Below the relay's base. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /** The relay itself speaks TLS on this connection. */
  isTls: boolean;
  /** Where it comes from, or '' where that is gone. */
  peer: string;
  /** What a form has sent; empty for all but POST. */
  form: URLSearchParams;
};

export type PageReply = {
  status: number;
  /** HTML. */
  body: string;
  policy: string;
  headers?: Readonly<Record<string, string>>;
};

/** null: there is no such page, or it takes no such method. */
export type Pages = (visit: Visit) => PageReply | null;
