// The addresses that may become a script (Trusted Types, core/web/security_headers.py): our own two, whatever a page says.
// A browser without Trusted Types asks the same.
const SCRIPTS = /^(\/sw\.js|\/static\/proof_of_work\.js(\?[\w.=-]*)?)$/;
const ownScript = (address) => {
  if (SCRIPTS.test(address)) return address;
  throw new TypeError(`no script of ours: ${address}`);
};
const rules = {createScriptURL: ownScript};
window.scriptAddresses = window.trustedTypes ? window.trustedTypes.createPolicy('kabas', rules) : rules;
// Keeps pages for when there is no network (sw.js). Everything works without scripts.
if ('serviceWorker' in navigator) {
  addEventListener('load', () => navigator.serviceWorker.register(window.scriptAddresses.createScriptURL('/sw.js')).catch(() => { /* not on this browser */ }));
}
