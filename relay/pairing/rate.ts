// How often something may be done, for each key: a token bucket [RFC 2697 in small], so that a rush is let through and a
// flood is not. Pure; used by `pairing/codes.ts` and `pairing/pairing.ts`.

export type RateOptions = {
  /** At once. */
  burst: number;
  /** From then on. */
  perSecond: number;
  maxKeys: number;
};

export type Rate = {
  /** `at`: ms. */
  isLeft(key: string, at: number): boolean;
  /** Whether it was left. */
  take(key: string, at: number): boolean;
};

type Bucket = { left: number; at: number };

export function createRate({ burst, perSecond, maxKeys }: RateOptions): Rate {
  let buckets = new Map<string, Bucket>();
  const leftNow = ({ left, at }: Bucket, now: number): number =>
    Math.min(burst, left + (Math.max(0, now - at) / 1000) * perSecond);
  const bucketOf = (key: string, at: number): Bucket => {
    const known = buckets.get(key);
    return known ? { left: leftNow(known, at), at } : { left: burst, at };
  };
  /** Those that are full again need no entry; if that is not enough, the oldest half goes. */
  const makeRoom = (at: number): void => {
    const emptied = [...buckets].filter(([, bucket]) => leftNow(bucket, at) < burst);
    buckets = new Map(emptied.length < maxKeys ? emptied : emptied.slice(-maxKeys / 2));
  };
  return {
    isLeft: (key, at) => bucketOf(key, at).left >= 1,
    take(key, at) {
      const bucket = bucketOf(key, at);
      if (bucket.left < 1) return false;
      if (!buckets.has(key) && buckets.size >= maxKeys) makeRoom(at);
      buckets.delete(key); // to the end: the oldest come first
      buckets.set(key, { ...bucket, left: bucket.left - 1 });
      return true;
    },
  };
}
