// The calls in the popup, grouped by extension: own ones before watched ones, each as they stand in the settings. Pure.
import type { Call } from '../../shared/protocol.ts';
import type { ExtensionState } from '../state.ts';

export type Group = {
  extension: string;
  /** It is somebody else's. */
  isWatched: boolean;
  now: Call[];
  /** Just ended, and missed; newest first. */
  lately: Call[];
};

export function groupCalls(
  extensions: readonly Pick<ExtensionState, 'extension' | 'line' | 'missed'>[],
  watched: readonly string[],
): Group[] {
  const groups = extensions.map(({ extension, line, missed }) => {
    const calls = line?.calls ?? [];
    const ended = calls.filter(({ state }) => state === 'ended');
    const lately = [...ended, ...missed.filter(({ id }) => !ended.some((call) => call.id === id))];
    return {
      extension,
      isWatched: watched.includes(extension),
      now: calls.filter(({ state }) => state !== 'ended'),
      lately: lately.sort((one, other) => (other.endedAt ?? 0) - (one.endedAt ?? 0)),
    };
  });
  return [...groups.filter(({ isWatched }) => !isWatched), ...groups.filter(({ isWatched }) => isWatched)];
}
