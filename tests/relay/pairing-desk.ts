// A relay's pairing without a disk and without a PBX: what is dialled is said by the test. Called by unit tests, and by browser
// tests that need no phone.
import { openPairing } from '../../relay/pairing/pairing.ts';
import type { DiskListener, Pairing, PairingOptions } from '../../relay/pairing/pairing.ts';
import type { AuditRow, Refusal } from '../../relay/pairing/audit.ts';
import type { Kept, Work } from '../../relay/pairing/store.ts';

export type PairingDesk = {
  pairing: Pairing;
  /** What a disk would have been told. */
  written: Work[];
  audited: AuditRow[];
  refused: Refusal[];
  devices(): number;
  /** As if another process had written it. */
  reads(kept: Partial<Kept>): void;
  /** A phone dials what a browser shows. */
  dials(extension: string | null, dial: string, over?: { context?: string; isOwnDial?: boolean }): void;
};

export const PREFIX = '*77';

export function openDesk(over: Partial<PairingOptions> & { isRead?: boolean } = {}): PairingDesk {
  const { isRead = true, ...options } = over;
  const [written, audited, refused] = [[] as Work[], [] as AuditRow[], [] as Refusal[]];
  let count = 0;
  let listener: DiskListener | undefined;
  let drawn = 100_000;
  const pairing = openPairing({
    prefix: PREFIX,
    contexts: null,
    tokenDays: 180,
    watchers: new Map(),
    openDisk: (told) => {
      listener = told;
      return { write: (work) => void written.push(work), stop: () => Promise.resolve() };
    },
    now: Date.now,
    randomBelow: (limit) => (drawn += 7_919) % limit,
    onAudit: (row) => void audited.push(row),
    onRefusal: (reason) => void refused.push(reason),
    onPaired: () => undefined,
    onDevices: (devices) => (count = devices),
    ...options,
  });
  const reads = (kept: Partial<Kept>): void => listener?.onKept({ devices: [], invitations: [], ...kept });
  if (isRead) reads({});
  return {
    pairing,
    written,
    audited,
    refused,
    devices: () => count,
    reads,
    dials: (extension, dial, { context = 'internal', isOwnDial = true } = {}) =>
      pairing.dialled({ digits: dial.slice(PREFIX.length), extension, context, isOwnDial }),
  };
}
