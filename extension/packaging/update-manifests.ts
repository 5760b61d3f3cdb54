// Where browsers learn of a newer version of a company's own add-on: Chromium's updates.xml [developer.chrome.com: Self-host
// for Linux] and Firefox's updates.json [extensionworkshop.com: Updating your extension]. Pure; package.ts writes them.

/** A word of XML; nothing but an address of ours and a version comes here, but an address may hold an ampersand. */
export const escapeXml = (text: string): string =>
  text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);

export const chromiumUpdates = (id: string, version: string, crxUrl: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>
<gupdate xmlns="http://www.google.com/update2/response" protocol="2.0">
  <app appid="${id}">
    <updatecheck codebase="${escapeXml(crxUrl)}" version="${version}"/>
  </app>
</gupdate>
`;

export const firefoxUpdates = (id: string, version: string, xpiUrl: string): string =>
  `${JSON.stringify({ addons: { [id]: { updates: [{ version, update_link: xpiUrl }] } } }, null, 2)}\n`;
