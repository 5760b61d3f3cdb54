// What a chaos run is judged by: what the PBX did, what each screen showed, and when which fault was on. Types only.

/** A phone rang: as the PBX itself told it. Times in ms since 1970. */
export type Ring = {
  extension: string;
  /** Of the caller; each call of a run has a number of its own. */
  number: string;
  from: number;
  /** Infinity while it rings. */
  to: number;
  /** `cut`: the PBX died; null while it rings. */
  outcome: 'answered' | 'elsewhere' | 'missed' | 'rejected' | 'cut' | null;
};

/** Something that a person could have seen happen on one screen. */
export type Sight = {
  at: number;
  /** Of one notification; what is shown with the same id takes its place. */
  noticeId: string;
  what: 'ringing' | 'missed' | 'together' | 'other' | 'cleared';
  /** Digits; null where the notification is about no single caller. */
  number: string | null;
  /** A new notification of it that catches the eye, not a change of one that was there. */
  isNew: boolean;
};

export type Screen = {
  name: string;
  extension: string;
  sights: readonly Sight[];
  /** When the add-on itself knew that it saw nothing; null: nobody could look inside. */
  blind: readonly { from: number; to: number }[] | null;
};

export type Fault = {
  kind: string;
  from: number;
  /** When it was over, and the two seconds began. */
  to: number;
  /** The screens it touched; null: all. */
  screens: ReadonlySet<string> | null;
  /** What the relay cannot do while it lasts: see the PBX; write and read its journal. */
  hides: 'pbx' | 'journal' | null;
};

/** Somebody has seen a missed call on one device. */
export type Seen = { at: number; extension: string; number: string };

export type Run = {
  rings: Ring[];
  screens: Screen[];
  faults: Fault[];
  seen: Seen[];
  /** Every fault as it was made, for whoever looks for the cause. */
  log: { kind: string; from: number; to: number }[];
  /** After a fault every screen must be right this soon. */
  promiseMs: number;
  /** Without any fault: what a loaded machine, its desktop and the order of witnesses may take. */
  usualMs: number;
  startedAt: number;
  endedAt: number;
};
