// The sentences in _locales, in the browser's language. Shell; everything that people read comes through here.
import browser from 'webextension-polyfill';
import type { Say } from './phrases.ts';

export const say: Say = (key, ...substitutions) => browser.i18n.getMessage(key, substitutions);
