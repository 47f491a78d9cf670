// Subscribes this browser (check/subscriptions/service.py; an officer's: accounts/own_account.py), where it can be told at
// all; without scripts there is mail. An officer's browsers stand in a list with their own buttons: the page is loaded anew.
'use strict';
(async () => {
  const box = document.getElementById('ponsel');
  if (!box || !('serviceWorker' in navigator) || !('PushManager' in window) || !('Notification' in window)) return;
  const yes = box.querySelector('[data-ya]'), no = box.querySelector('[data-tidak]'), said = box.querySelector('[role=status]');
  // site.js registers it.
  const worker = await navigator.serviceWorker.ready;
  const show = async () => {
    const own = await worker.pushManager.getSubscription();
    yes.textContent = own && yes.dataset.ganti || yes.dataset.ya;
    if (no) no.hidden = !own;
    box.hidden = false;
  };
  const post = async (path, fields) => {
    const token = box.dataset.token ? {csrf_token: box.dataset.token} : {};
    const answer = await askForPage(path, {method: 'POST', body: new URLSearchParams({...fields, ...token})});
    // Who is signed out is led to the page for signing in, which is there (200).
    if (answer.ok && !answer.redirected) return;
    const refused = answer.status === 422 && answer.page?.getElementById('soal');
    throw new Error(refused ? refused.textContent : answer.status === 429 && said.dataset.banyak || said.dataset.gagal);
  };
  const attempt = (act, done) => async () => {
    for (const button of [yes, no]) if (button) button.disabled = true;
    try {
      await act();
      said.textContent = done;
    } catch (error) {
      said.textContent = error instanceof DOMException ? said.dataset.izin : error.message;
    }
    for (const button of [yes, no]) if (button) button.disabled = false;
    await show();
  };
  yes.addEventListener('click', attempt(async () => {
    const had = await worker.pushManager.getSubscription();
    const own = await worker.pushManager.subscribe({userVisibleOnly: true, applicationServerKey: box.dataset.kunci});
    const {endpoint, keys} = own.toJSON(), choice = document.getElementById('tentang-ponsel');
    const tentang = choice ? choice.value : '';
    try {
      await post(box.dataset.simpan, {endpoint, p256dh: keys.p256dh, auth: keys.auth, tentang});
    } catch (error) {
      if (!had) await own.unsubscribe();
      throw error;
    }
    if ('lagi' in box.dataset) location.reload();
  }, said.dataset.jadi));
  if (no) no.addEventListener('click', attempt(async () => {
    const own = await worker.pushManager.getSubscription();
    if (!own) return;
    await own.unsubscribe();
    await post(box.dataset.hapus, {endpoint: own.endpoint});
  }, said.dataset.berhenti));
  await show();
})();
