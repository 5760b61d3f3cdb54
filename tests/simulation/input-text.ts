// An input of the switchboard as one line that a person can read, for the story of a world that failed. Pure; called by
// `world.ts`.
import type { ChannelFacts, Input } from '../../relay/calls/facts.ts';

/** An input on one line: only what is told, and of a poll only the channels. */
export function describeInput(input: Input): string {
  const facts = ({ name, uniqueid, ...rest }: ChannelFacts): string =>
    [
      name,
      uniqueid,
      ...Object.entries(rest)
        .filter(([key, value]) => value !== undefined && TELLING.test(key))
        .map((pair) => pair.join('=')),
    ].join(' ');
  if (input.type === 'poll')
    return `poll asked at ${input.askedAt}${input.isFirst ? ' (first)' : ''}:${input.channels.map((row) => `\n      ${facts(row)}`).join('')}`;
  if ('channel' in input)
    return `${input.type} ${facts(input.channel)}${'cause' in input ? ` cause=${input.cause}` : ''}`;
  if (input.type === 'dial-begin')
    return `dial-begin ${input.source ? facts(input.source) : '-'} → ${facts(input.destination)}`;
  if (input.type === 'dial-end')
    return `dial-end ${input.source?.name} → ${input.destination?.name} ${input.status}`;
  if (input.type === 'found') return `found ${input.number}`;
  return JSON.stringify(input);
}
const TELLING = /^(state|linkedid|connectedNumber|exten|application|bridgeId)$/;
