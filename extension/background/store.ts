// The state of the background, of which every change is written back and painted. Shell; core.ts makes one for all parts.
import { isSame } from '../same.ts';
import { NO_STATE, type ExtensionState, type State } from '../state.ts';
import { badgeOf } from './badge.ts';
import type { Link } from './link.ts';
import type { Ports } from './ports.ts';

export type Store = {
  readonly state: State;
  /** Goes on from what was written. */
  restore(): Promise<void>;
  change(part: Partial<State>): void;
  find(extension: string): ExtensionState | undefined;
  changeExtension(extension: string, part: Partial<ExtensionState>): void;
};

export function createStore(ports: Ports): Store {
  let state = NO_STATE;

  function change(part: Partial<State>): void {
    const before = state;
    state = { ...state, ...part };
    const changed = Object.entries(part).filter(([key, value]) => {
      const old = before[key as keyof State];
      return key === 'link' ? !isSameToReaders(old as Link, value as Link) : old !== value;
    });
    if (changed.length > 0) void ports.writeState(Object.fromEntries(changed));
    const unseen = state.extensions.reduce((count, { attention }) => count + attention.unseen.length, 0);
    void ports.paint(badgeOf(state.link, unseen, ports.now(), ports.say));
  }

  return {
    get state() {
      return state;
    },
    restore: async () => {
      state = await ports.readState();
    },
    change,
    find: (extension) => state.extensions.find((one) => one.extension === extension),
    changeExtension: (extension, part) => {
      change({
        extensions: state.extensions.map((one) => (one.extension === extension ? { ...one, ...part } : one)),
      });
    },
  };
}

/** Each frame moves the deadline of an open link; only the timer needs to know. */
function isSameToReaders(before: Link, after: Link): boolean {
  return isSame(before, after.state === 'open' ? { ...after, until: before.until } : after);
}
