// How this browser calls itself when it is paired, for people who look at a list of their browsers: `Chrome on Windows`.
// Pure. Browser and system only: neither version nor anything else that would make it recognisable elsewhere.

/** What of `navigator` is looked at; Firefox has no `userAgentData`. */
export type Navigator = {
  userAgent: string;
  userAgentData?: { brands: { brand: string }[]; platform: string };
};

/** The first that fits wins: most others say that they are Chrome, too. */
const BROWSERS: readonly [RegExp, string][] = [
  [/\bEdg|Microsoft Edge/, 'Edge'],
  [/\bYaBrowser|Yandex/, 'Yandex Browser'],
  [/\bOPR\b|Opera/, 'Opera'],
  [/Brave/, 'Brave'],
  [/Vivaldi/, 'Vivaldi'],
  [/Firefox/, 'Firefox'],
  [/Google Chrome|\bChrome\b/, 'Chrome'],
  [/Chromium/, 'Chromium'],
];
const SYSTEMS: readonly [RegExp, string][] = [
  [/Windows/, 'Windows'],
  [/\bCrOS|Chrome ?OS|Chromium OS/, 'ChromeOS'],
  [/Android/, 'Android'],
  [/mac ?OS|Macintosh/i, 'macOS'],
  [/Linux|X11/, 'Linux'],
];

export function nameOf({ userAgent, userAgentData }: Navigator): string {
  const brands = (userAgentData?.brands ?? []).map(({ brand }) => brand).join(', ');
  const browser = firstOf(BROWSERS, brands) ?? firstOf(BROWSERS, userAgent) ?? 'Browser';
  const system = firstOf(SYSTEMS, userAgentData?.platform ?? '') ?? firstOf(SYSTEMS, userAgent);
  return system === null ? browser : `${browser} on ${system}`;
}

const firstOf = (names: readonly [RegExp, string][], text: string): string | null =>
  names.find(([pattern]) => pattern.test(text))?.[1] ?? null;
