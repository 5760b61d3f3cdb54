// Who is paired with which phone: gives out codes, takes what phones have dialled, tokens, invitations and revocations, and
// tells the sessions whom it concerns. Memory is what counts here; `pairing/disk.ts` writes it down and tells what another
// process has changed. Shell; opened by `serve.ts`.
import type { Device } from '../../shared/protocol.ts';
import { networkOf } from '../network.ts';
import { cleanText } from '../numbers.ts';
import { createAudit } from './audit.ts';
import type { AuditRow, Refusal } from './audit.ts';
import { createCodes } from './codes.ts';
import { createDevices } from './devices.ts';
import type { PairedDevice } from './devices.ts';
import { pairingDialplan } from './dialplan.ts';
import { createInvitations } from './invitations.ts';
import { createRate } from './rate.ts';
import { hashOf, hashOfInvitation, newDeviceId, newToken } from './secrets.ts';
import type { Kept, Work } from './store.ts';

const SEEN_EVERY_MS = 300_000;
const COUNTED_EVERY_MS = 10_000;
const INVITATIONS_OF_ADDRESS = { burst: 400, perSecond: 1, maxKeys: 10_000 };

/** Where it is written down. */
export type Disk = { write(work: Work): void; stop(): Promise<void> };
export type DiskListener = {
  /** All that is kept: at first, and after another process has changed it. */
  onKept(kept: Kept): void;
};

export type PairingOptions = {
  prefix: string;
  /** null: any but those in which calls from outside arrive. */
  contexts: readonly string[] | null;
  tokenDays: number;
  /** Extension → whose lines it may watch beside its own. */
  watchers: ReadonlyMap<string, readonly string[]>;
  openDisk(listener: DiskListener): Disk;
  now(): number;
  randomBelow(limit: number): number;
  onAudit(row: AuditRow): void;
  /** Each one, also those that the audit log only counts. */
  onRefusal(reason: Refusal): void;
  onPaired(by: 'phone' | 'invitation'): void;
  onDevices(count: number): void;
};

export type DialledCode = {
  digits: string;
  /** Whose phone it is; null: no phone. */
  extension: string | null;
  context: string;
  /** The phone itself has dialled it, and was not sent there. */
  isOwnDial: boolean;
};

export type CodeWish = {
  extension: string;
  address: string;
  name: string;
  onPaired(token: string, deviceId: string): void;
};
export type ShownCode = { dial: string; expiresAt: number; dialplan: string; release(): void };
export type NewDevice = { extension: string; token: string; deviceId: string };
export type TokenOwner = { deviceId: string; extension: string };
export type TokenRefusal = 'unknown' | 'expired' | 'revoked' | 'not-read';

/** A session of a paired browser. */
export type Attendant = {
  /** The devices of an extension have changed. */
  onDevices(extension: string): void;
  /** One of its devices is trusted no more. */
  onRevoked(deviceId: string): void;
};

export type Pairing = {
  /** null: too many are asked for; later. */
  ask(wish: CodeWish): ShownCode | null;
  accept(
    invitation: string,
    wish: { extension: string | null; address: string; name: string },
  ): NewDevice | 'refused' | 'too-many';
  dialled(code: DialledCode): void;
  ownerOf(token: string): TokenOwner | TokenRefusal;
  mayWatch(watcher: string, extension: string): boolean;
  /** A hello or a message was refused. */
  refuse(reason: Refusal, extension: string | null): void;
  watched(extension: string, by: string): void;
  /** It is there from now on; call what is returned when it goes. */
  attend(deviceIds: ReadonlySet<string>, attendant: Attendant): () => void;
  devicesOf(extension: string, ownId: string): Device[];
  revoke(extension: string, deviceId: string): void;
  /** Resolves when it is known who is paired; until then nobody is refused for good. */
  whenRead: Promise<unknown>;
  stop(): Promise<void>;
};

/** [FreePBX, Issabel, chan_sip and chan_dahdi samples] Where calls from outside arrive; a phone has no business there. */
const OUTSIDE = /^(?:default|public|guest|incoming|inbound|from-(?!internal))/i;

