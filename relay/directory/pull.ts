// A whole list, from its source to the packed form: every row through the funnel. Called in the thread of a snapshot.
import type { Puller } from './asker.ts';
import { checkClient } from './checked-client.ts';
import type { Rules } from './checked-client.ts';
import { SourceFault } from './fault.ts';
import { createPacker } from './packed-clients.ts';
import type { Packed } from './packed-clients.ts';

const MAX_CLIENTS = 2_000_000;
const NO_NUMBERS =
  'no client has a number: a query gives it as "numbers" (select id, name, phone as numbers), an HTTP source names its ' +
  'place in answer.numbers, a vCard has it as TEL';

export type Pulled = {
  packed: Packed;
  clients: number;
  /** Rows that were no clients, and what is wrong with the first of them. */
  refused: number;
  problem: string | null;
};

export async function pullAll(pull: Puller, rules: Rules, signal: AbortSignal): Promise<Pulled> {
  const packer = createPacker();
  let refused = 0;
  let numbered = 0;
  let problem: string | null = null;
  for await (const rows of pull(signal))
    for (const row of rows) {
      const client = checkClient(row, rules);
      if (typeof client === 'string') {
        problem ??= client;
        refused += 1;
        continue;
      }
      if (client.numbers !== undefined && client.numbers.length > 0) numbered += 1;
      if (packer.count() >= MAX_CLIENTS || !packer.add(client))
        throw new SourceFault('directory.too-large', `there are more than ${packer.count()} clients`);
    }
  if (packer.count() === 0 && refused > 0) throw new SourceFault('directory.bad-answer', problem ?? '');
  if (packer.count() > 0 && numbered === 0) throw new SourceFault('directory.bad-answer', NO_NUMBERS);
  return { packed: packer.finish(), clients: packer.count(), refused, problem };
}
