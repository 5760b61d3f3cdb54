// A PBX to practise with where no Asterisk can be had: plays a recorded call over a real AMI socket, at its own pace.
// Polls are answered when the recording's next poll was, under the asker's ActionID: answering at once with the last one
// would tell what is older than the events told already, which Asterisk never does. Called by the demo.
import { setTimeout as sleep } from 'node:timers/promises';
import { openAmiServer } from '../relay/ami-server.ts';
import { pollOf, readRecording } from './recording.ts';

export type PracticePbx = AsyncDisposable & {
  host: string;
  port: number;
  /** Plays a recording to everybody logged in; `onMark` hears each SIP message as it was. Resolves at its end. */
  play(name: string, onMark: (mark: string) => void): Promise<void>;
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

  const play: PracticePbx['play'] = async (name, onMark) => {
    isPlaying = true;
    // Each play is another call, so its Uniqueids [epoch seconds.count] must be others.
    const began = Math.floor(Date.now() / 1000);
    const renewed = (block: string): string => block.replace(/\b1[0-9]{9}(\.\d+)\b/g, `${began}$1`);
    const moments = readRecording(name);
    const startsAt = moments.find(({ mark }) => mark.startsWith('SIP'))?.ms ?? 0;
    let at = startsAt;
    let rows: string[] = [];
    for (const { ms, blocks, mark } of moments) {
      if (ms > at) await sleep(ms - at);
      at = Math.max(at, ms);
      if (mark.startsWith('SIP')) onMark(mark);
      for (const block of blocks.map(renewed)) {
        if (pollOf(block) === undefined) {
          if (ms >= startsAt && block.startsWith('Event:')) server.tell(`${block}\r\n\r\n`);
        } else if (block.startsWith('Event: CoreShowChannelsComplete')) {
          answerPolls(rows);
          rows = [];
        } else if (block.startsWith('Event:')) rows.push(block.split('\r\n').slice(2).join('\r\n')); // Event, ActionID
      }
    }
    isPlaying = false;
    answerPolls([]);
  };
  return { host: server.host, port: server.port, play, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}
