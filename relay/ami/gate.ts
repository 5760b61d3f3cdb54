// What stands between the AMI socket and asterisk-manager's reader, which one stranger's caller id could otherwise stop:
// after a block that begins `Response: … follow` it swallows everything, and a line without an end costs it quadratic
// time. Pure; used by `ami/connection.ts`.

/** Far above Asterisk's longest header, far below what would hurt. */
const MAX_LINE_LENGTH = 64 * 1024;

/** Only `Action: Command` is answered so, which we never ask. By line ends as the reader sees them: \n alone. */
const FOLLOWS = /^response:[^\n]*follow[^\n]*/gim;

/** Text in pieces → whole lines, harmless to the reader; null: a line is beyond all bounds. One for each connection. */
export function createGate(): (piece: string) => string | null {
  let rest = '';
  return (piece) => {
    const end = piece.lastIndexOf('\n') + 1;
    const lines = end === 0 ? '' : (rest + piece.slice(0, end)).replace(FOLLOWS, 'Response: unasked');
    rest = end === 0 ? rest + piece : piece.slice(end);
    return rest.length > MAX_LINE_LENGTH ? null : lines;
  };
}
