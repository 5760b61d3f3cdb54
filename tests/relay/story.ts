// What an extension was told, in words that scenarios and recordings are compared by. Pure.
import type { Call } from '../../shared/protocol.ts';

/**
 * Each call by its states and parties in order, calls apart by ` | ` in the order they began:
 * `ringing(101, internal) talking(101, internal) talking(+79161234567, transferred by 101) ended completed`.
 * One id is one call, so a transfer that made a second call of it would show. A call that neither rang nor dialled at
 * first says its direction: `inbound talking(…)`. What comes to be known a little later (a queue, who transferred, who answered)
 * stands as if known at once; what is taken back shows.
 */
export function tellStory(told: readonly Call[]): string {
  const calls = new Map<string, Word[]>();
  for (const call of told) {
    const words = calls.get(call.id) ?? [];
    calls.set(call.id, words);
    const word = wordOf(call, words.length === 0);
    const before = words.at(-1);
    if (before?.text === word.text && [...before.additions].every((addition) => word.additions.has(addition)))
      words.pop();
    words.push(word);
  }
  return [...calls.values()].map((words) => words.map(written).join(' ')).join(' | ');
}

type Word = { text: string; additions: Set<string> };

function wordOf(call: Call, isFirst: boolean): Word {
  if (call.state === 'ended') {
    const by = call.answeredBy === null ? [] : [`by ${call.answeredBy}`];
    return { text: `ended ${call.endReason}`, additions: new Set(by) };
  }
  const additions = new Set<string>();
  if (call.queue !== null) additions.add(`queue ${call.queue}`);
  if (call.transferredBy !== null) additions.add(`transferred by ${call.transferredBy}`);
  const direction =
    isFirst && call.state !== 'ringing' && call.state !== 'dialing' ? `${call.direction} ` : '';
  const party = `${call.party.number ?? 'hidden'}${call.party.internal ? ', internal' : ''}`;
  return { text: `${direction}${call.state}(${party}`, additions };
}

const written = ({ text, additions }: Word): string =>
  text.startsWith('ended') ? [text, ...additions].join(' ') : `${[text, ...additions].join(', ')})`;
