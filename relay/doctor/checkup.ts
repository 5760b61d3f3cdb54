// Goes through a table of checks in order: each is made when those that it needs went well, and told as it comes. Called by
// `doctor/examine.ts`.
import { unknown } from './finding.ts';
import type { Finding, Told } from './finding.ts';
import { checkName } from './report.ts';

export type Check = {
  name: string;
  /** Checks before it that must not be wrong. */
  needs: readonly string[];
  /** Must not reject for anything in the world. */
  make(): Promise<Finding> | Finding;
};

export async function goThrough(
  pbx: string | null,
  checks: readonly Check[],
  tell: (told: Told) => void,
): Promise<void> {
  const missing = new Set<string>();
  for (const { name, needs, make } of checks) {
    const lacking = needs.find((need) => missing.has(need));
    const finding: Finding =
      lacking === undefined
        ? await make()
        : unknown({
            en: `not asked, as it needs: ${lacking}`,
            ru: `не проверено, сначала нужно: ${checkName(lacking, 'ru')}`,
          });
    if (finding.mark === 'wrong' || lacking !== undefined) missing.add(name);
    tell({ ...finding, check: name, pbx });
  }
}
