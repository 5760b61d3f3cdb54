// A web server that knows clients and answers when the test says so. Called by tests of the directory.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { waitFor } from '../relay/wait.ts';

const DEADLINE_MS = 8_000;

export async function startQuestionServer() {
  const questions: ServerResponse[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((_, response) => void questions.push(response));
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    questions,
    url,
    /** A source of the relay's configuration. */
    yaml: (more = '') =>
      `{type: http, name: crm, url: '${url}/find?phone={e164}', answer: {clients: 'clients[]', numbers: 'numbers[]', fields: {company: company}} ${more}}`,
    /** The nth question, awaited, is answered. */
    answers: async (count: number, clients: readonly object[]): Promise<void> => {
      await waitFor(
        () => questions.length >= count,
        DEADLINE_MS,
        () => `it was asked ${questions.length} times, not ${count}`,
      );
      questions[count - 1]?.end(JSON.stringify({ clients }));
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
