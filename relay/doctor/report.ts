// What was found, as lines for people and as JSON for programs. Pure; called by `commands/doctor.ts` and `pages/setup.ts`.
import type { Language } from '../../shared/protocol.ts';
import type { Mark, Told } from './finding.ts';

export const SIGNS: Readonly<Record<Mark, string>> = { well: '✔', wrong: '✖', doubtful: '!', unknown: '–' };

const RUSSIAN_CHECKS: Readonly<Record<string, string>> = {
  configuration: 'настройки',
  name: 'имя',
  port: 'порт',
  greeting: 'приветствие',
  login: 'вход',
  version: 'версия',
  channels: 'каналы',
  rights: 'права',
  events: 'события',
  phones: 'телефоны',
  pairing: 'привязка',
  clock: 'часы',
  listen: 'свой порт',
  certificate: 'сертификат',
  data: 'папка данных',
  directory: 'клиенты',
};

/** What a check is called for people. */
export const checkName = (check: string, language: Language): string =>
  language === 'ru' ? (RUSSIAN_CHECKS[check] ?? check) : check;

const IN: Readonly<Record<Language, string>> = { en: 'in', ru: 'сюда:' };

/** One line, and the lines to paste below it. */
export const linesOf = ({ mark, pbx, check, text, remedy }: Told, language: Language): string[] => [
  `${SIGNS[mark]} ${pbx === null ? '' : `${pbx} `}${checkName(check, language)}: ${text[language]}`,
  ...(remedy
    ? [`    ${IN[language]} ${remedy.where[language]}:`, ...remedy.lines.map((line) => `      ${line}`)]
    : []),
];

export const isInOrder = (told: readonly Told[]): boolean => told.every(({ mark }) => mark !== 'wrong');

/** Before how many findings bear each mark. */
const COUNTED: Readonly<Record<Language, Readonly<Record<Mark, string>>>> = {
  en: { well: 'in order', wrong: 'wrong', doubtful: 'to look at', unknown: 'not known' },
  ru: { well: 'в порядке', wrong: 'неверно', doubtful: 'стоит посмотреть', unknown: 'неизвестно' },
};

const MARKS: readonly Mark[] = ['wrong', 'doubtful', 'well', 'unknown'];

/** `wrong: 1, to look at: 0, …` */
export const summary = (told: readonly Told[], language: Language): string =>
  MARKS.map((mark) => `${COUNTED[language][mark]}: ${told.filter((one) => one.mark === mark).length}`).join(
    ', ',
  );

/** For programs: the names of checks are always the same. */
export function jsonOf(told: readonly Told[], language: Language): string {
  const findings = told.map(({ text, remedy, ...rest }) => ({
    ...rest,
    text: text[language],
    remedy: remedy && { ...remedy, where: remedy.where[language] },
  }));
  return JSON.stringify({ isInOrder: isInOrder(told), findings }, null, 2);
}
