// The list of this browser's extensions on the options page: how each stands, one more, one fewer. Shell; line-words.ts has
// the words, options.ts saves.
import { find, tell, write } from '../page.ts';
import { say } from '../say.ts';
import { MAX_LINES, parseExtension } from '../settings.ts';
import type { LineWords } from './line-words.ts';

const input = find('other-extension') as HTMLInputElement;

export type LineActions = {
  pair(extension: string): void;
  remove(extension: string): void;
  add(extension: string): Promise<void>;
};

let shown = '';

export function startLines(extensions: () => readonly string[], actions: LineActions): void {
  input.addEventListener('input', () => showProblem(''));
  find('add-line').addEventListener('submit', (event) => {
    event.preventDefault();
    const parsed = parseExtension(input.value);
    const problem = 'problem' in parsed ? say(parsed.problem) : objection(extensions(), parsed.value);
    showProblem(problem);
    if (problem !== '' || 'problem' in parsed) input.focus();
    else void actions.add(parsed.value).then(() => (input.value = ''));
  });
}

/** `areFixed`: IT has set them, so none may be removed. */
export function showLines(lines: LineWords[], areFixed: boolean, actions: LineActions): void {
  find('lines-section').hidden = lines.length === 0;
  const face = JSON.stringify([lines, areFixed]);
  if (face === shown) return;
  shown = face;
  const focused = document.activeElement?.id;
  find('lines').replaceChildren(...lines.map((line) => row(line, lines.length > 1 && !areFixed, actions)));
  if (focused !== undefined && focused !== '') document.getElementById(focused)?.focus();
}

function objection(extensions: readonly string[], extension: string): string {
  if (extensions.includes(extension)) return say('extensionTwice');
  return extensions.length >= MAX_LINES ? say('tooManyExtensions', String(MAX_LINES)) : '';
}

function showProblem(text: string): void {
  input.setAttribute('aria-invalid', String(text !== ''));
  write('other-extension-problem', text);
}

function row(line: LineWords, isRemovable: boolean, actions: LineActions): HTMLLIElement {
  const entry = document.createElement('li');
  const name = document.createElement('strong');
  name.textContent = line.extension;
  const sentence = document.createElement('p');
  sentence.className = 'notice';
  tell(sentence, line.tone, line.sentence);
  const buttons = document.createElement('div');
  buttons.className = 'buttons';
  if (line.pair !== null) {
    const pair = button(`pair-${line.extension}`, line.pair, () => actions.pair(line.extension));
    pair.className = 'main';
    buttons.append(pair);
  }
  if (isRemovable) {
    const text = say('removeLine', line.extension);
    buttons.append(button(`remove-${line.extension}`, text, () => actions.remove(line.extension)));
  }
  entry.append(name, sentence, buttons);
  return entry;
}

export function button(id: string, text: string, press: () => void): HTMLButtonElement {
  const element = document.createElement('button');
  element.type = 'button';
  element.id = id;
  element.textContent = text;
  element.addEventListener('click', press);
  return element;
}
