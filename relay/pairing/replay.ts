// What is kept on the disk, with what has not been written yet. Pure; used by `pairing/disk.ts`.
import type { Kept, Work } from './store.ts';

/** `works` in their order; what is in `kept` already changes nothing. */
export function replay({ devices, invitations }: Kept, works: readonly Work[]): Kept {
  const byId = new Map(devices.map((device) => [device.id, { ...device }]));
  const byHash = new Map(invitations.map((invitation) => [invitation.hash, invitation]));
  for (const work of works) {
    if (work.type === 'paired' && !byId.has(work.device.id)) byId.set(work.device.id, { ...work.device });
    if (work.type === 'invitation-used') byHash.delete(work.hash);
    const device = work.type === 'revoked' ? byId.get(work.id) : undefined;
    if (device && work.type === 'revoked') device.revokedAt ??= work.at;
  }
  return { devices: [...byId.values()], invitations: [...byHash.values()] };
}
