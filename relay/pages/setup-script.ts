// What runs in the locked page of /setup: the secret stands behind the # of the link, which no browser sends anywhere; this
// puts it into the form and takes it out of the address. Only a press of the button uses it up, so no preview of the link
// does. Without it the code is entered by hand. A newer link that is opened where the page stands already loads nothing, as
// only what is behind its # is new.
export const SETUP_SCRIPT = `
const take = () => {
  const secret = location.hash.slice(1);
  if (secret === '') return;
  history.replaceState(null, '', location.pathname + location.search);
  document.getElementById('secret').value = secret;
  document.getElementById('open').focus();
};
take();
addEventListener('hashchange', take);
`;
