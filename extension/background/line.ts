// The line as the add-on holds it: all calls of one extension at one moment. Pure; called by main.ts.
//
//   held             | arrives                       | becomes
//   nothing          | any line of our extension     | what arrived
//   epoch e, seq n   | epoch e, seq > n              | what arrived
//   epoch e, seq n   | epoch e, seq <= n             | unchanged (a repetition, or late)
//   epoch e          | another epoch                 | what arrived (the relay has rebuilt its state)
//   any              | a line of another extension   | unchanged
import type { Call, Line as LineMessage, Position } from '../../shared/protocol.ts';

export type Line = Position & { extension: string; calls: Call[] };

/** Returns `held` itself where nothing changes. */
export function applyLine(held: Line | null, message: LineMessage, extension: string): Line | null {
  if (message.extension !== extension) return held;
  if (held?.extension === extension && held.epoch === message.epoch && message.seq <= held.seq) return held;
  return { extension, epoch: message.epoch, seq: message.seq, calls: message.calls };
}
