// Keys of the Windows registry as a file to import and as a script: the same keys, the same values. Pure; policies.ts says
// which.

export type RegistryKey = {
  /** Below the local machine's hive. */
  path: string;
  /** A text, a yes or no, or several lines of text. */
  values: Readonly<Record<string, string | boolean | { lines: string[] }>>;
};

export function renderRegistry(keys: readonly RegistryKey[]): string {
  const blocks = keys.map(({ path, values }) =>
    [
      `[HKEY_LOCAL_MACHINE\\${path}]`,
      ...Object.entries(values).map(([name, value]) => `"${escaped(name)}"=${registryValue(value)}`),
    ].join('\r\n'),
  );
  return `${['Windows Registry Editor Version 5.00', ...blocks].join('\r\n\r\n')}\r\n`;
}

function registryValue(value: RegistryKey['values'][string]): string {
  if (typeof value === 'string') return `"${escaped(value)}"`;
  if (typeof value === 'boolean') return `dword:0000000${value ? 1 : 0}`;
  // REG_MULTI_SZ: UTF-16, a nought after each line and one at the end.
  const text = [...value.lines.map((line) => `${line}\0`), '\0'].join('');
  const bytes = Array.from({ length: text.length * 2 }, (_, n) => {
    const code = text.charCodeAt(Math.floor(n / 2));
    return n % 2 === 0 ? code % 256 : Math.floor(code / 256);
  });
  return `hex(7):${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(',')}`;
}

const escaped = (text: string): string => text.replace(/[\\"]/g, (character) => `\\${character}`);

export function renderPowerShell(keys: readonly RegistryKey[]): string {
  const lines = keys.flatMap(({ path, values }) => [
    '',
    `$key = ${quoted(`HKLM:\\${path}`)}`,
    'if (-not (Test-Path -LiteralPath $key)) { New-Item -Path $key -Force | Out-Null }',
    ...Object.entries(values).map(
      ([name, value]) =>
        `New-ItemProperty -LiteralPath $key -Name ${quoted(name)} ${powerShellValue(value)} -Force | Out-Null`,
    ),
  ]);
  return [
    '# Writes the keys of ringcue.reg. Run as administrator, or as system by Intune.',
    ...lines,
    '',
  ].join('\r\n');
}

function powerShellValue(value: RegistryKey['values'][string]): string {
  if (typeof value === 'string') return `-PropertyType String -Value ${quoted(value)}`;
  if (typeof value === 'boolean') return `-PropertyType DWord -Value ${value ? 1 : 0}`;
  return `-PropertyType MultiString -Value @(${value.lines.map(quoted).join(', ')})`;
}

/** Nothing is special between such quotes but themselves. */
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
