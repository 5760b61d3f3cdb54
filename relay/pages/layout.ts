// What all pages of the relay share: their style and their frame. Pure; no page has a style of its own, so one hash in the
// policy (`pages/policy.ts`) allows it.
import type { Language } from '../../shared/protocol.ts';
import { Html, markup } from './html.ts';

/** Light and dark by the visitor's system; no file is fetched, and nothing is wider than a telephone. */
export const STYLE = `:root{color-scheme:light dark;--text:#1b1f24;--faint:#555d66;--back:#fff;--box:#f1f3f5;--line:#c9ced4;
--accent:#0b57b7;--on-accent:#fff;--good:#146c2e;--bad:#b3261e;--warn:#8a4b00}
@media (prefers-color-scheme:dark){:root{--text:#e6e8ea;--faint:#a8b0b8;--back:#16191d;--box:#22272d;--line:#454c54;
--accent:#8ab8ff;--on-accent:#0b1a2e;--good:#7fd88f;--bad:#ff9d94;--warn:#ffc26b}}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,sans-serif;color:var(--text);background:var(--back);max-width:42rem;margin:0 auto;padding:2rem 1rem}
h1{margin:0 0 .25rem;line-height:1.2}h2{margin:2rem 0 .5rem;line-height:1.3;font-size:1.25rem}
a{color:var(--accent)}p,ol,ul{margin:.5rem 0}li{margin:.5rem 0}ol{padding-left:1.5rem}
ul.plain{list-style:none;padding:0}
nav{float:right;margin-left:1rem}footer{margin-top:2.5rem;border-top:1px solid var(--line);color:var(--faint)}
.faint{color:var(--faint)}.lead{font-size:1.125rem}
.button,button{display:inline-block;font:inherit;font-weight:600;color:var(--on-accent);background:var(--accent);border:0;
border-radius:.375rem;padding:.6rem 1.1rem;text-decoration:none;cursor:pointer}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
input{font:inherit;font-family:ui-monospace,monospace;width:100%;padding:.5rem;color:var(--text);background:var(--back);
border:1px solid var(--faint);border-radius:.375rem}
code,pre,.copied{font-family:ui-monospace,monospace;font-size:.95em}code{overflow-wrap:anywhere}.dialled{white-space:nowrap}
.copied,pre{user-select:all;background:var(--box);border:1px solid var(--line);border-radius:.375rem;padding:.5rem .75rem}
.copied{display:block;width:fit-content;margin:.25rem 0;overflow-wrap:anywhere}pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:.25rem 0 .75rem}
.box{border-left:4px solid var(--line);background:var(--box);padding:.5rem 1rem;margin:1rem 0;overflow-wrap:anywhere}
.box.good{border-color:var(--good)}.box.bad{border-color:var(--bad)}.box.warn{border-color:var(--warn)}
.mark{font-weight:600}.mark.well{color:var(--good)}.mark.wrong{color:var(--bad)}.mark.doubtful{color:var(--warn)}
.mark.unknown{color:var(--faint)}
.finding{border-top:1px solid var(--line);padding-top:.5rem;overflow-wrap:anywhere}
#secret,#link{font-family:ui-monospace,monospace;overflow-wrap:anywhere;user-select:all}
p#secret{font-size:1.5rem;font-weight:600}[hidden]{display:none}`;

export type Frame = {
  language: Language;
  title: string;
  /** What stands in `main`, and in `footer`. */
  main: Html;
  footer?: Html | null;
  /** The address of the same page in the other language; null: it has both. */
  otherLanguage: string | null;
  /** The page's one script, which its policy must allow. */
  script?: string;
};

const OTHER = { en: { code: 'ru', name: 'По-русски' }, ru: { code: 'en', name: 'In English' } } as const;
const LANGUAGE_CHOICE = { en: 'Language', ru: 'Язык' } as const;

export function renderFrame({ language, title, main, footer, otherLanguage, script }: Frame): string {
  const other = OTHER[language];
  const choice =
    otherLanguage === null
      ? null
      : markup`<nav aria-label="${LANGUAGE_CHOICE[language]}">
          <a href="${otherLanguage}" lang="${other.code}" hreflang="${other.code}">${other.name}</a>
        </nav> `;
  const code = script === undefined ? null : markup`<script>${new Html(script)}</script>`;
  // Nothing may stand beside style and script, as their hashes would not fit.
  return markup`<!doctype html>
<html lang="${language}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="robots" content="noindex">
    <title>${title}</title>
    <style>${new Html(STYLE)}</style>
  </head>
  <body>
    ${choice}
    <main>
      ${main}
    </main>
    ${footer ? markup`<footer>${footer}</footer>` : null}
    ${code}
  </body>
</html>
`.text;
}
