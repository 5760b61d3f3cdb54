// `ringcue pbx-lines`: what IT writes on the side of the PBX, as the page `relay/deploy/PBX.md`. Shell.
import { EVENTS_READ } from '../ami/events.ts';
import type { Command } from '../command.ts';
import { DEFAULT_PREFIX, pairingDialplan } from '../pairing/dialplan.ts';
import { pbxPage } from '../pbx-lines.ts';

const ACCOUNT = { username: 'ringcue', secret: 'a-long-random-text', permit: 'ADDRESS', events: null };

export const pbxLines: Command = ({ parameters, say, complain }) => {
  if (parameters.length > 0) {
    complain('Say: ringcue pbx-lines');
    return Promise.resolve(64);
  }
  const lines = { account: ACCOUNT, pairing: pairingDialplan(DEFAULT_PREFIX) };
  say(pbxPage(lines, EVENTS_READ).trimEnd());
  return Promise.resolve(0);
};
