// What was found, as lines for people and as JSON for programs. Pure; called by `commands/doctor.ts` and `pages/setup.ts`.
import type { Mark, Told } from './finding.ts';

export const SIGNS: Readonly<Record<Mark, string>> = { well: '✔', wrong: '✖', doubtful: '!', unknown: '–' };

/** One line, and the lines to paste below it. */
export const linesOf = ({ mark, pbx, check, text, remedy }: Told): string[] => [
  `${SIGNS[mark]} ${pbx === null ? '' : `${pbx} `}${check}: ${text}`,
  ...(remedy ? [`    in ${remedy.where}:`, ...remedy.lines.map((line) => `      ${line}`)] : []),
];

export const isInOrder = (told: readonly Told[]): boolean => told.every(({ mark }) => mark !== 'wrong');

export function summary(told: readonly Told[]): string {
  const count = (mark: Mark): number => told.filter((one) => one.mark === mark).length;
  const parts = [
    `${count('well')} in order`,
    `${count('wrong')} wrong`,
    `${count('doubtful')} to look at`,
    `${count('unknown')} not known`,
  ];
  return parts.join(', ');
}

export const jsonOf = (told: readonly Told[]): string =>
  JSON.stringify({ isInOrder: isInOrder(told), findings: told }, null, 2);
