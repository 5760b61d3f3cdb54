// What a value of the configuration may look like: every scalar comes as text, from YAML and environment alike, so no
// leading zero is ever lost. `meta`: what an editor is told of it [JSON Schema]. Called by `config.ts` and `config-pbx.ts`.
import { z } from 'zod';

export const wholeNumber = (least: number, most: number) => {
  const rule = `must be a whole number from ${least} to ${most}`;
  return z
    .preprocess(
      (value) => (typeof value === 'string' && value.trim() !== '' ? Number(value) : value),
      z.number(rule).int(rule).min(least, rule).max(most, rule),
    )
    .meta({ type: 'integer', minimum: least, maximum: most });
};

export const text = (missing = 'must be text') =>
  z.string({ error: ({ input }) => (input === undefined ? missing : 'must be one text') });

export const yesNo = z
  .preprocess(
    (value) =>
      typeof value === 'string'
        ? ({ yes: true, true: true, no: false, false: false }[value.toLowerCase()] ?? value)
        : value,
    z.boolean('must be yes or no'),
  )
  .meta({ type: ['string', 'boolean'], enum: ['yes', 'no', true, false] });

export const required = (what: string) => text(`is missing: ${what}`).min(1, `is empty: ${what}`);
