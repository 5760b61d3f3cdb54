// What a PBX lists to an account with `write = reporting` alone: devices, patterns of the dialplan, and whether anything
// happens while it is listened to. Called by `doctor/pbx-checks.ts`. [ExtensionStateList, DeviceStateList, SIPpeers,
// ShowDialPlan, CoreShowChannels]
import { setTimeout as sleep } from 'node:timers/promises';
import { AmiError } from '../ami/connection.ts';
import type { AmiConnection } from '../ami/connection.ts';
import { read } from '../ami/packet.ts';
import type { Packet } from '../ami/packet.ts';

type Asking = Pick<AmiConnection, 'askList'>;

const LOOK_EVERY_MS = 250;
const MAX_LISTED = 5_000;
/** Digits in place of a code. */
const SOME_CODE = '482193';

/** Each tells some devices; none needs to be there. PJSIP has no list that `reporting` may see but its hints. */
const LISTS: Readonly<Record<string, (row: Packet) => string>> = {
  DeviceStateList: (row) => read(row, 'device'),
  ExtensionStateList: (row) => read(row, 'hint'),
  SIPpeers: (row) => (read(row, 'objectname') === '' ? '' : `SIP/${read(row, 'objectname')}`),
  CoreShowChannels: (row) => read(row, 'channel').replace(/-[0-9a-f]+$/, ''),
};

/** `PJSIP/101`, in no order. */
export async function listDevices(session: Asking, mayAsk: (action: string) => boolean): Promise<string[]> {
  const devices = new Set<string>();
  for (const [action, deviceOf] of Object.entries(LISTS)) {
    const rows = mayAsk(action) ? await rowsOf(session, action, deviceOf) : null;
    for (const name of rows?.flatMap((told) => told.split(/[&,]/)) ?? [])
      if (/^(?:PJSIP|SIP|IAX2|SCCP|DAHDI)\/[^<>]+$/i.test(name) && devices.size < MAX_LISTED)
        devices.add(name);
  }
  return [...devices];
}

/** Who takes a dialled code; null: the account may not ask. */
export async function listPairing(
  session: Asking,
  prefix: string,
): Promise<{ context: string; pattern: string }[] | null> {
  const rows = await rowsOf(
    session,
    'ShowDialPlan',
    (row) => ({ context: read(row, 'context'), pattern: read(row, 'extension') }),
    { Extension: prefix + SOME_CODE },
  );
  const seen = new Set<string>();
  return (
    rows?.filter(({ context, pattern }) => {
      const key = `${context}\n${pattern}`;
      const isNew = pattern !== '' && !seen.has(key);
      seen.add(key);
      return isNew;
    }) ?? null
  );
}

/** Rows, [] where there is nothing to list, null where the account may not ask. */
async function rowsOf<T>(
  session: Asking,
  action: string,
  readRow: (row: Packet) => T,
  fields: Record<string, string> = {},
): Promise<T[] | null> {
  try {
    return (await session.askList(action, readRow, fields)).slice(0, -1);
  } catch (error) {
    if (!(error instanceof AmiError)) throw error;
    if (error.code === 'ami.permission-denied') return null;
    if (error.code === 'ami.action-refused') return []; // not there, or: Did not find extension
    throw error;
  }
}

/** Until an event has come or this long: whether channels came or went meanwhile. */
export async function wait(
  session: Asking,
  heard: ReadonlySet<string>,
  ms: number,
): Promise<{ haveChannelsChanged: boolean; waitedMs: number }> {
  const startedAt = performance.now();
  const channels = async (): Promise<string> => {
    const rows = await rowsOf(session, 'CoreShowChannels', (row) => read(row, 'uniqueid'));
    return (rows ?? []).sort().join();
  };
  const before = await channels();
  let haveChannelsChanged = false;
  while (performance.now() - startedAt < ms && heard.size === 0) {
    await sleep(Math.min(LOOK_EVERY_MS, ms));
    haveChannelsChanged ||= (await channels()) !== before;
  }
  return { haveChannelsChanged, waitedMs: performance.now() - startedAt };
}
