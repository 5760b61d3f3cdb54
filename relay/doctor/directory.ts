// Whether the list of clients can be read, and whom it knows a number as. Shell; called by `doctor/relay-checks.ts`.
import type { Config } from '../config.ts';
import { readClientList } from '../directory/client-list.ts';
import { queryFor } from '../directory/query.ts';
import { numberDescriber } from '../numbers.ts';
import { alike } from '../said.ts';
import type { Said } from '../said.ts';
import { doubtful, unknown, well, wrong } from './finding.ts';
import type { Finding } from './finding.ts';

const SHOWN_PROBLEMS = 3;
const SHOWN_IDS = 5;

export async function checkDirectory(config: Config, number: string | null): Promise<Finding> {
  if (config.clients === null)
    return unknown({
      en: 'no list of clients is set (RINGCUE_CLIENTS): numbers are shown alone',
      ru: 'список клиентов не задан (RINGCUE_CLIENTS): видны только номера',
    });
  const { clients: path, country, directoryFields: fields } = config;
  const { find, clients, problems } = await readClientList({ path, country, fields });
  if (problems.length > 0) {
    const told = problems.slice(0, SHOWN_PROBLEMS).map(({ line, message }) => `line ${line}: ${message}`);
    return wrong({
      en: `${path} is not taken by a running relay: ${told.join('; ')}`,
      ru: `${path} работающий Ringcue не примет: ${told.join('; ')}`,
    });
  }
  const counted = (more: Said): Said => ({
    en: `${clients} clients in ${path}${more.en}`,
    ru: `клиентов в ${path}: ${clients}${more.ru}`,
  });
  if (number === null) return well(counted(alike('')));
  const normal = numberDescriber(country)(number).number;
  if (normal === null)
    return doubtful(
      counted({
        en: `; "${number}" is no number that could be looked up`,
        ru: `; «${number}» не номер, который можно искать`,
      }),
    );
  const ids = find(queryFor(normal)).map(({ id }) => id);
  if (ids.length === 0)
    return doubtful(
      counted({ en: `; none has the number ${normal}`, ru: `; номера ${normal} нет ни у кого` }),
    );
  const shown = ids.slice(0, SHOWN_IDS).join(', ');
  return ids.length === 1
    ? well(
        counted({
          en: `; ${normal} is the client with the id ${shown}`,
          ru: `; ${normal}: клиент с id ${shown}`,
        }),
      )
    : well(
        counted({
          en: `; ${normal} belongs to ${ids.length} (${shown}): the search is opened`,
          ru: `; ${normal} есть у нескольких (${ids.length}: ${shown}): откроется поиск`,
        }),
      );
}
