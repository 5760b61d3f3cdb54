// A PBX to practise with where no Asterisk can be had: plays a recorded call over a real AMI socket, at its own pace.
// Polls are answered when the recording's next poll was, under the asker's ActionID: answering at once with the last one
// would tell what is older than the events told already, which Asterisk never does. Called by the demo.
import { setTimeout as sleep } from 'node:timers/promises';
import { openAmiServer } from '../relay/ami-server.ts';
import { readRecording, RECORDINGS } from './recording.ts';
import type { TracePacket } from './trace.ts';

export type PracticePbx = AsyncDisposable & {
  host: string;
  port: number;
  /** Plays a recording (its file in tests/traces) to everybody logged in; `onMark` hears each SIP message as it was. Resolves at its end. */
  play(file: string, onMark: (mark: string) => void): Promise<void>;
};

export async function openPracticePbx(): Promise<PracticePbx> {
  let isPlaying = false;
  let waiting: ((rows: readonly string[]) => void)[] = [];
  const answerPolls = (rows: readonly string[]): void => {
    for (const sendRows of waiting) sendRows(rows);
    waiting = [];
  };
  const server = await openAmiServer('1.3', (sendRows) => {
    if (isPlaying) waiting.push(sendRows);
    else sendRows([]);
  });

  const play: PracticePbx['play'] = async (file, onMark) => {
    isPlaying = true;
    // Each play is another call, so its Uniqueids [epoch seconds.count] must be others.
    const began = Math.floor(Date.now() / 1000);
    const renewed = (text: string): string => text.replace(/\b1[0-9]{9}(\.\d+)\b/g, `${began}$1`);
    const { moments } = readRecording(`${RECORDINGS}${file}`);
    const startsAt = moments.find((moment) => 'mark' in moment && moment.mark.startsWith('SIP'))?.ms ?? 0;
    let at = startsAt;
    for (const moment of moments) {
      if (moment.ms < startsAt) continue;
      if (moment.ms > at) await sleep(moment.ms - at);
      at = moment.ms;
      if ('mark' in moment && moment.mark.startsWith('SIP')) onMark(moment.mark);
      else if ('event' in moment) server.tell(`${renewed(textOf(moment.event))}\r\n\r\n`);
      else if ('answered' in moment) answerPolls(moment.packets.slice(0, -1).map(rowOf).map(renewed));
    }
    isPlaying = false;
    answerPolls([]);
  };
  return {
    host: server.host,
    port: server.port,
    play,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const textOf = (packet: TracePacket): string =>
  Object.entries(packet)
    .flatMap(([key, values]) => [values].flat().map((value) => `${key}: ${value}`))
    .join('\r\n');

/** Without what the server says itself. */
const rowOf = (packet: TracePacket): string =>
  textOf(Object.fromEntries(Object.entries(packet).filter(([key]) => key !== 'event' && key !== 'actionid')));
