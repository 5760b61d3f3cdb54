// What a person sees who opens an invitation, `…/pair#SECRET`: the secret to be copied into the add-on, and what to do. The
// fragment never leaves the browser, the page asks nobody for anything, and its policy allows its one script by its hash
// only [CSP3 script-src]. Called by `pages/answer.ts`, for which nothing in it changes.
import { markup } from './html.ts';
import { renderFrame } from './layout.ts';
import { policyOf } from './policy.ts';

// It runs in the page. The secret is taken out of the address, so that it stays in nobody's history.
const SCRIPT = `
const secret = location.hash.slice(1);
const address = location.href;
history.replaceState(null, '', location.pathname);
const [spoken, other] = navigator.language.startsWith('ru') ? ['ru', 'en'] : ['en', 'ru'];
document.documentElement.lang = spoken;
for (const element of document.querySelectorAll('main [lang=' + other + ']')) element.hidden = true;
const show = (id) => { document.getElementById(id).hidden = false; };
if (/^[A-Za-z0-9_-]{6,128}$/.test(secret)) {
  document.getElementById('secret').textContent = secret;
  document.getElementById('link').textContent = address;
  show('invitation');
  document.getElementById('copy').addEventListener('click', () => {
    navigator.clipboard.writeText(address).then(() => show('copied'), () => show('not-copied'));
  });
  if (!navigator.clipboard) document.getElementById('copy').hidden = true;
} else show('no-invitation');
// Another invitation that is opened where this one stands would load nothing.
addEventListener('hashchange', () => location.reload());
`;

export const PAIR_PAGE_POLICY = policyOf({ script: SCRIPT });

const MAIN = markup`<h1><span lang="en">Your invitation</span> <span lang="ru">Ваше приглашение</span></h1>
  <div id="invitation" hidden>
    <p id="secret"></p>
    <p id="link"></p>
    <p>
      <button id="copy" type="button">
        <span lang="en">Copy the invitation</span> <span lang="ru">Скопировать приглашение</span>
      </button>
    </p>
    <p id="copied" role="status" hidden><span lang="en">Copied.</span> <span lang="ru">Скопировано.</span></p>
    <p id="not-copied" role="status" hidden>
      <span lang="en">Could not be copied: select the address above and copy it yourself.</span>
      <span lang="ru">Скопировать не удалось: выделите адрес выше и скопируйте его сами.</span>
    </p>
    <div lang="en">
      <ol>
        <li>Open the settings of the Ringcue add-on: right-click its icon, then Options.</li>
        <li>Open “I have an invitation”, paste it there, and press “Use the invitation”.</li>
      </ol>
      <p>
        The whole address above holds everything. If you type the code alone, enter the relay’s address, too:
        it is what stands before <code>/pair</code>. An invitation works once, for one browser.
      </p>
    </div>
    <div lang="ru">
      <ol>
        <li>Откройте настройки дополнения Ringcue: правая кнопка на его значке, затем «Параметры».</li>
        <li>Нажмите «У меня есть приглашение», вставьте его туда и нажмите «Принять приглашение».</li>
      </ol>
      <p>
        Адреса выше достаточно. Если вы набираете только код, введите и адрес сервера: это то, что стоит перед
        <code>/pair</code>. Приглашение действует один раз и для одного браузера.
      </p>
    </div>
  </div>
  <div id="no-invitation" role="alert" hidden>
    <p lang="en">
      There is no invitation in this address. Open the link that your IT department gave you once more, whole.
    </p>
    <p lang="ru">
      В этом адресе нет приглашения. Откройте ссылку от системных администраторов ещё раз, целиком.
    </p>
  </div>
  <noscript>
    <p>
      Your invitation is what stands after the # in this page’s address.
      <span lang="ru">Ваше приглашение — это то, что стоит после # в адресе этой страницы.</span>
    </p>
  </noscript>`;

export const PAIR_PAGE = renderFrame({
  language: 'en', // until the script has asked the browser
  title: 'Ringcue: invitation · приглашение',
  main: MAIN,
  otherLanguage: null,
  script: SCRIPT,
});
