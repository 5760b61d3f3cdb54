// What `ringcue doctor` finds, and the four kinds of it. Pure.
import type { Said } from '../said.ts';

/** `well` ✔, `wrong` ✖ (the relay cannot do its work), `doubtful` ! (it can, but better not so), `unknown` – (not asked). */
export type Mark = 'well' | 'wrong' | 'doubtful' | 'unknown';

export type Finding = {
  mark: Mark;
  /** What is so, and what to do, for people. */
  text: Said;
  /** Lines to paste, and where. */
  remedy: Remedy | null;
};

export type Remedy = {
  /** `manager.conf on the PBX`, `a shell on the PBX`. */
  where: Said;
  lines: readonly string[];
};

/** One line of the report. */
export type Told = Finding & {
  check: string;
  /** null: the relay's own. */
  pbx: string | null;
};

export const well = (text: Said): Finding => ({ mark: 'well', text, remedy: null });
export const unknown = (text: Said): Finding => ({ mark: 'unknown', text, remedy: null });
export const wrong = (text: Said, remedy: Remedy | null = null): Finding => ({ mark: 'wrong', text, remedy });
export const doubtful = (text: Said, remedy: Remedy | null = null): Finding => ({
  mark: 'doubtful',
  text,
  remedy,
});
