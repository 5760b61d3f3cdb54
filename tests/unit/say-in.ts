// The add-on's sentences without a browser: `i18n.getMessage` over a message file, with named placeholders in the order of
// the substitutions. Called by unit tests and the chaos run.
import type { MessageKey, Say } from '../../extension/phrases.ts';

export const sayIn =
  (messages: Record<MessageKey, { message: string; placeholders?: object }>): Say =>
  (key, ...substitutions) => {
    const names = Object.keys(messages[key].placeholders ?? {});
    return names.reduce(
      (text, name, index) => text.replaceAll(`$${name.toUpperCase()}$`, substitutions[index] ?? ''),
      messages[key].message,
    );
  };
