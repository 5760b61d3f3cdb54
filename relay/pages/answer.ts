// Which page a visitor gets: the front page, the one for invitations, and /setup with its door. Shell in name only: what it
// asks is handed to it, and nothing waits. `commands/serve-pages.ts` makes one, `feed/server.ts` asks it.
//
//   /setup/            whoever                     with a session that is not over
//   GET                the locked page             what was found; again every 2 s while that grows
//   POST secret        a session, examine, 303     the same
//   POST examine       the locked page, 403        examine, 303
//   POST from a page of somebody else's: 403, and nothing is done
import type { Examination } from '../setup/examination.ts';
import type { SetupDoor } from '../setup/door.ts';
import { SETUP_SESSION_MS } from '../setup/door.ts';
import { renderFront } from './front.ts';
import type { FrontFacts, PbxSight } from './front.ts';
import { browserOf } from './install.ts';
import type { AddOnOffer, AddOnStores } from './install.ts';
import { languageOf, languageQuery } from './language.ts';
import type { Language } from './language.ts';
import { addressFor, isFromOwnPage, isSecure } from './own-address.ts';
import { PAIR_PAGE, PAIR_PAGE_POLICY } from './pair.ts';
import { policyOf } from './policy.ts';
import { SETUP_SCRIPT } from './setup-script.ts';
import { renderLocked, renderReport } from './setup.ts';
import type { SetupFault } from './setup-words.ts';
import type { PageReply, Pages, Visit } from './visit.ts';

const COOKIE = 'ringcue_setup';
/** Of one name there may be several, by path; whoever sends more is not listened to. */
const MAX_COOKIES = 4;
const REFRESH_SECONDS = 2;

export type PagesOptions = {
  pbxs(): readonly PbxSight[];
  isOpenMode: boolean;
  publicUrl: string | null;
  basePath: string;
  pairingPrefix: string;
  stores: AddOnStores;
  /** What the relay hands out itself, at this moment. */
  offer(): AddOnOffer;
  version: string;
  door: SetupDoor;
  examination: Examination;
  now(): number;
  timeZone: string;
  /** A link was used; a wrong one was tried. */
  onOpened(): void;
  onRefused(): void;
};

const PLAIN_POLICY = policyOf();
const LOCKED_POLICY = policyOf({ script: SETUP_SCRIPT, isForm: true });
const REPORT_POLICY = policyOf({ isForm: true });

export const createPages =
  (options: PagesOptions): Pages =>
  (visit) => {
    const isPost = visit.method === 'POST';
    const chosen = visit.query.get('lang');
    const language = languageOf(chosen, visit.headers['accept-language']);
    switch (visit.path) {
      case '/':
        return isPost ? null : front(visit, language, languageQuery(chosen, language), options);
      case '/pair':
        return isPost ? null : { status: 200, body: PAIR_PAGE, policy: PAIR_PAGE_POLICY };
      case '/setup': {
        // The browser takes what stands behind the # along. From here, so that a cut base makes no difference.
        const query = languageQuery(chosen, language);
        return isPost ? null : redirect(308, `setup/${query}`);
      }
      case '/setup/':
        return isPost
          ? enter(visit, language, languageQuery(chosen, language), options)
          : setup(visit, language, options);
      default:
        return null;
    }
  };

function front(visit: Visit, language: Language, query: string, options: PagesOptions): PageReply {
  const { now, timeZone, isOpenMode, pairingPrefix, stores, offer } = options;
  const facts: FrontFacts = {
    ...{ language, timeZone, pairingPrefix, languageQuery: query },
    now: now(),
    pbxs: options.pbxs(),
    isOpen: isOpenMode,
    address: addressFor(visit, options),
    install: { browser: browserOf(visit.headers['user-agent']), stores, offer: offer() },
  };
  return { status: 200, body: renderFront(facts), policy: PLAIN_POLICY };
}

function setup(visit: Visit, language: Language, options: PagesOptions): PageReply {
  const { door, examination, now, timeZone, isOpenMode, version } = options;
  const tokens = tokensOf(visit);
  const until = Math.max(0, ...tokens.map((token) => door.opensUntil(token) ?? 0));
  if (until === 0) return locked(language, tokens.length > 0 ? 'over' : null, 200);
  const examined = examination.last();
  const body = renderReport({
    ...{ language, timeZone, isOpenMode, version, examined, until },
    now: now(),
    pbxs: options.pbxs(),
    address: addressFor(visit, options),
  });
  const headers = examined?.state === 'running' ? { refresh: String(REFRESH_SECONDS) } : {};
  return { status: 200, body, policy: REPORT_POLICY, headers: { ...headers, ...OWN_REFERRER } };
}

function enter(visit: Visit, language: Language, query: string, options: PagesOptions): PageReply {
  const { door, examination, publicUrl, onOpened, onRefused } = options;
  if (!isFromOwnPage(visit, publicUrl)) return locked(language, 'foreign', 403);
  const secret = visit.form.get('secret');
  if (secret === null) {
    if (!tokensOf(visit).some((token) => door.opensUntil(token) !== null))
      return locked(language, 'over', 403);
    examination.start();
    return redirect(303, `./${query}`);
  }
  const redeemed = door.redeem(secret.trim(), visit.peer);
  if (redeemed === 'too-many') return locked(language, redeemed, 429);
  if (redeemed === 'refused') {
    onRefused();
    return locked(language, redeemed, 403);
  }
  onOpened();
  examination.start();
  // Without a Path it is that of this very address as the browser sees it, whatever a proxy cuts off [RFC 6265 5.1.4]: sent
  // to /setup and below, and to nothing beside it.
  const attributes = ['HttpOnly', 'SameSite=Strict', `Max-Age=${SETUP_SESSION_MS / 1000}`];
  if (isSecure(visit)) attributes.push('Secure');
  const cookie = [`${COOKIE}=${redeemed.token}`, ...attributes].join('; ');
  return redirect(303, `./${query}`, { 'set-cookie': cookie });
}

/** With the usual "no-referrer" a browser would say `Origin: null` with its forms [Fetch: append a request Origin header]. */
const OWN_REFERRER = { 'referrer-policy': 'same-origin' };

const locked = (language: Language, fault: SetupFault | null, status: number): PageReply => ({
  status,
  body: renderLocked(language, fault, SETUP_SCRIPT),
  policy: LOCKED_POLICY,
  headers: OWN_REFERRER,
});

const redirect = (status: number, location: string, headers: Readonly<Record<string, string>> = {}) => ({
  status,
  body: '',
  policy: PLAIN_POLICY,
  headers: { location, ...headers },
});

const tokensOf = ({ headers }: Visit): string[] =>
  (headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${COOKIE}=`))
    .map((pair) => pair.slice(COOKIE.length + 1))
    .slice(0, MAX_COOKIES);
