// An invitation, as IT makes one on the command line beside the relay. Called by browser tests.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as z from 'zod';
import type { RelayProcess } from '../relay/relay-process.ts';
import type { Company } from './scene.ts';

const MAIN = fileURLToPath(new URL('../../relay/main.ts', import.meta.url));

const invited = z.object({ code: z.string(), link: z.string() });

/** What IT does on the command line. */
export async function invite(company: Company, relay: RelayProcess, extension: string) {
  const { host, port, accounts } = company.office.ami;
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, 'invite', extension, '--json'], {
    env: {
      ...company.relaySettings,
      PATH: process.env['PATH'],
      RINGCUE_AMI_HOST: host,
      RINGCUE_AMI_PORT: String(port),
      RINGCUE_AMI_USERNAME: accounts.ringcue.username,
      RINGCUE_AMI_SECRET: accounts.ringcue.secret,
      RINGCUE_COUNTRY: 'RU',
      RINGCUE_PUBLIC_URL: `http://${relay.address}`,
    },
  });
  return invited.parse(JSON.parse(stdout));
}
