// What a person sees who opens the relay's address in a browser: what this is, whether it works, what to enter where.
// Pure; nothing in it comes from a stranger.
export type PageFacts = { missing: readonly string[]; isOpen: boolean; clients: number | null };

export function renderPage({ missing, isOpen, clients }: PageFacts): string {
  const state =
    missing.length === 0 ? '✔ Connected to Asterisk.' : `✖ Not ready: ${escapeHtml(missing.join(' · '))}`;
  const open = isOpen
    ? `<p role="alert"><strong>Trial mode (auth: open).</strong> Everybody who can reach this address can watch the calls
of every extension. <span lang="ru">Пробный режим: каждый, кому доступен этот адрес, видит звонки любого телефона.</span></p>`
    : '';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Ringcue relay</title>
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:38rem;margin:3rem auto;padding:0 1rem}
[role=alert]{border-left:4px solid #c60;padding:.5rem 1rem}</style></head>
<body><main><h1>Ringcue relay</h1>
<p>${state}</p>
<p>${clients === null ? 'No list of clients is configured.' : `Clients in the list: ${clients}.`}</p>
${open}
<p>Enter this page's address in the Ringcue add-on. <span lang="ru">Введите адрес этой страницы в дополнении Ringcue.</span></p>
<p>For IT: <a href="readyz">readyz</a>, <a href="healthz">healthz</a>, <a href="metrics">metrics</a>.</p>
</main></body></html>
`;
}

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