export function openPairing(options: PairingOptions): Pairing {
  const { prefix, contexts, watchers, now } = options;
  const codes = createCodes<CodeWish>(options.randomBelow);
  const devices = createDevices(options.tokenDays);
  const invitations = createInvitations();
  const invitationRate = createRate(INVITATIONS_OF_ADDRESS);
  const audit = createAudit();
  const attendants = new Map<string, Set<Attendant>>();
  /** Seen since that was written down. */
  let seen = new Set<string>();
  let isRead = false;
  const { promise: whenRead, resolve: nowRead } = Promise.withResolvers<undefined>();

  const write = (row: AuditRow | null): void => {
    if (!row) return;
    options.onAudit(row);
    disk.write({ type: 'audited', row });
  };
  const note = (row: Omit<AuditRow, 'at' | 'count'>): void => write(audit.note({ ...row, at: now() }));
  const refuse = (reason: Refusal, extension: string | null): void => {
    options.onRefusal(reason);
    note({ what: 'refused', extension, by: null, reason });
  };
  const countDevices = (): void => options.onDevices(devices.count(now()));
  const tellDevices = (extension: string): void => {
    for (const { id } of devices.of(extension, now()))
      for (const attendant of attendants.get(id) ?? []) attendant.onDevices(extension);
  };
  const tellRevoked = (gone: readonly PairedDevice[]): void => {
    for (const { id } of gone)
      for (const attendant of [...(attendants.get(id) ?? [])]) attendant.onRevoked(id);
  };

  const pair = (extension: string, name: string, by: 'phone' | 'invitation'): NewDevice => {
    const [token, at] = [newToken(), now()];
    const device: PairedDevice = {
      id: newDeviceId(),
      extension,
      tokenHash: hashOf(token),
      name: cleanText(name, 64),
      pairedAt: at,
      seenAt: at,
      revokedAt: null,
    };
    const gone = devices.add(device);
    disk.write({ type: 'paired', device });
    for (const { id } of gone) {
      disk.write({ type: 'revoked', id, at });
      note({ what: 'revoked', extension, by: 'crowded', reason: null });
    }
    note({ what: 'paired', extension, by, reason: null });
    options.onPaired(by);
    tellRevoked(gone);
    tellDevices(extension);
    countDevices();
    return { extension, token, deviceId: device.id };
  };

  const writeSeen = (): void => {
    const at = now();
    const ids = new Set([...seen, ...attendants.keys()]);
    seen = new Set();
    for (const id of attendants.keys()) devices.see(id, at);
    if (ids.size > 0) disk.write({ type: 'seen', ids: [...ids], at });
  };
  const writeCounted = (isLast = false): void => {
    for (const row of audit.counted(now(), isLast)) write(row);
  };

  const disk = options.openDisk({
    onKept: (kept) => {
      isRead = true;
      nowRead(undefined);
      invitations.replace(kept.invitations);
      const { gone, changed } = devices.replace(kept.devices, now());
      tellRevoked(gone);
      for (const extension of changed) tellDevices(extension);
      countDevices();
    },
  });
  const seenTimer = setInterval(writeSeen, SEEN_EVERY_MS).unref();
  const countedTimer = setInterval(writeCounted, COUNTED_EVERY_MS).unref();

  return {
    ask(wish) {
      const code = codes.issue({ ...wish, owner: wish }, now());
      if (!code) {
        refuse('too-many-codes', wish.extension);
        return null;
      }
      const { digits, expiresAt } = code;
      return {
        dial: prefix + digits,
        expiresAt,
        dialplan: pairingDialplan(prefix),
        release: () => codes.release(digits, now()),
      };
    },
    accept(invitation, { extension, address, name }) {
      if (!invitationRate.take(networkOf(address), now())) return 'too-many';
      const hash = hashOfInvitation(invitation);
      const invited = invitations.use(hash, extension, now());
      if (invited === null) {
        refuse('invitation', extension);
        return 'refused';
      }
      disk.write({ type: 'invitation-used', hash });
      return pair(invited, name, 'invitation');
    },
    dialled({ digits, extension, context, isOwnDial }) {
      if (extension !== null && !isOwnDial) {
        refuse('not-dialled', extension);
        return;
      }
      const isAllowed = contexts ? contexts.includes(context) : context !== '' && !OUTSIDE.test(context);
      if (extension !== null && !isAllowed) {
        refuse('context', extension);
        return;
      }
      const result = codes.dial(digits, extension, now());
      if (typeof result === 'string') {
        refuse(result, extension);
        return;
      }
      const { token, deviceId } = pair(result.owner.extension, result.owner.name, 'phone');
      result.owner.onPaired(token, deviceId);
    },
    ownerOf(token) {
      if (!isRead) return 'not-read';
      const device = devices.find(hashOf(token), now());
      return typeof device === 'string' ? device : { deviceId: device.id, extension: device.extension };
    },
    mayWatch: (watcher, extension) => watchers.get(watcher)?.includes(extension) ?? false,
    refuse,
    watched: (extension, by) => note({ what: 'watched', extension, by, reason: null }),
    attend(deviceIds, attendant) {
      for (const id of deviceIds) {
        attendants.set(id, (attendants.get(id) ?? new Set()).add(attendant));
        devices.see(id, now());
      }
      return () => {
        for (const id of deviceIds) {
          const others = attendants.get(id);
          if (others?.delete(attendant) && others.size === 0) attendants.delete(id);
          devices.see(id, now());
          seen.add(id);
        }
      };
    },
    devicesOf: (extension, ownId) =>
      devices.of(extension, now()).map(({ id, name, pairedAt, seenAt }) => ({
        id,
        name,
        pairedAt,
        seenAt: attendants.has(id) ? now() : seenAt,
        isOwn: id === ownId,
      })),
    revoke(extension, deviceId) {
      const device = devices.revoke(deviceId, extension, now());
      if (!device) return;
      disk.write({ type: 'revoked', id: deviceId, at: now() });
      note({ what: 'revoked', extension, by: 'browser', reason: null });
      tellRevoked([device]);
      tellDevices(extension);
      countDevices();
    },
    whenRead,
    stop: () => {
      clearInterval(seenTimer);
      clearInterval(countedTimer);
      writeSeen();
      writeCounted(true);
      return disk.stop();
    },
  };
}
