// Whether the list of clients can be read, and whom it knows a number as. Shell; called by `doctor/relay-checks.ts`.
import type { Config } from '../config.ts';
import { readClientList } from '../directory/client-list.ts';
import { queryFor } from '../directory/query.ts';
import { numberDescriber } from '../numbers.ts';
import type { Finding } from './finding.ts';
import { doubtful, unknown, well, wrong } from './judge-way.ts';

const SHOWN_PROBLEMS = 3;
const SHOWN_IDS = 5;

export async function checkDirectory(config: Config, number: string | null): Promise<Finding> {
  if (config.clients === null)
    return unknown('no list of clients is set (RINGCUE_CLIENTS): numbers are shown alone');
  const { clients: path, country, directoryFields: fields } = config;
  const { find, clients, problems } = await readClientList({ path, country, fields });
  if (problems.length > 0) {
    const told = problems.slice(0, SHOWN_PROBLEMS).map(({ line, message }) => `line ${line}: ${message}`);
    return wrong(`${path} is not taken by a running relay: ${told.join('; ')}`);
  }
  const count = `${clients} clients in ${path}`;
  if (number === null) return well(count);
  const normal = numberDescriber(country)(number).number;
  if (normal === null) return doubtful(`${count}; "${number}" is no number that could be looked up`);
  const ids = find(queryFor(normal)).map(({ id }) => id);
  if (ids.length === 0) return doubtful(`${count}; none has the number ${normal}`);
  return ids.length === 1
    ? well(`${count}; ${normal} is the client with the id ${ids.join()}`)
    : well(
        `${count}; ${normal} belongs to ${ids.length} (${ids.slice(0, SHOWN_IDS).join(', ')}): the search is opened`,
      );
}
