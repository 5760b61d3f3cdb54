// The secret of the AMI account is changed as relay/deploy/OPERATIONS.md says, on real Asterisks, while an add-on watches and
// a call goes on: nobody is let go, no login is refused, nothing is missed.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileOf } from '../relay/file.ts';
import { startRelay } from '../relay/relay-process.ts';
import { waitFor } from '../relay/wait.ts';
import { watch } from '../relay/watcher.ts';
import { ACCOUNTS } from './configuration.ts';
import { openOffice } from './office.ts';
import type { Office } from './office.ts';

const { username, secret: OLD } = ACCOUNTS.ringcue;
const NEW = 'another-long-random-text';

const commands = async (office: Office, command: string): Promise<string> =>
  (await office.operator.ask({ Action: 'Command', Command: command })).text;

/** How the session comes to its end, so that there is a next login. */
const ENDS = {
  '16': async (office: Office) => {
    await office.losesPower();
    await office.regainsPower();
  },
  // [Asterisk 16 has no such command]
  '22': async (office: Office) => {
    const connected = await commands(office, 'manager show connected');
    const [, session = ''] =
      new RegExp(`${username}\\s+\\S+\\s+\\d+\\s+\\d+\\s+(\\d+)`).exec(connected) ?? [];
    assert.notEqual(session, '', connected);
    await commands(office, `manager kick session ${session}`);
  },
};

for (const asterisk of ['16', '22'] as const)
  describe(`changing the secret on Asterisk ${asterisk}`, () => {
    test('the file, then manager.conf: the session goes on, and the next login has the new one', async () => {
      await using office = await openOffice({ asterisk, driver: 'pjsip', phones: ['101'] });
      await using file = await fileOf(`${OLD}\n`);
      const access = { ...office.ami, username, secret: '' };
      await using relay = await startRelay(access, { RINGCUE_AMI_SECRET_FILE: file.path });
      await relay.isReady();
      await using anna = await watch(relay.feedUrl, '101');

      await writeFile(file.path, `${NEW}\n`);
      const managerConf = join(office.asterisk.folder, 'etc/manager.conf');
      const before = await readFile(managerConf, 'utf8');
      await writeFile(managerConf, before.replace(`secret = ${OLD}`, `secret = ${NEW}`));
      await commands(office, 'manager reload');

      const client = office.client({ number: '+79161234567' });
      await client.calls(office.phone('101'));
      await anna.isTold(({ state }) => state === 'ringing', 'a ring over the session that there was');

      await ENDS[asterisk](office);
      await waitFor(
        () => relay.log.filter(({ msg }) => msg === 'pbx up').length === 2,
        5_000,
        () => `it did not come back: ${JSON.stringify(relay.log)}`,
      );
      if (asterisk === '22') {
        await office.phone('101').answers();
        await anna.isTold(({ state }) => state === 'talking', 'the same call, over the new session');
      }
      assert.ok(!relay.log.some(({ code }) => code === 'ami.login-refused'), JSON.stringify(relay.log));
      await office.endsAllCalls();
    });
  });
