// What stands between the AMI socket and asterisk-manager's reader, which one stranger's caller id could otherwise stop:
// after a block that begins `Response: … follow` it swallows everything, and a line or a block without an end costs it
// quadratic time and all memory. Pure; used by `ami/connection.ts`.

/** Far above Asterisk's longest header, far below what would hurt. */
const MAX_LINE_LENGTH = 64 * 1024;
const MAX_BLOCK_LENGTH = 512 * 1024;

/** Only `Action: Command` is answered so, which we never ask. By line ends as the reader sees them: \n alone. */
const FOLLOWS = /^response:[^\n]*follow[^\n]*/gim;

/** Text in pieces → whole lines, harmless to the reader; null: what has no end. One for each connection. */
export function createGate(): (piece: string) => string | null {
  let rest = '';
  /** How much of a block that has not ended the reader keeps. */
  let openLength = 0;
  return (piece) => {
    const end = piece.lastIndexOf('\n') + 1;
    const lines = end === 0 ? '' : (rest + piece.slice(0, end)).replace(FOLLOWS, 'Response: unasked');
    rest = end === 0 ? rest + piece : piece.slice(end);
    const blockEnd = endOfBlocks(lines);
    openLength = blockEnd < 0 ? openLength + lines.length : lines.length - blockEnd;
    return rest.length > MAX_LINE_LENGTH || openLength > MAX_BLOCK_LENGTH ? null : lines;
  };
}

/** Where the last empty line of these lines is; -1: there is none. */
function endOfBlocks(lines: string): number {
  const end = lines.lastIndexOf('\n\r\n');
  if (end >= 0) return end;
  return /^\r?\n/.test(lines) ? 0 : lines.lastIndexOf('\n\n');
}
