// What IT has set, on the options page: fields that cannot be changed say so, and IT's own words about help stand below.
// Shell; managed.ts has judged every value, and nothing of it becomes anything but text and an address that may be opened.
import type { Policy } from '../managed.ts';
import { find, tell, write } from '../page.ts';
import { say } from '../say.ts';

const FIELDS = [
  ['relay-url', 'relayUrlHint', (policy: Policy) => policy.isRelayLocked],
  ['extension', 'extensionHint', (policy: Policy) => policy.isExtensionLocked],
] as const;

export function showPolicy(policy: Policy): void {
  for (const [id, hint, isLocked] of FIELDS) {
    (find(id) as HTMLInputElement).readOnly = isLocked(policy);
    write(`${id}-hint`, say(isLocked(policy) ? 'setByIt' : hint));
  }
  find('add-line').hidden = policy.isExtensionLocked;
  const isNothingLeft = policy.isRelayLocked && policy.isExtensionLocked;
  for (const id of ['intro', 'save']) find(id).hidden = isNothingLeft;
  const { helpText, helpLink, faults } = policy;
  find('help-from-it').hidden = helpText === '' && helpLink === null;
  write('help-text', helpText);
  const link = find('help-link') as HTMLAnchorElement;
  link.hidden = helpLink === null;
  if (helpLink === null) link.removeAttribute('href');
  else link.href = helpLink;
  const fault = faults.length === 0 ? '' : say('policyFaults', faults.join(', '));
  if (find('policy-faults').textContent !== fault) tell(find('policy-faults'), 'warning', fault);
}
