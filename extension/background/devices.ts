// Which of the browsers that are paired with an extension are news to its people: (known, devices) → {known, newcomers}.
// Pure; calls.ts asks, storage.ts keeps what is known on disk, so that a newcomer of a closed evening is told in the morning.
//
//   this browser knew | a device of the relay's list is | then
//   nothing yet       | any                             | known: it was there before us
//   some              | our own                         | known
//   some              | known                           | known
//   some              | not known                       | told once, then known
//   –                 | known, and not listed any more  | forgotten
import { MAX_DEVICES, type Device } from '../../shared/protocol.ts';

export type KnownDevices = { relayUrl: string; extension: string; ids: string[] };
/** Of how many extensions that is kept. */
export const MAX_KNOWN = 32;

export function meetDevices(
  known: readonly KnownDevices[],
  { relayUrl, extension }: Pick<KnownDevices, 'relayUrl' | 'extension'>,
  devices: readonly Device[],
): { known: KnownDevices[]; newcomers: Device[] } {
  const isOurs = (one: KnownDevices): boolean => one.relayUrl === relayUrl && one.extension === extension;
  const before = known.find(isOurs)?.ids ?? null;
  const ids = devices.slice(0, MAX_DEVICES).map(({ id }) => id);
  return {
    known: [...known.filter((one) => !isOurs(one)), { relayUrl, extension, ids }].slice(-MAX_KNOWN),
    newcomers: before === null ? [] : devices.filter(({ id, isOwn }) => !isOwn && !before.includes(id)),
  };
}
