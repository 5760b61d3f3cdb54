// How the pairing of this browser stands: plain data that the background keeps and the options page shows. Pure.
// background/pairing.ts has the table of its states.

export type PairingFailure =
  | 'unreachable'
  | 'expired'
  | 'too-many'
  | 'not-an-extension'
  | 'invitation-refused'
  | 'other-version'
  | 'not-spoken'
  | 'refused'
  | 'lost'
  | 'interrupted';

export type Pairing = {
  state: 'none' | 'connecting' | 'asking' | 'dialing' | 'paired' | 'failed';
  /** Names the socket whose reports count. */
  attempt: number;
  relayUrl: string | null;
  /** null: whatever the invitation is for, until the relay has told. */
  extension: string | null;
  isByInvitation: boolean;
  /** Until it is sent. */
  invitation: string | null;
  /** What is dialled, and until when by this computer's clock. */
  code: { dial: string; expiresAt: number } | null;
  /** The lines for IT that came with the last code. */
  dialplan: string | null;
  /** Codes for this extension that came to nothing. */
  triesInVain: number;
  until: number | null;
  failure: PairingFailure | null;
};

export const NO_PAIRING: Pairing = {
  state: 'none',
  attempt: 0,
  relayUrl: null,
  extension: null,
  isByInvitation: false,
  invitation: null,
  code: null,
  dialplan: null,
  triesInVain: 0,
  until: null,
  failure: null,
};

/** Somebody waits for it. */
export const isPairing = ({ state }: Pairing): boolean =>
  state === 'connecting' || state === 'asking' || state === 'dialing';
