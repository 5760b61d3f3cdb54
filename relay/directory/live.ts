// A source that is asked at the ring: its answer is checked, bounded, and never a guess. Called by `open-source.ts`.
import type { Asker } from './asker.ts';
import { checkClient, MAX_CLIENTS_IN_ANSWER } from './checked-client.ts';
import type { Rules } from './checked-client.ts';
import { faultOf, SourceFault } from './fault.ts';
import { alikeKey } from './query.ts';
import type { Client, Query, Source } from './source.ts';

export const liveSource = (name: string, asker: Asker, rules: Rules): Source => ({
  name,
  find: async (query, signal) => {
    try {
      return withNumber(checkAnswer(await asker.ask(query, signal), rules), query);
    } catch (error) {
      if (signal.aborted && !(error instanceof SourceFault))
        throw new SourceFault('directory.timeout', 'it did not answer in time');
      throw faultOf(error);
    }
  },
  size: () => null,
  stop: () => asker.stop(),
});

/** Rows of one client (he has several numbers) are one. What is wrong with all of them is a fault. */
function checkAnswer(rows: readonly unknown[], rules: Rules): Client[] {
  const clients = new Map<string, Client>();
  let problem = '';
  for (const row of rows.slice(0, MAX_CLIENTS_IN_ANSWER)) {
    const client = checkClient(row, rules);
    if (typeof client === 'string') problem = client;
    else if (!clients.has(client.id)) clients.set(client.id, client);
  }
  if (clients.size === 0 && problem !== '') throw new SourceFault('directory.bad-answer', problem);
  return [...clients.values()];
}

/** A web server that searches may well find what only looks like it; where it tells the numbers, they decide. */
export function withNumber(clients: readonly Client[], { number, last10 }: Query): readonly Client[] {
  if (!clients.some(({ numbers }) => numbers && numbers.length > 0)) return clients;
  const exact = clients.filter(({ numbers }) => numbers?.includes(number));
  if (exact.length > 0 || last10 === null) return exact;
  const alike = clients.filter(({ numbers }) => numbers?.some((one) => alikeKey(one) === last10));
  return alike.length === 1 ? alike : [];
}
