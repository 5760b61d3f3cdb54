// Texts and addresses with gaps, as IT writes them and relay and add-on fill them. Pure.
//
//   {queue}                     the value of that name; nothing where there is none
//   {field.Open order}          the client's own field of that label
//   {?queue: queue {queue}}     all behind the colon, only where `queue` has a value
//   {!queue: direct call}       the same where it has none
//
// What stands behind the colon stands as it is, spaces too, and may hold gaps and conditions of its own.

const MAX_DEPTH = 4;
const NAME = /^(?:[A-Za-z]\w*|field\.[^{}:\s](?:[^{}:]*[^{}:\s])?)$/;

export type Template = readonly Piece[];
type Piece =
  | { type: 'text'; text: string }
  | { type: 'value'; name: string }
  | { type: 'condition'; name: string; isWanted: boolean; then: Template };

export type TemplateNames = {
  /** May be filled in and asked for. */
  values: readonly string[];
  /** May only be asked for. */
  conditions?: readonly string[];
  /** Whether a client's own fields are known, `{field.Company}`. */
  hasFields: boolean;
};

/** Says what is wrong, beginning with the place. */
export class TemplateError extends Error {}

/** Throws a `TemplateError`. Without `names`, whatever is named may come. */
export function parseTemplate(source: string, names: TemplateNames | null = null): Template {
  const reader = { source, at: 0, names };
  const template = readPieces(reader, 0);
  if (reader.at < source.length)
    throw fault(reader.at, 'a stray brace: } closes nothing, and braces themselves cannot be shown');
  return template;
}

type Reader = { source: string; at: number; names: TemplateNames | null };

function readPieces(reader: Reader, depth: number): Template {
  const pieces: Piece[] = [];
  while (reader.at < reader.source.length && reader.source[reader.at] !== '}') {
    const end = reader.source.slice(reader.at).search(/[{}]/);
    const length = end < 0 ? reader.source.length - reader.at : end;
    if (length > 0)
      pieces.push({ type: 'text', text: reader.source.slice(reader.at, (reader.at += length)) });
    if (reader.source[reader.at] === '{') pieces.push(readGap(reader, depth));
  }
  return pieces;
}

function readGap(reader: Reader, depth: number): Piece {
  const start = reader.at;
  const [head, mark, name = '', close] =
    /^\{([?!]?)([^{}:]*)([:}])/.exec(reader.source.slice(start)) ??
    throwFault(start, 'a brace does not close');
  const isCondition = mark !== '';
  if ((close === ':') !== isCondition)
    throw fault(
      start,
      isCondition
        ? `{${mark}${name}} lacks its text: {${mark}${name}: …}`
        : `{${name}:…} lacks its mark: {?${name}: …}`,
    );
  const problem = nameProblem(name, isCondition, reader.names);
  if (problem !== null) throw fault(start, problem);
  reader.at += head.length;
  if (!isCondition) return { type: 'value', name };
  if (depth >= MAX_DEPTH)
    throw fault(start, `conditions stand within each other more than ${MAX_DEPTH} deep`);
  // One space may follow the colon for the eye's sake; it belongs to the text all the same.
  const then = readPieces(reader, depth + 1);
  if (reader.source[reader.at] !== '}') throw fault(start, 'a brace does not close');
  reader.at += 1;
  return { type: 'condition', name, isWanted: mark === '?', then };
}

function nameProblem(name: string, isCondition: boolean, names: TemplateNames | null): string | null {
  if (names === null) return NAME.test(name) ? null : `{${name}} is not a name`;
  const { values, conditions = [], hasFields } = names;
  if (name.startsWith('field.') && hasFields && NAME.test(name)) return null;
  if (values.includes(name) || (isCondition && conditions.includes(name))) return null;
  if (conditions.includes(name)) return `{${name}} can only be asked: {?${name}: …}`;
  const known = [...values.map((one) => `{${one}}`), ...(hasFields ? ['{field.…}'] : [])];
  const asked = conditions.map((one) => `{?${one}: …}`);
  return `has the unknown placeholder {${name}}; known: ${[...known, ...asked].join(', ')}`;
}

/** `valueOf`: '' where there is none; undefined: not known yet, so the gap stays for a second filling. */
export function fillTemplate(template: Template, valueOf: (name: string) => string | undefined): string {
  return template
    .map((piece) => {
      if (piece.type === 'text') return piece.text;
      const value = valueOf(piece.name);
      if (piece.type === 'value') return value ?? `{${piece.name}}`;
      const then = (): string => fillTemplate(piece.then, valueOf);
      if (value === undefined) return `{${piece.isWanted ? '?' : '!'}${piece.name}:${then()}}`;
      return (value !== '') === piece.isWanted ? then() : '';
    })
    .join('');
}

/** Every name whose value is filled in, with those within conditions. */
export const namesIn = (template: Template): string[] =>
  template.flatMap((piece) =>
    piece.type === 'text' ? [] : piece.type === 'value' ? [piece.name] : namesIn(piece.then),
  );

const fault = (at: number, message: string): TemplateError =>
  new TemplateError(`at character ${at + 1}: ${message}`);
function throwFault(at: number, message: string): never {
  throw fault(at, message);
}
