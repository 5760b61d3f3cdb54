// The sentences of a ring in each language, for `ringcue lookup`: those of the add-on, which is another program (a test
// holds the two against each other). Pure.
import type { NoticeKey, NoticeSay } from '../../shared/notice.ts';
import type { Language } from '../../shared/protocol.ts';

export const SENTENCES: Readonly<Record<Language, Readonly<Record<NoticeKey, string>>>> = {
  en: {
    language: 'en',
    hiddenNumber: 'Hidden number',
    incomingCall: 'incoming call',
    onTheLine: 'on the line now',
    internalCall: 'internal call',
    internalCallFrom: 'internal call from $1',
    missedAt: 'missed at $1',
    busyAt: 'called while you were busy, $1',
    transferredBy: 'transferred by $1',
    queue: 'queue $1',
    dialed: 'called $1',
    severalClients: '$1 clients have this number, $2 among them',
    markVip: 'VIP',
    markYours: 'your client',
    markBlocked: 'black list',
  },
  ru: {
    language: 'ru',
    hiddenNumber: 'Номер скрыт',
    incomingCall: 'входящий звонок',
    onTheLine: 'сейчас на линии',
    internalCall: 'внутренний звонок',
    internalCallFrom: 'внутренний звонок от $1',
    missedAt: 'пропущен в $1',
    busyAt: 'звонил, пока вы были заняты, $1',
    transferredBy: 'перевёл $1',
    queue: 'очередь $1',
    dialed: 'на номер $1',
    severalClients: 'клиентов с этим номером: $1, один из них — $2',
    markVip: 'VIP',
    markYours: 'ваш клиент',
    markBlocked: 'чёрный список',
  },
};

export const sayIn =
  (language: Language): NoticeSay =>
  (key, ...substitutions) =>
    SENTENCES[language][key].replace(/\$(\d)/g, (_, n: string) => substitutions[Number(n) - 1] ?? '');
