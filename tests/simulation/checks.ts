// What is told, held against the truth: of one line at a quiet moment, and of a whole world at its end. Pure; called by
// `world.ts`. What must hold after every single input is in `invariants.ts`.
import type { Switchboard } from '../../relay/calls/switchboard.ts';
import { hold, textOf } from './invariants.ts';
import type { SimulatedRelay } from './relay.ts';
import { unmatched, unmatchedNow, written } from './truth.ts';
import type { Truth, TrueCall } from './truth.ts';

export type Checked = { relay: SimulatedRelay; truth: Truth };

/** The board equals the PBX. */
export function checkLine({ relay, truth }: Checked, extension: string): void {
  const told = relay
    .line(extension)
    .filter((call) => call.endedAt === null)
    .map(textOf);
  const left = unmatchedNow(
    told,
    callsOf(truth, extension).filter(({ live }) => live !== null),
  );
  const texts = left.happening.map(({ live }) => live?.texts.join('|'));
  hold(
    left.told.length === 0 && (texts.length === 0 || relay.crowded.has(extension)),
    () => `quiet: ${extension} is told [${told.join('; ')}], but there is [${texts.join('; ')}]`,
  );
}

/** Everybody was told exactly what happened. */
export function checkStories({ relay, truth }: Checked, extension: string): void {
  if (relay.crowded.has(extension)) return;
  const left = unmatched(relay.stories(extension), callsOf(truth, extension));
  const told = left.told.map((story) => story.join(', '));
  const happened = left.happened.map(written);
  hold(
    told.length === 0 && happened.length === 0,
    () => `${extension} was told [${told.join(' / ')}], but it was [${happened.join(' / ')}]`,
  );
}

/** Whatever got lost: nobody is told of somebody he had nothing to do with. */
export function checkParties({ relay, truth }: Checked, extension: string): void {
  const own = callsOf(truth, extension);
  if (own.some(({ isLoose }) => isLoose)) return;
  const known = new Set(own.flatMap(({ words }) => words.flatMap(({ texts }) => texts.map(partyIn))));
  for (const text of relay.stories(extension).flat())
    hold(
      /^(ended|queue|transferred) /.test(text) || partyIn(text) === 'hidden' || known.has(partyIn(text)),
      () => `${extension} was told "${text}" and had no part in that`,
    );
}

/** All channels have gone, and a minute has passed. */
export function checkNothingLeft(board: Switchboard): void {
  for (const what of ['channels', 'phones', 'uniqueids', 'bridges', 'lookUps', 'lines'] as const)
    hold(board[what].size === 0, () => `left over: ${what} ${[...board[what].keys()].join(' ')}`);
  hold(
    board.endings.size === 0 && board.unheld.size === 0 && board.missed.length === 0,
    () => 'left over: endings, holds or missed calls',
  );
  hold(board.doubtedAtInput === null, () => 'left over: doubt');
}

const callsOf = ({ calls }: Truth, extension: string): TrueCall[] =>
  calls.filter((call) => call.extension === extension);

/** `ringing 101, internal` → `101`: that it is a colleague may come to be known a little later. */
const partyIn = (text: string): string => text.slice(text.indexOf(' ') + 1).replace(', internal', '');
