// The packed add-on while the relay serves: the log says what is handed out, and what is wrong with the folder. Shell;
// `commands/serve.ts` starts it.
import { openAddOnFiles } from '../add-on-files.ts';
import type { AddOnFiles } from '../add-on-files.ts';
import type { Config } from '../config.ts';
import type { Log } from '../log.ts';
import { NO_OFFER } from '../pages/install.ts';

const NONE: AddOnFiles = { offer: () => NO_OFFER, find: () => undefined, stop: () => undefined };

export function keepAddOn({ addOnFolder: folder }: Config, log: Log): AddOnFiles {
  if (folder === null) return NONE;
  return openAddOnFiles(folder, {
    onRead: (version, files) => log.info({ folder, version, files }, 'add-on: handed out under /add-on/'),
    onFault: (detail) =>
      log.error({ folder, detail }, 'add-on: not taken, what was handed out before stays in use'),
  });
}
