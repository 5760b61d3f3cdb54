// Where in a JSON answer something stands: `result[].ID`, `custom_fields_values[field_code=PHONE].values[].value`. Pure;
// called by the HTTP source, and at the start, where a wrong path is told.
//
//   a.b           the value b of the value a
//   a[]           each of the list a
//   a[0]          the first of the list a
//   a[k=v]        each of the list a whose k is v

type StepOf = { key: string } | { each: true } | { index: number } | { where: string; is: string };
export type JsonPath = readonly StepOf[];

const PART = /(?:^|\.)([^.[\]]+)|\[(\d*)\]|\[([^.[\]=]+)=([^[\]]*)\]/y;
const MAX_VALUES = 100;

/** null: no path. The empty text is the whole. */
export function parseJsonPath(text: string): JsonPath | null {
  const steps: StepOf[] = [];
  let at = 0;
  while (at < text.length) {
    PART.lastIndex = at;
    const match = PART.exec(text);
    if (!match) return null;
    const [whole, key, index, where, is] = match;
    if (key !== undefined) steps.push({ key });
    else if (where !== undefined) steps.push({ where, is: is ?? '' });
    else steps.push(index === '' || index === undefined ? { each: true } : { index: Number(index) });
    at += whole.length;
  }
  return steps;
}

/** All values that stand there, at most 100 unless more are asked for; none where the answer has another shape. */
export function valuesAt(value: unknown, path: JsonPath, maxValues = MAX_VALUES): unknown[] {
  let values: unknown[] = [value];
  for (const step of path) {
    values = values.flatMap((one) => take(one, step)).slice(0, maxValues);
    if (values.length === 0) break;
  }
  return values.filter((one) => one !== undefined && one !== null);
}

function take(value: unknown, step: StepOf): unknown[] {
  if ('key' in step) return [ownValue(value, step.key)];
  if (!Array.isArray(value)) return [];
  const list: readonly unknown[] = value;
  if ('each' in step) return [...list];
  if ('index' in step) return [list[step.index]];
  return list.filter((one) => {
    const told = ownValue(one, step.where);
    return (typeof told === 'string' || typeof told === 'number') && String(told) === step.is;
  });
}

const ownValue = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
