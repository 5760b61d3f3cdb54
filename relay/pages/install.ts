// How the visitor gets the add-on into the browser that he is using: from the store that IT named, from the relay, or from
// IT, and never by a button that cannot do it. Pure; called by `pages/front.ts`.
//
//              store of this browser named   served by the relay             neither
//   Firefox    button to the store           button to the xpi, with a word  ask IT
//   Chrome     button to the store           IT installs it by policy        ask IT
//   Edge       its own, else Chrome's        the same                        the same
//   telephone, another browser: which browsers it is for
import type { Language } from '../../shared/protocol.ts';
import { markup } from './html.ts';
import type { Html } from './html.ts';

/** Paths are below the relay's base; null: the relay does not serve it. */
export type AddOnOffer = {
  chromium: { id: string; updatesPath: string; crxPath: string } | null;
  firefox: { xpiPath: string } | null;
};
export const NO_OFFER: AddOnOffer = { chromium: null, firefox: null };
/** Addresses that IT has named, http or https. */
export type AddOnStores = { chrome: string | null; edge: string | null; firefox: string | null };

export type VisitorBrowser = 'chrome' | 'edge' | 'firefox' | 'telephone' | 'other';

/** What it calls itself; whoever lies is told how to install something else. */
export function browserOf(userAgent: string | undefined): VisitorBrowser {
  const told = userAgent ?? '';
  if (/\b(?:Android|iPhone|iPad|Mobile)\b/.test(told)) return 'telephone';
  if (/\bEdg\//.test(told)) return 'edge';
  if (/\bFirefox\//.test(told)) return 'firefox';
  return /Chrom(?:e|ium)\//.test(told) ? 'chrome' : 'other';
}

const EN = {
  button: { chrome: 'Install for Chrome', edge: 'Install for Edge', firefox: 'Install for Firefox' },
  firefoxAsks:
    'Firefox asks whether you allow it. If it says that the add-on could not be verified, ask your IT department to install it.',
  byIt: 'This browser takes Ringcue from your IT department only, which installs it for you. If you do not see its icon, ask them.',
  ask: 'Ask your IT department for it: they install it for you or give you a link.',
  other: 'Ringcue works in Chrome, Edge and Firefox on a computer: open this page there.',
};
export const INSTALL_WORDS: Readonly<Record<Language, typeof EN>> = {
  en: EN,
  ru: {
    button: {
      chrome: 'Установить в Chrome',
      edge: 'Установить в Edge',
      firefox: 'Установить в Firefox',
    },
    firefoxAsks:
      'Firefox спросит разрешения. Если он скажет, что дополнение не прошло проверку, попросите системных администраторов установить его.',
    byIt: 'В этот браузер Ringcue устанавливают системные администраторы. Если значка нет, обратитесь к ним.',
    ask: 'Обратитесь к системным администраторам: они установят его или дадут ссылку.',
    other: 'Ringcue работает в Chrome, Edge и Firefox на компьютере: откройте эту страницу там.',
  },
};

export type InstallFacts = { browser: VisitorBrowser; stores: AddOnStores; offer: AddOnOffer };

export function renderInstall(language: Language, { browser, stores, offer }: InstallFacts): Html {
  const words = INSTALL_WORDS[language];
  if (browser === 'telephone' || browser === 'other') return markup`<p>${words.other}</p>`;
  const store = browser === 'edge' ? (stores.edge ?? stores.chrome) : stores[browser];
  const button = (address: string): Html =>
    markup`<p><a class="button" href="${address}">${words.button[browser]}</a></p>`;
  if (store !== null) return button(store);
  if (browser !== 'firefox') return markup`<p>${offer.chromium ? words.byIt : words.ask}</p>`;
  return offer.firefox
    ? markup`${button(belowBase(offer.firefox.xpiPath))}
        <p class="faint">${words.firefoxAsks}</p>`
    : markup`<p>${words.ask}</p>`;
}

/** From the front page, which stands at the base, wherever a proxy shows that. */
const belowBase = (path: string): string => `./${path.replace(/^\/+/, '')}`;
