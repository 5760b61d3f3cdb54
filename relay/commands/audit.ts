// `ringcue audit`: who was paired, revoked, refused, and who watches whom, oldest first. Extensions and reasons, and nothing else
// of anybody.
import { Complaint, minuteOf, tableOf, withPairingFile } from './pairing-file.ts';

const LAST = 100;
const MOST = 100_000;

export const audit = withPairingFile(
  'audit [--last 100] [--json]',
  { json: { type: 'boolean' }, last: { type: 'string' } },
  0,
  ({ store, values, say, complain }) => {
    const last = Number(values['last'] ?? LAST);
    if (!Number.isInteger(last) || last < 1 || last > MOST)
      throw new Complaint(`--last must be a whole number from 1 to ${MOST}.`, 64);
    const rows = store.audit(last).reverse();
    if (values['json']) return say(JSON.stringify(rows));
    if (rows.length === 0) return complain('Nothing has happened yet.');
    const words = rows.map(({ at, what, extension, by, reason, count }) => [
      ...[minuteOf(at), what, extension ?? '–', by ?? '–', reason ?? '–', String(count)],
    ]);
    for (const line of tableOf([['WHEN', 'WHAT', 'EXTENSION', 'BY', 'REASON', 'TIMES'], ...words])) say(line);
  },
);
