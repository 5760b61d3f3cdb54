// The options page: relay address, extension, and two tests in plain words. Shell; settings.ts reads what is typed,
// the background connects and notifies.
import type { Verdict, VerdictCode } from '../background/verdict.ts';
import { ask } from '../messages.ts';
import { find, tell, translatePage, type Tone } from '../page.ts';
import type { MessageKey } from '../phrases.ts';
import { say } from '../say.ts';
import { displayRelayUrl, parseExtension, parseRelayUrl } from '../settings.ts';
import { readSettings, writeSettings } from '../storage.ts';

const VERDICTS: Readonly<Record<VerdictCode, [Tone, MessageKey]>> = {
  well: ['well', 'verdictWell'],
  'pbx-down': ['warning', 'verdictPbxDown'],
  unreachable: ['alarm', 'verdictUnreachable'],
  'unreachable-secure': ['alarm', 'verdictUnreachableSecure'],
  silent: ['alarm', 'verdictSilent'],
  'plain-only': ['alarm', 'verdictPlainOnly'],
  'secure-only': ['alarm', 'verdictSecureOnly'],
  certificate: ['alarm', 'verdictCertificate'],
  'not-ringcue': ['alarm', 'verdictNotRingcue'],
  restarting: ['warning', 'verdictRestarting'],
  'other-version': ['alarm', 'verdictOtherVersion'],
  'not-paired': ['alarm', 'verdictNotPaired'],
  'extension-refused': ['alarm', 'verdictExtensionRefused'],
};

const relayUrlInput = find('relay-url') as HTMLInputElement;
const extensionInput = find('extension') as HTMLInputElement;
const testButton = find('test') as HTMLButtonElement;
const result = find('result');
const trial = find('trial');
const notificationResult = find('notification-result');

translatePage();
void fill();
find('settings').addEventListener('submit', (event) => {
  event.preventDefault();
  void save();
});
testButton.addEventListener('click', () => void testConnection());
find('test-notification').addEventListener('click', () => void testNotification());
for (const input of [relayUrlInput, extensionInput]) {
  input.addEventListener('input', () => {
    showProblem(input, null);
    conclude('well', '');
  });
}

async function fill(): Promise<void> {
  const settings = await readSettings();
  relayUrlInput.value = displayRelayUrl(settings.relayUrl ?? '');
  extensionInput.value = settings.extension ?? '';
  (settings.relayUrl === null ? relayUrlInput : extensionInput).focus();
}

/** What is typed, made right; null where it cannot be, with the reasons beside the fields and the first one focused. */
function readForm(): { relayUrl: string; extension: string } | null {
  const relayUrl = parseRelayUrl(relayUrlInput.value);
  const extension = parseExtension(extensionInput.value);
  showProblem(relayUrlInput, 'problem' in relayUrl ? relayUrl.problem : null);
  showProblem(extensionInput, 'problem' in extension ? extension.problem : null);
  if ('problem' in relayUrl) relayUrlInput.focus();
  else if ('problem' in extension) extensionInput.focus();
  else return { relayUrl: relayUrl.value, extension: extension.value };
  conclude('well', '');
  return null;
}

function showProblem(input: HTMLInputElement, problem: MessageKey | null): void {
  input.setAttribute('aria-invalid', String(problem !== null));
  find(`${input.id}-problem`).textContent = problem === null ? '' : say(problem);
}

async function save(): Promise<void> {
  const settings = readForm();
  if (settings === null) return;
  try {
    await writeSettings(settings);
    await ask({ type: 'settings-saved' });
  } catch {
    conclude('alarm', say('saveFailed')); // the background is being replaced, by an update for instance
    return;
  }
  relayUrlInput.value = displayRelayUrl(settings.relayUrl);
  extensionInput.value = settings.extension;
  conclude('well', say('saved'));
}

async function testConnection(): Promise<void> {
  const settings = readForm();
  if (settings === null) return;
  testButton.disabled = true;
  conclude('wait', say('testing'));
  try {
    showVerdict(await ask({ type: 'test-connection', ...settings }));
  } catch {
    conclude('alarm', say('testFailed')); // as above
  } finally {
    testButton.disabled = false;
  }
}

function showVerdict({ code, extension, isTrialMode }: Verdict): void {
  const [tone, key] = VERDICTS[code];
  conclude(tone, say(key, extension));
  tell(trial, 'warning', isTrialMode ? say('trialMode') : '');
}

async function testNotification(): Promise<void> {
  try {
    await ask({ type: 'show-test-notification' });
    tell(notificationResult, 'well', say('testNotificationShown'));
  } catch {
    tell(notificationResult, 'alarm', say('testNotificationFailed')); // the system refuses notifications
  }
}

/** The one sentence under the form; what it replaces, the warning included, is gone. */
function conclude(tone: Tone, text: string): void {
  tell(result, tone, text);
  tell(trial, 'warning', '');
}
