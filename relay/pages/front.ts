// What a person sees who opens the relay's address in a browser: what this is, whether it works, how to begin. Nothing of
// anybody stands in it, and nothing of the network: why a PBX is not seen is told at /readyz and to IT. Pure.
import type { Language } from '../../shared/protocol.ts';
import { FRONT_WORDS } from './front-words.ts';
import type { FrontWords } from './front-words.ts';
import { markup } from './html.ts';
import type { Html } from './html.ts';
import { renderInstall } from './install.ts';
import type { InstallFacts } from './install.ts';
import { lastingOf, momentOf } from './language.ts';
import type { Clock } from './language.ts';
import { renderFrame } from './layout.ts';

/** `since`: of being seen, or of not being seen. */
export type PbxSight = { name: string; isSeen: boolean; since: number; reason: string };

export type FrontFacts = Clock & {
  language: Language;
  /** Behind the links to other pages, where the visitor chose the language. */
  languageQuery: string;
  pbxs: readonly PbxSight[];
  isOpen: boolean;
  /** What staff enter in the add-on; null: not known here. */
  address: string | null;
  pairingPrefix: string;
  install: InstallFacts;
};

export function renderFront(facts: FrontFacts): string {
  const words = FRONT_WORDS[facts.language];
  const main = markup`<h1>${words.title}</h1>
    <p class="lead">${words.lead}</p>
    ${
      facts.isOpen
        ? markup`<div class="box warn">
            <p><strong>${words.trialTitle}</strong> ${words.trial}</p>
          </div>`
        : null
    }
    <h2>${words.state}</h2>
    ${renderSight(facts, words)}
    <h2>${words.steps}</h2>
    ${renderSteps(facts, words)}`;
  const footer = markup`<p>
    ${words.forIt} <a href="setup/${facts.languageQuery}">${words.setup}</a>,
    <a href="readyz">${words.ready}</a>
  </p>`;
  const otherLanguage = `?lang=${facts.language === 'en' ? 'ru' : 'en'}`;
  return renderFrame({ language: facts.language, title: words.title, main, footer, otherLanguage });
}

function renderSight(facts: FrontFacts, words: FrontWords): Html {
  const { pbxs } = facts;
  const seen = pbxs.filter(({ isSeen }) => isSeen).length;
  const tone = seen === pbxs.length ? 'good' : seen === 0 ? 'bad' : 'warn';
  const lines = pbxs.map((pbx) => {
    const sign = pbx.isSeen ? '✔' : '✖';
    const told =
      pbxs.length === 1
        ? markup`${pbx.isSeen ? words.connected : words.notConnected}`
        : markup`${pbx.name}: ${pbx.isSeen ? words.isConnected : words.isNotConnected}`;
    return markup`<p>
      <span aria-hidden="true">${sign}</span> <strong>${told}</strong> ${renderSince(facts, words, pbx)}
    </p> `;
  });
  const consequence = seen === 0 ? words.noCalls : seen < pbxs.length ? words.someCalls : null;
  return markup`<div class="box ${tone}">
    ${lines}${consequence === null ? null : markup`<p>${consequence}</p>`}
  </div>`;
}

/** How long it has been stands in brackets, as Russian would want it in another case elsewhere. */
const renderSince = (facts: FrontFacts, words: FrontWords, { since }: PbxSight): Html =>
  markup`${words.since}
    <time datetime="${new Date(since).toISOString()}">${momentOf(facts.language, since, facts)}</time>
    (${lastingOf(facts.language, facts.now - since)}).`;

function renderSteps({ language, install, address, isOpen, pairingPrefix }: FrontFacts, words: FrontWords) {
  const enter =
    address === null
      ? markup`${words.enterPage} ${words.enterExtension}`
      : markup`${words.enter} <strong class="copied">${address}</strong> ${words.enterExtension}
          <span class="faint">${words.select}</span>`;
  const last = isOpen
    ? markup`${words.saveOpen}`
    : markup`${words.dial} <code class="dialled">${pairingPrefix} 482 193</code>, ${words.dialEnd}`;
  return markup`<ol>
    <li>${words.install} ${renderInstall(language, install)}</li>
    <li>${enter}</li>
    <li>${last}</li>
  </ol>`;
}
