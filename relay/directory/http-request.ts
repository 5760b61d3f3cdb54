// One request to a web server, whose answer is bounded and whose redirects are not followed: a secret would go with it. Shell;
// used by the HTTP and CardDAV sources.
import { SourceFault } from './fault.ts';

type Request = { method: string; headers: (readonly [string, string])[]; body?: string };

/** The answer's text, at most so many bytes of it; '' where there is none. */
export async function request(
  url: string,
  { headers, ...rest }: Request,
  signal: AbortSignal,
  mostBytes: number,
): Promise<string> {
  const response = await fetch(url, {
    ...rest,
    headers: headers.map(([name, value]) => [name, value] as [string, string]),
    redirect: 'manual',
    signal,
  });
  try {
    const fault = faultOfStatus(response.status);
    if (fault) throw fault;
    return await bounded(response, mostBytes);
  } finally {
    await response.body?.cancel().catch(() => undefined); // of what was not read
  }
}

async function bounded(response: Response, mostBytes: number): Promise<string> {
  if (!response.body) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > mostBytes)
      throw new SourceFault('directory.too-large', `the answer has more than ${mostBytes / 1024} KiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** [RFC 9110 15] null: well. Its text is not told, as a client may stand in it. */
function faultOfStatus(status: number): SourceFault | null {
  if (status >= 200 && status < 300) return null;
  if (status === 401 || status === 403)
    return new SourceFault('directory.refused', `HTTP ${status}: the secret or its rights are wrong`);
  if (status >= 300 && status < 400)
    return new SourceFault(
      'directory.bad-query',
      `HTTP ${status}: the address leads to another; give that one`,
    );
  if (status === 429) return new SourceFault('directory.busy', 'HTTP 429: it is asked too often');
  if (status >= 500) return new SourceFault('directory.unreachable', `HTTP ${status}`);
  return new SourceFault('directory.bad-query', `HTTP ${status}: the address, method or body is wrong`);
}
