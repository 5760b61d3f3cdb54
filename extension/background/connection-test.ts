// "Test connection": a conversation with the relay beside the real one, with what is typed. Shell; verdict.ts concludes.
import { PROTOCOL } from '../../shared/protocol.ts';
import type { Target } from '../settings.ts';
import { OPEN_DEADLINE_MS, PROBE_DEADLINE_MS, WELCOME_DEADLINE_MS } from './link.ts';
import { openSocket, probe } from './socket.ts';
import { hasWelcome, verdictOf, type Reachability, type Trial, type Verdict } from './verdict.ts';

/** How long the relay may take to say after its welcome that its phone system is down. */
const PBX_DEADLINE_MS = 1_000;

export async function testConnection(target: Target): Promise<Verdict> {
  const first = await tryOut(target);
  const extension = target.lines[0]?.extension ?? '';
  const isSecure = target.relayUrl.startsWith('wss:');
  const isWelcome = hasWelcome(first.trial) || (first.trial?.refusal ?? 0) >= 4000;
  // A failed TLS handshake looks like any other failure to a page: the same address without TLS tells them apart.
  const relayUrl = isSecure ? target.relayUrl.replace('wss:', 'ws:') : target.relayUrl.replace('ws:', 'wss:');
  const otherScheme = isWelcome || first.reached === 'silent' ? null : await tryOut({ ...target, relayUrl });
  return verdictOf(first.reached, first.trial, otherScheme, { extension, isSecure });
}

async function tryOut(target: Target): Promise<{ reached: Reachability; trial: Trial | null }> {
  const reached = await probe(target.relayUrl, PROBE_DEADLINE_MS);
  return { reached, trial: reached === 'answered' ? await converse(target) : null };
}

/** Ends with the phone system's state, a refusal, a close or a deadline, whichever is first. */
function converse({ relayUrl, lines }: Target): Promise<Trial> {
  const trial: Trial = { welcome: null, refusal: null, isPbxDown: false };
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      socket.drop();
      resolve(trial);
    };
    const wait = (deadlineMs: number) => {
      clearTimeout(timer);
      timer = setTimeout(finish, deadlineMs);
    };
    let timer: ReturnType<typeof setTimeout> | undefined;
    const socket = openSocket(relayUrl, {
      opened() {
        wait(WELCOME_DEADLINE_MS);
        socket.send({
          type: 'hello',
          protocol: PROTOCOL,
          lines: lines.map(({ extension, token }) => ({ extension, token, after: null })),
        });
      },
      received(message) {
        if (message.type === 'welcome') {
          trial.welcome = message;
          wait(PBX_DEADLINE_MS);
        } else if (message.type === 'refused') {
          trial.refusal = message.code;
          finish();
        } else if (message.type === 'pbx') {
          trial.isPbxDown = message.state === 'down';
          finish();
        }
      },
      closed(code) {
        trial.refusal ??= code;
        finish();
      },
    });
    wait(OPEN_DEADLINE_MS);
  });
}
