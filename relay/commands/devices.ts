// `ringcue devices [EXT]`: which browsers are paired with which extension. Names and times; a token is nowhere to be read.
import { isExpired } from '../pairing/expiry.ts';
import { minuteOf, tableOf, withPairingFile } from './pairing-file.ts';

export const devices = withPairingFile(
  'devices [EXTENSION] [--json]',
  { json: { type: 'boolean' } },
  1,
  ({ store, config, values, positionals: [extension], say, complain }) => {
    const now = Date.now();
    const paired = store
      .kept()
      .devices.filter(
        (device) =>
          device.revokedAt === null &&
          !isExpired(device, config.tokenDays, now) &&
          (extension === undefined || device.extension === extension),
      )
      .map(({ id, extension: owner, name, pairedAt, seenAt }) => ({
        id,
        extension: owner,
        name,
        pairedAt,
        seenAt,
      }));
    if (values['json']) return say(JSON.stringify(paired));
    if (paired.length === 0)
      return complain(
        extension === undefined ? 'No browser is paired.' : `No browser is paired with ${extension}.`,
      );
    const rows = paired.map(({ id, extension: owner, name, pairedAt, seenAt }) => [
      ...[id, owner, minuteOf(pairedAt), minuteOf(seenAt), name],
    ]);
    for (const line of tableOf([['ID', 'EXTENSION', 'PAIRED', 'LAST SEEN', 'NAME'], ...rows])) say(line);
  },
);
