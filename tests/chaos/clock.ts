// Loaded into a relay before its own code (`node --import`): the wall clock is as wrong as the file named by CHAOS_CLOCK
// says, in ms, read anew at each SIGUSR2. The monotonic clock stays right, as on a real computer whose time is set.
import { readFileSync } from 'node:fs';

const file = process.env['CHAOS_CLOCK'] ?? '';
const RealDate = Date;
let wrongByMs = 0;

class SetDate extends RealDate {
  constructor(...parameters: []) {
    if (parameters.length === 0) super(SetDate.now());
    else super(...parameters);
  }
  static override now(): number {
    return RealDate.now() + wrongByMs;
  }
}
globalThis.Date = SetDate as DateConstructor;
process.on('SIGUSR2', () => (wrongByMs = Number(readFileSync(file, 'utf8'))));
