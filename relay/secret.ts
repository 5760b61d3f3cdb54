// A secret that may be changed while the relay runs: where it stands in a file of its own, the file is read again each time
// that it is needed. Shell; `serve.ts` makes one for each AMI account, `site.ts` asks at each login.
export type Secret = {
  now(): string;
  /** It is this from now on, or stands in that file. */
  follow(value: string, file: string | null): void;
};

export function createSecret(
  readFile: (path: string) => string,
  /** The last one that could be read is used on. Once for each fault, not for each try. */
  onFault: (file: string, message: string) => void,
): Secret {
  let last = '';
  let path: string | null = null;
  let lastFault = '';
  return {
    now() {
      if (path === null) return last;
      try {
        const value = readFile(path).replace(/\r?\n$/, '');
        if (value === '') throw new Error('it is empty');
        [last, lastFault] = [value, ''];
      } catch (error) {
        const { message } = error as Error;
        if (message !== lastFault) onFault(path, message);
        lastFault = message;
      }
      return last;
    },
    follow(value, file) {
      [last, path, lastFault] = [value, file, ''];
    },
  };
}
