// What the directory asks and what it gets: the question's number in all its forms, and the company's client. Types only;
// every kind of source, `directory.ts` which asks them in order, and the card speak of these.

/** Whose number is it? A hidden number is never asked about. */
export type Query = {
  /** Its normal form, by which calls know it: E.164, else the PBX's own digits. */
  number: string;
  /** null where the number is not public. */
  e164: string | null;
  /** Without country and trunk prefix (`9161234567`); null where the number is not public. */
  national: string | null;
  /** Nothing but its digits. */
  digits: string;
  /** The last ten digits, by which most databases can be searched quickly; null where it has fewer. */
  last10: string | null;
  /** The number where it is so short that it is one of the PBX's own; null: somebody outside. */
  extension: string | null;
};

/** Checked and bounded (`checked-client.ts`), whatever the source has said. */
export type Client = {
  id: string;
  name: string;
  /** In their normal form. Lists tell them; who was asked about one number need not. */
  numbers?: readonly string[];
  /** The client's own card, http(s); null: made of the template. */
  url: string | null;
  /** http(s), or a small picture as `data:image/…`. */
  image: string | null;
  /** What else is to be shown, by label: only what `directory.fields` lists, in that order, at most 8. */
  fields: Readonly<Record<string, string>>;
  /** The extension of the employee whose client this is. */
  manager?: string | null;
  isVip?: boolean;
  /** On the black list: the call is no reason for a notification. */
  isBlocked?: boolean;
};

/**
 * Gives the clients that have this number: exactly, else by the same national digits where only one has them, never a
 * guess. What it knows already comes at once. Rejects with a `SourceFault` and nothing else.
 */
export type Source = {
  readonly name: string;
  find(query: Query, signal: AbortSignal): readonly Client[] | Promise<readonly Client[]>;
  /** How many clients it holds in memory; null: it asks. */
  size(): number | null;
  /** When what it holds was read, in milliseconds since 1970; null: never. */
  readAt?(): number | null;
  stop(): void | Promise<void>;
};

/** What one source said to one question, for `ringcue lookup` and the metrics. */
export type Step = {
  source: string;
  outcome: 'found' | 'nobody' | FaultCode;
  tookMs: number;
  clients: readonly Client[];
  /** What is wrong and what to do; null: nothing. */
  problem: string | null;
};

export type FaultCode =
  /** It did not answer within its time. */
  | 'directory.timeout'
  | 'directory.unreachable'
  /** It does not let us in: account, password, token. */
  | 'directory.refused'
  /** It does not understand the question: a wrong query, table or address. */
  | 'directory.bad-query'
  /** Its answer is not what was agreed. */
  | 'directory.bad-answer'
  | 'directory.too-large'
  /** Not asked: too many questions wait for it already. */
  | 'directory.busy'
  /** Not asked: it failed so often that it is left alone for a while. */
  | 'directory.resting';
