// A button that copies a text, and says whether it could. Shell; used by the options page.
import { say } from '../say.ts';

const SAID_FOR_MS = 3_000;

export function copyFrom(button: HTMLElement, text: () => string): void {
  const name = button.textContent;
  button.addEventListener('click', () => {
    void copy(text()).then((isCopied) => {
      button.textContent = say(isCopied ? 'copied' : 'copyFailed');
      setTimeout(() => (button.textContent = name), SAID_FOR_MS);
    });
  });
}

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // the browser does not let us; the text can be selected
  }
}
