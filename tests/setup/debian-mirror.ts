// Finds the Debian mirrors that this host itself uses, in the text of its apt sources (both forms). Pure.
// Called by setup/asterisk.ts, so that no mirror's name stands in the project and a company's own mirror is honoured.
// [sources.list(5): one-line style and deb822 style]

const DEBIAN_SUITE =
  /^(?:buster|bullseye|bookworm|trixie|forky|duke|sid|stable|oldstable|testing|unstable)(?:-updates)?$/;

/**
 * @param texts the contents of the host's sources files, `.sources` and `.list` alike
 * @returns addresses of archives that carry a whole Debian suite, in the order of the files, without repetition;
 *   security archives and third parties' repositories are left out
 */
export function debianMirrors(texts: readonly string[]): string[] {
  const found = texts.flatMap((text) => [...oneLineEntries(text), ...stanzaEntries(text)]);
  const fitting = found.filter(
    (entry) => entry.suites.some((suite) => DEBIAN_SUITE.test(suite)) && entry.components.includes('main'),
  );
  return [
    ...new Set(fitting.flatMap((entry) => entry.addresses.map((address) => address.replace(/\/+$/, '')))),
  ];
}

interface Entry {
  readonly addresses: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
}

/** `deb [options] ADDRESS SUITE COMPONENT…` */
function oneLineEntries(text: string): Entry[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+([^#]*)/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) return [];
    return [{ addresses: [match[1]], suites: [match[2]], components: words(match[3] ?? '') }];
  });
}

/** Stanzas of `Field: value`, apart by empty lines; a line that begins with a blank goes on with the field above. */
function stanzaEntries(text: string): Entry[] {
  return text.split(/\n[ \t]*\n/).flatMap((stanza) => {
    const fields = new Map<string, string>();
    let name = '';
    for (const line of stanza.split('\n').filter((line) => !line.startsWith('#'))) {
      const match = /^([A-Za-z-]+):(.*)$/.exec(line);
      if (match?.[1] !== undefined) fields.set((name = match[1].toLowerCase()), match[2] ?? '');
      else if (/^\s/.test(line) && name) fields.set(name, `${fields.get(name) ?? ''} ${line}`);
    }
    const list = (field: string) => words(fields.get(field) ?? '');
    if (!list('types').includes('deb') || fields.get('enabled')?.trim().toLowerCase() === 'no') return [];
    return [{ addresses: list('uris'), suites: list('suites'), components: list('components') }];
  });
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
