// The pages of /setup: locked, where a link's secret is entered, and open, where IT sees what the doctor finds. Pure; called
// by `pages/answer.ts`. No secret of the relay's is handed to it.
import type { Language } from '../../shared/protocol.ts';
import type { Mark, Told } from '../doctor/finding.ts';
import { checkName, SIGNS, summary } from '../doctor/report.ts';
import type { Examined } from '../setup/examination.ts';
import type { PbxSight } from './front.ts';
import { markup } from './html.ts';
import type { Html } from './html.ts';
import { momentOf } from './language.ts';
import type { Clock } from './language.ts';
import { renderFrame } from './layout.ts';
import { SETUP_WORDS } from './setup-words.ts';
import type { SetupFault, SetupWords } from './setup-words.ts';

const otherOf = (language: Language): string => `?lang=${language === 'en' ? 'ru' : 'en'}`;

/** `script`: `setup-script.ts`, which the page's policy allows. */
export function renderLocked(language: Language, fault: SetupFault | null, script: string): string {
  const words = SETUP_WORDS[language];
  const main = markup`<h1>${words.title}</h1>
    ${fault === null ? null : markup`<div class="box bad" role="alert"><p>${words.faults[fault]}</p></div>`}
    <p>${words.locked}</p>
    <pre>ringcue setup-link</pre>
    <p>${words.lockedHow}</p>
    <form method="post">
      <p>
        <label for="secret">${words.secret}</label>
        <input
          id="secret"
          name="secret"
          autocomplete="off"
          autocapitalize="off"
          spellcheck="false"
          required
          maxlength="200"
        />
      </p>
      <p><button id="open">${words.open}</button></p>
    </form>`;
  const otherLanguage = otherOf(language);
  return renderFrame({ language, title: words.title, main, otherLanguage, script });
}

export type ReportFacts = Clock & {
  language: Language;
  version: string;
  pbxs: readonly PbxSight[];
  isOpenMode: boolean;
  address: string | null;
  examined: Examined | null;
  /** Until when this browser may look. */
  until: number;
};

export function renderReport(facts: ReportFacts): string {
  const { language } = facts;
  const words = SETUP_WORDS[language];
  const main = markup`<h1>${words.title}</h1>
    <h2>${words.state}</h2>
    ${renderState(facts, words)}
    <h2>${words.findings}</h2>
    ${renderExamined(facts, words)}
    <h2>${words.documents}</h2>
    ${renderDocuments(words)}`;
  const footer = markup`<p>${words.until} ${momentOf(language, facts.until, facts)}.</p>`;
  return renderFrame({ language, title: words.title, main, footer, otherLanguage: otherOf(language) });
}

function renderState(facts: ReportFacts, words: SetupWords): Html {
  const pbxs = facts.pbxs.map(({ name, isSeen, since, reason }) => {
    const told = markup`${facts.pbxs.length === 1 ? words.onePbx : `${words.onePbx} ${name}`}: ${isSeen ? words.seen : words.notSeen}
    ${momentOf(facts.language, since, facts)}`;
    return markup`<li>
      ${mark(isSeen ? 'well' : 'wrong', words)}
      ${told}${isSeen ? null : markup`: <span lang="en">${reason}</span>`}
    </li> `;
  });
  return markup`<ul class="plain">
    ${pbxs}
    <li>
      ${facts.isOpenMode ? mark('doubtful', words) : mark('well', words)}
      ${facts.isOpenMode ? words.openMode : words.paired}
    </li>
    <li>
      ${facts.address === null ? words.addressUnknown : markup`${words.address} <span class="copied">${facts.address}</span>`}
    </li>
    <li>${words.version} ${facts.version}</li>
  </ul>`;
}

function renderExamined({ examined, ...facts }: ReportFacts, words: SetupWords): Html {
  const isRunning = examined?.state === 'running';
  const again = isRunning
    ? null
    : markup`<form method="post">
        <p><button name="examine" value="again">${words.again}</button></p>
      </form>`;
  if (!examined)
    return markup`<p>${words.never}</p>
      ${again}`;
  const { told, state, startedAt } = examined;
  const heading = isRunning
    ? markup`<p role="status"><strong>${words.running}</strong></p>`
    : markup`<p>
        <strong>${summary(told, facts.language)}.</strong>
        <span class="faint">${words.at} ${momentOf(facts.language, startedAt, facts)}.</span>
      </p>`;
  const trouble =
    state === 'late' || state === 'failed' ? markup`<p class="box warn">${words[state]}</p>` : null;
  return markup`${heading}${trouble}
    <ul class="plain">
      ${told.map((one) => renderFinding(one, facts.language, words))}
    </ul>
    ${again}`;
}

const renderFinding = (
  { mark: one, pbx, check, text, remedy }: Told,
  language: Language,
  words: SetupWords,
): Html =>
  markup`<li class="finding">
    ${mark(one, words)}
    <strong>${pbx === null ? null : `${pbx} `}${checkName(check, language)}</strong>: ${text[language]}
    ${
      remedy &&
      markup`<p>${words.inPlace} ${remedy.where[language]}</p>
        <pre lang="en">${remedy.lines.join('\n')}</pre>`
    }
  </li> `;

/** A sign and a word, as a colour alone tells nothing to some. */
const mark = (one: Mark, words: SetupWords): Html =>
  markup`<span class="mark ${one}"><span aria-hidden="true">${SIGNS[one]}</span> ${words.marks[one]}</span>`;

/** They come with the relay, which serves no documents to strangers. */
const renderDocuments = (words: SetupWords): Html =>
  markup`<ul>
    <li><code>relay/deploy/README.md</code>: ${words.installing}</li>
    <li><code>relay/deploy/PBX.md</code>: ${words.pbx}</li>
    <li><code>relay/deploy/OPERATIONS.md</code>: ${words.operations}</li>
    <li><code>relay/deploy/RUNBOOK.md</code>: ${words.runbook}</li>
    <li><code>relay/CONFIGURATION.md</code>: ${words.settings}</li>
  </ul>`;
