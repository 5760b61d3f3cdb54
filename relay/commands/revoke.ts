// `ringcue revoke ID | EXTENSION`: a browser, or every browser of an extension, is trusted no more. The running relay sees it
// within a second, closes their sessions, and tells the others of the extension.
import { Complaint, withPairingFile } from './pairing-file.ts';

export const revoke = withPairingFile(
  'revoke ID | EXTENSION [--json]',
  { json: { type: 'boolean' } },
  1,
  ({ store, values, positionals: [which], say }) => {
    if (which === undefined)
      throw new Complaint(
        'Which one? An ID from "ringcue devices", or an extension for all of its browsers.',
        64,
      );
    const paired = store.kept().devices.filter(({ revokedAt }) => revokedAt === null);
    const one = paired.filter(({ id }) => id === which);
    const gone = one.length > 0 ? one : paired.filter(({ extension }) => extension === which);
    if (gone.length === 0)
      throw new Complaint(`There is no paired browser "${which}", and none of such an extension.`);
    const at = Date.now();
    store.write(
      gone.flatMap(({ id, extension }) => [
        { type: 'revoked', id, at },
        {
          type: 'audited',
          row: { at, what: 'revoked', extension, by: 'command', reason: null, count: 1 },
        },
      ]),
    );
    if (values['json'])
      return say(JSON.stringify(gone.map(({ id, extension, name }) => ({ id, extension, name }))));
    for (const { id, extension, name } of gone) say(`Revoked: ${id}, ${name}, of extension ${extension}.`);
  },
);
