// What stands between the AMI socket and asterisk-manager's reader, spares it work, and keeps strangers from stopping it:
// after a block that begins `Response: … follow` it swallows everything, and a line or a block without an end costs it
// quadratic time and all memory. Pure; used by `ami/connection.ts`.

/** Far above Asterisk's longest header, far below what would hurt. */
const MAX_LINE_LENGTH = 64 * 1024;
const MAX_BLOCK_LENGTH = 128 * 1024;
const PIECE_LENGTH = 1_000;

/** Only `Action: Command` is answered so, which we never ask. By line ends as the reader sees them: \n alone. */
const FOLLOWS = /^response:[^\n]*follow[^\n]*/gim;

/** Lines that the relay never reads: they are a third of all, and the reader takes half a microsecond for each. */
const UNREAD =
  /\n(?:Privilege|Cause-txt|Dial[Ss]tring|Uniqueid[12]|BridgedUniqueID|OldAccountCode|DestContext|(?:Dest)?(?:ChannelStateDesc|Language|AccountCode|Priority)): [^\n]*/g;

/** Text in pieces → whole lines, harmless to the reader; null: what has no end. One for each connection. */
export function createGate(): (piece: string) => string | null {
  let rest = '';
  /** How much of a block that has not ended the reader keeps. */
  let openLength = 0;
  return (piece) => {
    const end = piece.lastIndexOf('\n') + 1;
    const lines = end === 0 ? '' : harmless(rest + piece.slice(0, end));
    rest = end === 0 ? rest + piece : piece.slice(end);
    const blockEnd = endOfBlocks(lines);
    openLength = blockEnd < 0 ? openLength + lines.length : lines.length - blockEnd;
    return rest.length > MAX_LINE_LENGTH || openLength > MAX_BLOCK_LENGTH ? null : lines;
  };
}

const harmless = (lines: string): string =>
  `\n${lines}`.replace(UNREAD, '').slice(1).replace(FOLLOWS, 'Response: unasked');

/** Where the last empty line of these lines is; -1: there is none. */
function endOfBlocks(lines: string): number {
  const end = lines.lastIndexOf('\n\r\n');
  if (end >= 0) return end;
  return /^\r?\n/.test(lines) ? 0 : lines.lastIndexOf('\n\n');
}

/** Text in whole blocks of about `PIECE_LENGTH`: the reader shifts its lines off one by one, cheaply only from few. */
export function* piecesOf(lines: string): Generator<string> {
  for (let from = 0, to = 0; from < lines.length; from = to) {
    const end = lines.indexOf('\n\r\n', from + PIECE_LENGTH);
    to = end < 0 ? lines.length : end + 3;
    yield lines.slice(from, to);
  }
}
