// What the relay's front page says, in both languages. Pure; called by `pages/front.ts`.
import type { Language } from '../../shared/protocol.ts';

/** `…` is where a value goes in. */
const EN = {
  title: 'Ringcue',
  lead: 'Shows on your screen who is calling, while your phone still rings.',
  state: 'Is it working?',
  connected: 'Connected to the phone system',
  notConnected: 'Not connected to the phone system',
  /** Where there are several, after the name of each. */
  isConnected: 'connected',
  isNotConnected: 'not connected',
  since: 'since',
  noCalls:
    'Calls are not shown now. This mends itself once the phone system answers; if it lasts, tell your IT department.',
  someCalls: 'Calls of the phone systems that are not connected are not shown now.',
  trialTitle: 'Trial mode.',
  trial: 'Everybody who can open this page can watch the calls of every phone. Not for daily work.',
  steps: 'Three steps to begin',
  install: 'Install the add-on.',
  enter:
    'Its settings open by themselves (later: right-click its icon, then Options). Enter the relay address',
  enterPage:
    'Its settings open by themselves (later: right-click its icon, then Options). Enter the address of this page, as it stands above it in your browser,',
  enterExtension: 'and your extension, which is the number of your phone.',
  select: 'A click selects the address.',
  dial: 'Press Save. A code is shown: dial it on your phone, for example',
  dialEnd: 'and you are done. With an invitation from IT you need not dial.',
  saveOpen: 'Press Save: calls to that phone are shown from then on.',
  forIt: 'For IT:',
  setup: 'set-up',
  ready: 'readiness',
};

export type FrontWords = typeof EN;

export const FRONT_WORDS: Readonly<Record<Language, FrontWords>> = {
  en: EN,
  ru: {
    title: 'Ringcue',
    lead: 'Показывает на экране, кто звонит, пока телефон ещё звонит.',
    state: 'Работает ли сейчас?',
    connected: 'Связь с АТС есть',
    notConnected: 'Связи с АТС нет',
    isConnected: 'связь есть',
    isNotConnected: 'связи нет',
    since: 'с',
    noCalls:
      'Звонки сейчас не показываются. Когда АТС ответит, всё восстановится само; если нет, сообщите системным администраторам.',
    someCalls: 'Звонки тех АТС, с которыми нет связи, сейчас не показываются.',
    trialTitle: 'Пробный режим.',
    trial:
      'Каждый, кто может открыть эту страницу, видит звонки любого телефона. Не для повседневной работы.',
    steps: 'Три шага, чтобы начать',
    install: 'Установите дополнение.',
    enter:
      'Его настройки откроются сами (позже: правая кнопка на значке, затем «Параметры»). Введите адрес сервера',
    enterPage:
      'Его настройки откроются сами (позже: правая кнопка на значке, затем «Параметры»). Введите адрес этой страницы, как он показан вверху браузера,',
    enterExtension: 'и ваш внутренний номер, то есть номер вашего телефона.',
    select: 'Щелчок выделяет адрес.',
    dial: 'Нажмите «Сохранить». Появится код: наберите его на своём телефоне, например',
    dialEnd: 'и всё готово. С приглашением от системных администраторов набирать ничего не нужно.',
    saveOpen: 'Нажмите «Сохранить»: с этого момента звонки на этот телефон видны.',
    forIt: 'Для ИТ:',
    setup: 'установка',
    ready: 'готовность',
  },
};
