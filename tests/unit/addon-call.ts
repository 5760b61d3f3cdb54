// A call, and a line of calls, as the add-on's tests need them: sensible everywhere, and different where the test says.
import type { Call, Client, Party } from '../../shared/protocol.ts';
import type { Line } from '../../extension/background/line.ts';

export const client = (different: Partial<Client> = {}): Client => ({
  id: '7',
  name: 'Ivan Petrov',
  image: null,
  others: 0,
  fields: [],
  ...different,
});

export const party = (different: Partial<Party> = {}): Party => ({
  number: '+79161234567',
  display: '+7 916 123-45-67',
  name: null,
  internal: false,
  client: null,
  url: null,
  ...different,
});

export const call = (different: Partial<Call> = {}): Call => ({
  id: 'c1',
  direction: 'inbound',
  state: 'ringing',
  party: party(),
  dialed: null,
  queue: null,
  transferredBy: null,
  startedAt: 1_000,
  answeredAt: null,
  endedAt: null,
  endReason: null,
  answeredBy: null,
  ...different,
});

export const line = (seq: number, calls: Call[], epoch = 'e1'): Line => ({
  extension: '101',
  epoch,
  seq,
  calls,
});
