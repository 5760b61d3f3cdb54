// What is written down of who was let in and who was not: pairings, revocations, refusals, and who watches whom. No personal
// data but extensions: no address, no name of a browser, no number that was dialled. Whatever a stranger can cause as often as he
// likes is told once at once, and then counted: a flood of guesses must not fill the disk. Pure; `pairing/pairing.ts` keeps one.
//
//   what       extension           by                                            reason
//   paired     whose phone         phone, invitation                             –
//   revoked    whose device        browser, command, crowded (33rd came)         –
//   invited    for whom            command                                       –
//   watched    whose line          the extension that watches                    –
//   refused    the phone that has dialled, or the one that was asked for; null: no phone    –    one of `Refusal`
import type { CodeRefusal } from './codes.ts';

export type Refusal =
  | CodeRefusal
  /** The call was sent to the code, by a transfer or a click-to-call. */
  | 'not-dialled'
  /** The phone dials in a context that may not pair. */
  | 'context'
  | 'too-many-codes'
  | 'invitation'
  /** A hello with a token that is none, of somebody else, too old, or revoked. */
  | 'unknown-token'
  | 'expired-token'
  | 'revoked-token'
  | 'no-token'
  | 'not-own-line';

export type AuditWhat = 'paired' | 'revoked' | 'invited' | 'watched' | 'refused';
export type AuditRow = {
  at: number;
  what: AuditWhat;
  extension: string | null;
  by: string | null;
  reason: Refusal | null;
  count: number;
};

const COUNTED_FOR_MS = { refused: 60_000, watched: 24 * 60 * 60 * 1000 } as const;
const MAX_COUNTED = 500;

export type Audit = {
  /** What is to be written down now; null: it is counted. */
  note(row: Omit<AuditRow, 'count'>): AuditRow | null;
  /** What was counted for long enough; `isLast`: all of it. */
  counted(at: number, isLast?: boolean): AuditRow[];
};

export function createAudit(): Audit {
  /** By what makes them the same. `at`: when the last row of it was written. */
  const repeated = new Map<string, AuditRow>();
  const periodOf = ({ what }: AuditRow): number => COUNTED_FOR_MS[what as keyof typeof COUNTED_FOR_MS];

  return {
    note(row) {
      if (!(row.what in COUNTED_FOR_MS)) return { ...row, count: 1 };
      const ofAll = { ...row, extension: null, by: null };
      const known =
        repeated.get(keyOf(row)) ?? (repeated.size < MAX_COUNTED ? undefined : repeated.get(keyOf(ofAll)));
      if (known) {
        known.count += 1;
        return null;
      }
      // Ever new extensions are counted together.
      const kept = repeated.size < MAX_COUNTED ? row : ofAll;
      repeated.set(keyOf(kept), { ...kept, count: 0 });
      return { ...row, count: 1 };
    },
    counted(at, isLast = false) {
      const rows: AuditRow[] = [];
      for (const [key, row] of repeated) {
        if (!isLast && Math.abs(at - row.at) < periodOf(row)) continue;
        repeated.delete(key);
        if (row.count > 0 && row.what === 'refused') rows.push({ ...row, at });
      }
      return rows;
    },
  };
}

const keyOf = ({ what, extension, by, reason }: Omit<AuditRow, 'count'>): string =>
  [what, extension, by, reason].join(' ');
