// A browser started as a person starts it, without a driver, with what a driven run has left in its profile: a driver
// keeps the add-on's background alive, and nobody could say how long it lives by itself. Called by lifetime.ts.
import { spawn } from 'node:child_process';
import type { BrowserOptions } from './browser.ts';
import { CHROMIUM, chromiumArguments, chromiumEnvironment } from './chromium.ts';
import { FIREFOX } from './firefox.ts';
import type { Profile } from './profile.ts';

export type PlainBrowser = { close(): Promise<void> };

export function startPlainly(
  name: 'chromium' | 'firefox',
  options: BrowserOptions & { profile: Profile },
): PlainBrowser {
  const { addOn, desktop, language, profile } = options;
  const [command, env] =
    name === 'chromium'
      ? [
          [
            CHROMIUM,
            '--headless=new',
            '--no-sandbox',
            `--user-data-dir=${profile.folder}`,
            ...chromiumArguments(addOn, language),
          ],
          chromiumEnvironment(desktop, language),
        ]
      : [
          [FIREFOX, '--headless', '--no-remote', '--profile', profile.folder],
          { ...process.env, DBUS_SESSION_BUS_ADDRESS: desktop.busAddress },
        ];
  // The kernel ends it when this process ends, even by SIGKILL.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...command], { env, stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  return {
    close: () =>
      profile.quit(async () => {
        child.kill('SIGTERM');
        await ended;
      }),
  };
}
