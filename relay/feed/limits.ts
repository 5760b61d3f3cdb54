// How many may be connected: in all, from one address, and for one extension; and, apart, how many may not have said hello
// yet, so that who proves nothing keeps nobody out. Pure; `feed/server.ts` makes one, `feed/session.ts` says who greeted.

/** Far above the browsers of one person, or of those who share a wallboard. */
export const MAX_SESSIONS_OF_EXTENSION = 64;

export type Place = {
  /** Where it comes from. */
  address: string;
  /** Hello was said. Returns those of the extensions that take one session more. */
  greet(extensions: readonly string[]): string[];
  leave(): void;
};

export type Limits = {
  /** null: no place for this one, for now. */
  enter(address: string): Place | null;
  count(): number;
};

/** Of all sessions one address may hold half; half may be without a hello, and half of those of one address. */
export function createLimits(maxSessions: number): Limits {
  const counts = new Map<string, number>();
  const hasRoom = (key: string, most: number): boolean => (counts.get(key) ?? 0) < Math.ceil(most);
  const add = (key: string, by: 1 | -1): void => {
    const count = (counts.get(key) ?? 0) + by;
    if (count === 0) counts.delete(key);
    else counts.set(key, count);
  };

  return {
    enter(address) {
      const [own, greeting] = [`address ${address}`, `greeting ${address}`];
      const isFull =
        !hasRoom('all', maxSessions) ||
        !hasRoom(own, maxSessions / 2) ||
        !hasRoom('greeting', maxSessions / 2) ||
        !hasRoom(greeting, maxSessions / 4);
      if (isFull) return null;
      let held = ['all', own, 'greeting', greeting];
      for (const key of held) add(key, 1);
      const release = (keys: readonly string[]): void => {
        for (const key of keys) add(key, -1);
      };
      return {
        address,
        greet(extensions) {
          const taken = extensions.filter((one) => hasRoom(`line ${one}`, MAX_SESSIONS_OF_EXTENSION));
          release(['greeting', greeting]);
          held = ['all', own, ...taken.map((extension) => `line ${extension}`)];
          for (const key of held.slice(2)) add(key, 1);
          return taken;
        },
        leave() {
          release(held);
          held = [];
        },
      };
    },
    count: () => counts.get('all') ?? 0,
  };
}
