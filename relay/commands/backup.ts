// `ringcue backup FOLDER`: a copy of what the relay keeps in its data folder, while it runs. How to go back to it:
// `relay/deploy/OPERATIONS.md`. Shell.
import { backUp } from '../journal/backup.ts';
import { configured } from './configured.ts';

export const backup = configured(({ data }, { parameters, say, complain }) => {
  const [folder, ...more] = parameters;
  if (folder === undefined || more.length > 0 || folder.startsWith('-')) {
    complain('Say: ringcue backup FOLDER');
    return Promise.resolve(64);
  }
  if (data === null) {
    complain('RINGCUE_DATA names no folder, so the relay keeps nothing that could be copied.');
    return Promise.resolve(1);
  }
  try {
    const names = backUp(data, folder);
    for (const name of names) say(`${folder}/${name}`);
    if (names.length === 0) complain(`There is nothing in ${data} yet.`);
    return Promise.resolve(names.length > 0 ? 0 : 1);
  } catch (error) {
    complain(`The backup could not be made: ${(error as Error).message}`);
    return Promise.resolve(1);
  }
});
