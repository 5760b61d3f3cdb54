// A private D-Bus session bus: a dbus-daemon of our own in a temporary folder, without service files, so that nothing
// installed on the machine (dunst, a portal) starts behind the test's back. Ended by its process id. Called by
// desktop.ts. [dbus-daemon(1), D-Bus specification: server addresses]
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { within } from './wait.ts';

const START_MS = 10_000;
const END_MS = 3_000;

export interface Bus {
  /** For `DBUS_SESSION_BUS_ADDRESS`. */
  readonly address: string;
  close(): Promise<void>;
}

const configuration = (
  socket: string,
) => `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=${socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`;

/** Starts the daemon and returns once it listens. Throws within 10 s, naming the package, where it cannot. */
export async function openBus(): Promise<Bus> {
  const folder = await mkdtemp(join(tmpdir(), 'ringcue-bus-'));
  const file = join(folder, 'bus.conf');
  await writeFile(file, configuration(join(folder, 'bus')));
  const daemon = spawn(
    'setpriv', // the kernel ends the daemon when this process ends, even by SIGKILL
    ['--pdeathsig', 'KILL', 'dbus-daemon', `--config-file=${file}`, '--nofork', '--print-address=1'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let complaints = '';
  daemon.stderr.on('data', (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-2000)));
  const ended = new Promise<void>((resolve) => {
    daemon.once('exit', () => resolve());
    daemon.once('error', () => resolve());
  });
  const close = async () => {
    daemon.kill('SIGTERM');
    await within(END_MS, 'dbus-daemon to end', ended).catch(() => daemon.kill('SIGKILL'));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const firstLine = new Promise<string>((resolve, reject) => {
      daemon.once('error', reject);
      daemon.once('exit', (code) => {
        reject(new Error(`dbus-daemon ended at once (${code ?? 'by signal'}; package dbus): ${complaints}`));
      });
      createInterface(daemon.stdout).once('line', resolve);
    });
    return { address: await within(START_MS, 'dbus-daemon to print its address', firstLine), close };
  } catch (error) {
    await close();
    throw error;
  }
}
