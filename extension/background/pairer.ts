// Carries out the pairing of this browser: a short connection of its own beside the real one, whose token goes to the disk
// and whose line is watched from then on. Shell around pairing.ts; core.ts makes one.
import { isPairing, type Pairing } from '../pairing-state.ts';
import { withLine } from '../settings.ts';
import { holdToken, type HeldToken } from '../tokens.ts';
import { stepPairing, type PairingEffect, type PairingEvent } from './pairing.ts';
import type { Ports } from './ports.ts';
import type { Socket } from './socket.ts';
import type { Store } from './store.ts';

export type Pairer = {
  dispatch(event: PairingEvent): void;
};

export type PairerListeners = {
  /** Settings and tokens have been written. */
  onPaired(): void;
  /** An attempt has come to its end, of whichever kind. */
  onEnded(pairing: Pairing): void;
};

export function createPairer(ports: Ports, store: Store, { onPaired, onEnded }: PairerListeners): Pairer {
  let socket: Socket | null = null;

  function dispatch(event: PairingEvent): void {
    const before = store.state.pairing;
    const { pairing, effects } = stepPairing(before, event, ports.now());
    if (pairing !== before) store.change({ pairing });
    effects.forEach(carryOut);
    if (isPairing(before) && !isPairing(pairing)) onEnded(pairing);
  }

  function carryOut(effect: PairingEffect): void {
    switch (effect.do) {
      case 'open': {
        const { attempt } = effect;
        socket = ports.openSocket(effect.relayUrl, {
          opened: () => dispatch({ type: 'opened', attempt, name: ports.browserName() }),
          received: (message) => dispatch({ type: 'received', attempt, message }),
          closed: (code) => dispatch({ type: 'closed', attempt, code }),
        });
        return;
      }
      case 'drop':
        socket?.drop();
        socket = null;
        return;
      case 'send':
        socket?.send(effect.message);
        return;
      case 'stay-awake':
        ports.stayAwake();
        return;
      case 'keep':
        void keep(effect.token);
    }
  }

  async function keep(token: HeldToken): Promise<void> {
    const [tokens, settings] = await Promise.all([ports.readTokens(), ports.readSettings()]);
    await ports.writeTokens(holdToken(tokens, token));
    await ports.writeSettings(withLine(settings, token.relayUrl, token.extension));
    onPaired();
  }

  return { dispatch };
}
