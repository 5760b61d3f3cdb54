// The company's customer database as far as a browser can tell: a web server that remembers which pages were asked for.
// Called by the browser tests.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Bell } from '../lab/until.ts';

export interface Crm {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** The paths asked for, oldest first, without the browser's own extras. */
  readonly opened: readonly string[];
  /** Returns once that path is asked for, which may have been before. */
  opens(path: string): Promise<void>;
  close(): Promise<void>;
}

export async function openCrm(): Promise<Crm> {
  const opened: string[] = [];
  const asked = new Bell();
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    if (path === '/favicon.ico') {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end('<!doctype html><title>Client</title><h1>Client</h1>');
    opened.push(path);
    asked.ring();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    opened,
    opens: async (path) => {
      const story = () => `Asked for so far: ${opened.join(' ')}`;
      await asked.until(() => opened.includes(path), { what: `the CRM is asked for ${path}`, story });
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
