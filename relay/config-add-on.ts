// The settings of how staff get the add-on. Called by `config.ts`.
import { z } from 'zod';
import { isWebAddress } from '../shared/address.ts';
import { text } from './config-fields.ts';
import type { Settings } from './config-source.ts';

export const ADD_ON_SETTINGS = {
  addOnFolder: {
    yaml: 'addOn.folder',
    environment: 'RINGCUE_ADD_ON_FOLDER',
    describes:
      'The folder add-on that `npm run package` has written: the relay hands it out under /add-on/, for browsers that install and update the add-on by policy. New files are taken within seconds.',
    example: '/srv/ringcue/add-on',
  },
  chromeStore: {
    yaml: 'addOn.chromeStore',
    environment: 'RINGCUE_ADD_ON_CHROME_STORE',
    describes:
      'The page of a store where staff install the add-on for Chrome; the relay’s own page leads there. Edge takes it, too, unless addOn.edgeStore is set.',
    example: 'https://chromewebstore.google.com/detail/abcdefghijklmnopabcdefghijklmnop',
  },
  edgeStore: {
    yaml: 'addOn.edgeStore',
    environment: 'RINGCUE_ADD_ON_EDGE_STORE',
    describes: 'The same for Edge.',
    example: 'https://microsoftedge.microsoft.com/addons/detail/abcdefghijklmnopabcdefghijklmnop',
  },
  firefoxStore: {
    yaml: 'addOn.firefoxStore',
    environment: 'RINGCUE_ADD_ON_FIREFOX_STORE',
    describes: 'The same for Firefox.',
    example: 'https://addons.mozilla.org/firefox/addon/ringcue/',
  },
} as const satisfies Settings;

const store = z
  .nullable(text())
  .default(null)
  .superRefine((address, context) => {
    if (address !== null && !(isWebAddress(address) && URL.canParse(address)))
      context.addIssue(
        'must be the http or https address where staff install the add-on, for example https://addons.mozilla.org/…',
      );
  });

export const ADD_ON_FIELDS = {
  addOnFolder: z.nullable(text()).default(null),
  ...{ chromeStore: store, edgeStore: store, firefoxStore: store },
};
