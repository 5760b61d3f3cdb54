// Uses the invitation of IT's policy, once: pairs this browser without anybody at its screen. Tries again, ever more rarely,
// while the relay is away. Shell around managed.ts; core.ts makes one.
import { pauseMs } from '../../shared/back-off.ts';
import { dueInvitation, withUsed, type DueInvitation } from '../managed.ts';
import { isPairing, type Pairing, type PairingFailure } from '../pairing-state.ts';
import type { Ports } from './ports.ts';
import type { Store } from './store.ts';

const FIRST_RETRY_MS = 10_000;
const LAST_RETRY_MS = 900_000;

export type Redeemer = {
  /** The policy, or what is paired, may be another. */
  look(): Promise<void>;
  /** Tries again what is due. */
  tick(): void;
  /** A pairing, whoever's, has come to its end. */
  hear(pairing: Pairing): void;
};

/** No second try can end otherwise: it was used, or is too old. */
const FINAL: readonly PairingFailure[] = ['invitation-refused'];

export function createRedeemer(ports: Ports, store: Store, pair: (due: DueInvitation) => void): Redeemer {
  /** What is tried now, as which attempt. */
  let tried: { secret: string; attempt: number } | null = null;
  /** Used in this life of the background: the disk may not know yet. */
  const usedNow: string[] = [];
  let firstFailedAt: number | null = null;
  /** null: nothing is to be tried again. */
  let againAt: number | null = null;

  async function look(): Promise<void> {
    const [policy, settings, tokens, used] = await Promise.all([
      ports.readPolicy(),
      ports.readSettings(),
      ports.readTokens(),
      ports.readUsedInvitations(),
    ]);
    const due = dueInvitation(policy, settings, tokens, [...used, ...usedNow]);
    againAt = null;
    if (due === null || tried !== null) return;
    const { pairing, link } = store.state;
    if (isPairing(pairing)) {
      againAt = ports.now() + FIRST_RETRY_MS; // a person pairs at this moment
      return;
    }
    if (link.auth === 'open' && link.state === 'open') {
      againAt = ports.now() + LAST_RETRY_MS; // nobody pairs here as long as that lasts
      return;
    }
    pair(due);
    tried = { secret: due.secret, attempt: store.state.pairing.attempt };
  }

  function hear({ attempt, state, failure }: Pairing): void {
    if (tried === null) return;
    const { secret, attempt: ours } = tried;
    tried = null;
    const now = ports.now();
    // Whoever cancels it, or begins another, does not want it now.
    const isOver = attempt === ours && (state === 'paired' || (failure !== null && FINAL.includes(failure)));
    if (isOver) return void keepUsed(secret);
    firstFailedAt ??= now;
    const outageMs = now - firstFailedAt;
    const pause = pauseMs({
      outageMs,
      firstMs: FIRST_RETRY_MS,
      lastMs: LAST_RETRY_MS,
      random: ports.random(),
    });
    againAt = now + Math.max(1_000, pause);
  }

  async function keepUsed(secret: string): Promise<void> {
    firstFailedAt = null;
    usedNow.push(secret);
    await ports.writeUsedInvitations(withUsed(await ports.readUsedInvitations(), secret));
  }

  return {
    look,
    hear,
    tick: () => {
      if (againAt !== null && ports.now() >= againAt) void look();
    },
  };
}
