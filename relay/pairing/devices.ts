// Which browsers are paired with which extension, as the relay holds them in memory: the disk may be slow, full or broken
// without locking anybody out. Pure; `pairing/pairing.ts` keeps one, `pairing/store.ts` has the same on the disk.
//
//   token        never given   its browser unseen for `tokenDays`   revoked     else
//   find →       'unknown'     'expired'                            'revoked'   the device
import { MAX_DEVICES } from '../../shared/protocol.ts';
import { isExpired } from './expiry.ts';

/** A browser that is paired with an extension, or was. */
export type PairedDevice = {
  id: string;
  extension: string;
  /** [SHA-256, base64url] The token itself is known to the browser alone. */
  tokenHash: string;
  name: string;
  pairedAt: number;
  seenAt: number;
  revokedAt: number | null;
};

export type Devices = {
  find(tokenHash: string, at: number): PairedDevice | 'unknown' | 'expired' | 'revoked';
  /** Those paired with it now, the longest paired first. */
  of(extension: string, at: number): PairedDevice[];
  count(at: number): number;
  /** Returns those that had to give way, as they were away for the longest time. */
  add(device: PairedDevice): PairedDevice[];
  /** null: there is no such device of that extension, or not any more. */
  revoke(id: string, extension: string, at: number): PairedDevice | null;
  see(id: string, at: number): void;
  /** What another process has made of them. Returns those that are paired no more, and whose devices have changed. */
  replace(devices: readonly PairedDevice[], at: number): { gone: PairedDevice[]; changed: Set<string> };
};

export function createDevices(tokenDays: number): Devices {
  let byToken = new Map<string, PairedDevice>();
  let byId = new Map<string, PairedDevice>();
  let byExtension = new Map<string, PairedDevice[]>();

  const keep = (device: PairedDevice): void => {
    byToken.set(device.tokenHash, device);
    byId.set(device.id, device);
    byExtension.set(device.extension, [...(byExtension.get(device.extension) ?? []), device]);
  };
  const isPaired = (device: PairedDevice, at: number): boolean =>
    device.revokedAt === null && !isExpired(device, tokenDays, at);
  const of = (extension: string, at: number): PairedDevice[] =>
    (byExtension.get(extension) ?? []).filter((device) => isPaired(device, at));

  return {
    find(tokenHash, at) {
      const device = byToken.get(tokenHash);
      if (!device) return 'unknown';
      if (device.revokedAt !== null) return 'revoked';
      return isPaired(device, at) ? device : 'expired';
    },
    of,
    count: (at) => [...byId.values()].filter((device) => isPaired(device, at)).length,
    add(device) {
      const others = of(device.extension, device.pairedAt).sort((one, other) => one.seenAt - other.seenAt);
      const tooMany = others.slice(0, Math.max(0, others.length + 1 - MAX_DEVICES));
      for (const one of tooMany) one.revokedAt = device.pairedAt;
      keep(device);
      return tooMany;
    },
    revoke(id, extension, at) {
      const device = byId.get(id);
      if (!device || device.extension !== extension || device.revokedAt !== null) return null;
      device.revokedAt = at;
      return device;
    },
    see(id, at) {
      const device = byId.get(id);
      if (device) device.seenAt = Math.max(device.seenAt, at);
    },
    replace(devices, at) {
      const before = [...byId.values()].filter((device) => isPaired(device, at));
      const seen = byId;
      byToken = new Map();
      byId = new Map();
      byExtension = new Map();
      for (const device of devices)
        keep({ ...device, seenAt: Math.max(device.seenAt, seen.get(device.id)?.seenAt ?? 0) });
      const gone = before.filter(({ id }) => byId.get(id)?.revokedAt !== null);
      const come = [...byId.values()].filter((device) => isPaired(device, at) && !seen.has(device.id));
      return { gone, changed: new Set([...gone, ...come].map(({ extension }) => extension)) };
    },
  };
}
