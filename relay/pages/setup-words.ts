// What /setup says, in both languages; what the doctor finds says it itself. Pure; called by `pages/setup.ts`.
import type { Language } from '../../shared/protocol.ts';
import type { Mark } from '../doctor/finding.ts';

/** Why the page is locked, where that is more than that nobody has opened it yet. */
export type SetupFault = 'refused' | 'too-many' | 'foreign' | 'over';

const EN = {
  title: 'Ringcue: set-up',
  locked:
    'This page tells IT what is right and what is wrong with this relay. It opens with a link that this command prints:',
  lockedHow: 'The link works once, for 15 minutes. Then this browser may look for 15 minutes.',
  secret: 'The code of the link',
  open: 'Open',
  faults: {
    refused: 'This link is wrong, used or too old. Make a new one.',
    'too-many': 'Too many tries from your address. Wait a minute, and try again.',
    foreign:
      'This was not sent by this page, so it was not done. Open the page by the address that staff enter (setting publicUrl), and try again.',
    over: 'Your time is over. Make a new link.',
  } satisfies Record<SetupFault, string>,
  state: 'State',
  version: 'Version',
  onePbx: 'PBX',
  seen: 'seen since',
  notSeen: 'not seen since',
  openMode: 'Trial mode (auth: open): everybody who reaches this relay can watch every phone.',
  paired: 'Each browser proves whose phone it belongs to (auth: pairing).',
  address: 'What staff enter:',
  addressUnknown: 'What staff enter is not known: set publicUrl.',
  findings: 'What the doctor finds',
  never: 'Nothing was examined yet.',
  running: 'Examining… This page goes on by itself.',
  late: 'Some of it did not answer in time; what follows is what did.',
  failed: 'A fault of the relay itself ended the examination; see its log.',
  at: 'Examined on',
  again: 'Examine again',
  inPlace: 'Paste this into',
  marks: {
    well: 'in order',
    wrong: 'wrong',
    doubtful: 'look at this',
    unknown: 'not known',
  } satisfies Record<Mark, string>,
  documents: 'Documents, in the folder of Ringcue',
  installing: 'installing: container, systemd, Kubernetes, proxies',
  pbx: 'the lines for the PBX',
  operations: 'running it for years, what the log says',
  runbook: 'when an alert comes',
  settings: 'every setting',
  until: 'This browser may look until',
};

export type SetupWords = typeof EN;

export const SETUP_WORDS: Readonly<Record<Language, SetupWords>> = {
  en: EN,
  ru: {
    title: 'Ringcue: установка',
    locked:
      'Эта страница показывает системным администраторам, что с этим сервером в порядке, а что нет. Её открывает ссылка, которую печатает команда',
    lockedHow: 'Ссылка действует один раз, 15 минут. Затем этот браузер видит страницу 15 минут.',
    secret: 'Код из ссылки',
    open: 'Открыть',
    faults: {
      refused: 'Ссылка неверна, уже использована или устарела. Создайте новую.',
      'too-many': 'Слишком много попыток с вашего адреса. Подождите минуту и повторите.',
      foreign:
        'Запрос отправлен не с этой страницы и не выполнен. Откройте страницу по адресу, который вводят сотрудники (настройка publicUrl), и повторите.',
      over: 'Ваше время истекло. Создайте новую ссылку.',
    },
    state: 'Состояние',
    version: 'Версия',
    onePbx: 'АТС',
    seen: 'связь есть с',
    notSeen: 'связи нет с',
    openMode: 'Пробный режим (auth: open): каждый, кому доступен сервер, видит звонки любого телефона.',
    paired: 'Каждый браузер доказывает, чей это телефон (auth: pairing).',
    address: 'Что вводят сотрудники:',
    addressUnknown: 'Что вводят сотрудники, неизвестно: задайте publicUrl.',
    findings: 'Что нашла проверка',
    never: 'Проверки ещё не было.',
    running: 'Идёт проверка… Страница обновляется сама.',
    late: 'Кое-что не ответило вовремя; ниже то, что ответило.',
    failed: 'Проверку прервала ошибка самого сервера; смотрите его журнал.',
    at: 'Проверено',
    again: 'Проверить ещё раз',
    inPlace: 'Вставьте это сюда:',
    marks: { well: 'в порядке', wrong: 'неверно', doubtful: 'стоит посмотреть', unknown: 'неизвестно' },
    documents: 'Документы, в папке Ringcue',
    installing: 'установка: контейнер, systemd, Kubernetes, прокси',
    pbx: 'строки для АТС',
    operations: 'повседневная работа, что пишет журнал',
    runbook: 'когда пришла тревога',
    settings: 'все настройки',
    until: 'Этот браузер видит страницу до',
  },
};
