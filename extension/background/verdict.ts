// What "Test connection" concludes: facts of one trial → verdict. Pure; connection-test.ts gathers the facts.
//
//   the address answers HTTP | its feed                              | verdict
//   no, refused at once      | –                                     | unreachable (by TLS: unreachable-secure, for
//                            |                                       | a bad certificate looks the same to a page)
//   no, nothing in time      | –                                     | silent
//   no, but without TLS      | welcomes, tried without TLS           | plain-only
//   no, but without TLS      | does not                              | certificate
//   yes                      | no welcome                            | not-ringcue (or secure-only, if https does)
//   yes                      | closes with 4000-4499, 1012, 1013     | restarting
//   yes                      | another protocol, or close code 4501  | other-version
//   yes                      | refuses (4500, 4504)                  | not-paired
//   yes                      | refuses (4503), or grants others only | extension-refused
//   yes                      | welcomes, no phone system             | pbx-down
//   yes                      | welcomes                              | well
import { CLOSE, PROTOCOL, mayRetry } from '../../shared/protocol.ts';
import type { Down } from '../../shared/protocol.ts';

export type VerdictCode =
  | 'unreachable'
  | 'unreachable-secure'
  | 'silent'
  | 'plain-only'
  | 'secure-only'
  | 'certificate'
  | 'not-ringcue'
  | 'restarting'
  | 'other-version'
  | 'not-paired'
  | 'extension-refused'
  | 'pbx-down'
  | 'well';
export type Verdict = { code: VerdictCode; extension: string; isTrialMode: boolean };

export type Reachability = 'answered' | 'failed' | 'silent';
/** What one conversation brought; null: it did not come. */
export type Trial = {
  welcome: Extract<Down, { type: 'welcome' }> | null;
  /** From `refused` for our extension, or the socket's close code. */
  refusal: number | null;
  isPbxDown: boolean;
};

export const hasWelcome = (trial: Trial | null): boolean => trial !== null && trial.welcome !== null;

/** `otherScheme`: the same with TLS instead of without, or the reverse, where that was tried. */
export function verdictOf(
  reached: Reachability,
  trial: Trial | null,
  otherScheme: { reached: Reachability; trial: Trial | null } | null,
  asked: { extension: string; isSecure: boolean },
): Verdict {
  return {
    code: codeOf(reached, trial, otherScheme, asked),
    extension: asked.extension,
    isTrialMode: trial?.welcome?.auth === 'open',
  };
}

function codeOf(
  reached: Reachability,
  trial: Trial | null,
  otherScheme: { reached: Reachability; trial: Trial | null } | null,
  asked: { extension: string; isSecure: boolean },
): VerdictCode {
  const isBetterOtherwise = hasWelcome(otherScheme?.trial ?? null);
  if (reached !== 'answered') {
    if (asked.isSecure && isBetterOtherwise) return 'plain-only';
    if (asked.isSecure && otherScheme?.reached === 'answered') return 'certificate';
    if (reached === 'silent') return 'silent';
    return asked.isSecure ? 'unreachable-secure' : 'unreachable';
  }
  const welcome = trial?.welcome ?? null;
  const refusal = trial?.refusal ?? null;
  if (welcome !== null && welcome.protocol !== PROTOCOL) return 'other-version';
  if (refusal !== null && !mayRetry(refusal)) return refusalCode(refusal);
  if (welcome === null && refusal !== null && isForNow(refusal)) return 'restarting';
  if (welcome === null) return !asked.isSecure && isBetterOtherwise ? 'secure-only' : 'not-ringcue';
  if (!welcome.extensions.includes(asked.extension)) return 'extension-refused';
  return trial?.isPbxDown === true ? 'pbx-down' : 'well';
}

function refusalCode(code: number): VerdictCode {
  if (code === CLOSE.protocolNotSpoken || code === CLOSE.malformed) return 'other-version';
  return code === CLOSE.tokenRefused || code === CLOSE.revoked ? 'not-paired' : 'extension-refused';
}

/** [RFC 6455 7.4: 1012 service restart, 1013 try again later] */
const isForNow = (code: number): boolean => code === 1012 || code === 1013 || (code >= 4000 && code < 4500);
