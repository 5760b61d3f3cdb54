// The lab's dialplan (extensions.conf), as text. Pure; called by lab/configuration.ts.
// Public numbers: 7495000010X → phone 10X, 74950000200 → a ring group, 74950000300 → a queue. Scenarios add contexts or, with
// `[from-trunk](+)`, extensions of their own. An exact extension that lacks a priority falls through to a pattern's: give each its whole list.

import { DEFAULT_PREFIX, pairingDialplan } from '../../relay/pairing/dialplan.ts';
import { TECHNOLOGY, type Driver } from './driver.ts';

export const RING_GROUP_NUMBER = '74950000200';
export const QUEUE_NUMBER = '74950000300';

/** The company's public number (DID) that rings this extension alone. */
export function publicNumber(extension: string): string {
  return `74950000${extension}`;
}

export interface DialplanOptions {
  readonly driver: Driver;
  readonly ringTimeoutSeconds: number;
}

export function dialplan({ driver, ringTimeoutSeconds }: DialplanOptions): string {
  const technology = TECHNOLOGY[driver];
  const group = ['101', '102', '103'].map((extension) => `${technology}/${extension}`).join('&');
  const outside = driver === 'sip' ? 'SIP/trunk/${EXTEN}' : 'PJSIP/${EXTEN}@trunk';
  return `[general]
static = yes
writeprotect = yes
[globals]
TRANSFER_CONTEXT = internal
FORWARD_CONTEXT = internal

[from-trunk]
exten => _7495000010[1-5],1,Dial(${technology}/\${EXTEN:-3},${ringTimeoutSeconds},tTkK)
 same => n,Hangup()
exten => ${RING_GROUP_NUMBER},1,Goto(internal,200,1)
exten => ${QUEUE_NUMBER},1,Goto(internal,300,1)

[internal]
include => parkedcalls
exten => _10[1-5],1,Dial(${technology}/\${EXTEN},${ringTimeoutSeconds},tTkK)
 same => n,Hangup()
; the ring group
exten => 200,1,Dial(${group},${ringTimeoutSeconds},tTkK)
 same => n,Hangup()
; the queue, whose callers are answered before anybody takes the call
exten => 300,1,Answer()
 same => n,Queue(sales,tTkK,,,60)
 same => n,Hangup()
; directed pickup; the group pickup *8 is in features.conf
exten => _**10[1-5],1,PickupChan(${technology}/\${EXTEN:2},p)
 same => n,Hangup()
; a code that a browser shows and its owner dials, to show that this phone is theirs
${pairingDialplan(DEFAULT_PREFIX)}; everything longer is an outside number
exten => _XXXXX.,1,Dial(${outside},60,tTkK)
 same => n,Hangup()
exten => _+X.,1,Dial(${outside},60,tTkK)
 same => n,Hangup()

[parkedcalls]

[nobody]
`;
}
