// A call on every stack is recorded by the relay's own account, and its replay tells what happened, without the people.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { runRecord } from '../traces/record.ts';
import { readRecording } from '../traces/recording.ts';
import { METHODS, replay, storiesOf } from '../traces/replay.ts';
import { openOffice, STACKS } from './office.ts';

const folder = mkdtempSync(join(tmpdir(), 'ringcue-record-'));
after(() => rmSync(folder, { recursive: true }));

describe('npm run record', () => {
  for (const { asterisk, driver } of STACKS)
    test(`on Asterisk ${asterisk} with chan_${driver}`, async () => {
      await using office = await openOffice({ asterisk, driver, phones: ['101'] });
      const { host, port, accounts } = office.ami;
      const file = `${asterisk}-${driver}.trace`;
      const stopping = new AbortController();
      const begun = Promise.withResolvers<undefined>();
      const ended = runRecord({
        parameters: [file],
        environment: {
          RINGCUE_AMI_HOST: host,
          RINGCUE_AMI_PORT: String(port),
          RINGCUE_AMI_USERNAME: accounts.ringcue.username,
          RINGCUE_AMI_SECRET: accounts.ringcue.secret,
          RINGCUE_COUNTRY: 'RU',
        },
        folder,
        say: (text) => {
          if (text.includes('press Ctrl-C')) begun.resolve(undefined);
        },
        sayProgress: () => undefined,
        signal: stopping.signal,
      });
      await Promise.race([begun.promise, ended]);

      const phone = office.phone('101');
      const anna = office.client({ number: '+79161234567', name: 'Анна Petrova' });
      await anna.calls(phone);
      await phone.rings();
      await phone.answers();
      await Promise.all([phone.hears(), anna.hears()]);
      await anna.hangsUp();
      await phone.isFree();
      await office.operator.event({ Event: 'Hangup', CallerIDNum: '101' });
      stopping.abort();
      assert.equal(await ended, 0);

      const path = join(folder, file);
      const trace = readRecording(path);
      assert.match(trace.header.asterisk ?? '', new RegExp(`^Asterisk ${asterisk}\\.`));
      const stories = storiesOf(replay(trace, METHODS['events only']));
      assert.deepEqual(Object.keys(stories), ['101']);
      assert.match(stories['101'] ?? '', /^ringing\((\+79161\d{6})\) talking\(\1\) ended completed$/);
      assert.doesNotMatch(readFileSync(path, 'utf8'), /9161234567|Анна|Petrova|ringcue-secret/);
    });
});
