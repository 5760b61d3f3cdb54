// What `ringcue doctor` finds. Types only.

/** `well` ✔, `wrong` ✖ (the relay cannot do its work), `doubtful` ! (it can, but better not so), `unknown` – (not asked). */
export type Mark = 'well' | 'wrong' | 'doubtful' | 'unknown';

export type Finding = {
  mark: Mark;
  /** What is so, and what to do, for people. */
  text: string;
  /** Lines to paste, and where. */
  remedy: Remedy | null;
};

export type Remedy = {
  /** `/etc/asterisk/manager.conf on the PBX`, `a shell on the PBX`. */
  where: string;
  lines: readonly string[];
};

/** One line of the report. */
export type Told = Finding & {
  check: string;
  /** null: the relay's own. */
  pbx: string | null;
};
