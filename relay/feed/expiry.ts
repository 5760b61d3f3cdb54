// How long a certificate is good for, and when that is too short. Pure; asked by `serve` and `doctor`.

/** From here on IT is warned. Whoever renews by a machine does so at 30 days. */
export const FEW_DAYS = 14;
const DAY_MS = 86_400_000;

/** Negative when it has expired. */
export const daysLeft = ({ validTo }: { validTo: number }, now: number): number => (validTo - now) / DAY_MS;
