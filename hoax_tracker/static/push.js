// Subscribes this browser (check/subscriptions/push.py), where it can be told at all; without scripts there is mail.
'use strict';
(async () => {
  const box = document.getElementById('ponsel');
  if (!box || !('serviceWorker' in navigator) || !('PushManager' in window) || !('Notification' in window)) return;
  const yes = box.querySelector('[data-ya]'), no = box.querySelector('[data-tidak]'), said = box.querySelector('[role=status]');
  const worker = await navigator.serviceWorker.ready;
  const show = async () => {
    const own = await worker.pushManager.getSubscription();
    yes.textContent = own ? yes.dataset.ganti : yes.dataset.ya;
    no.hidden = !own;
    box.hidden = false;
  };
  const post = async (path, fields) => {
    const answer = await fetch(path, {method: 'POST', body: new URLSearchParams(fields)});
    if (!answer.ok) throw new Error(answer.status === 429 ? said.dataset.banyak : said.dataset.gagal);
  };
  const attempt = (act, done) => async () => {
    yes.disabled = no.disabled = true;
    try {
      await act();
      said.textContent = done;
    } catch (error) {
      said.textContent = error instanceof DOMException ? said.dataset.izin : error.message;
    }
    yes.disabled = no.disabled = false;
    await show();
  };
  yes.addEventListener('click', attempt(async () => {
    const own = await worker.pushManager.subscribe({userVisibleOnly: true, applicationServerKey: box.dataset.kunci});
    const {endpoint, keys} = own.toJSON(), tentang = document.getElementById('tentang-ponsel').value;
    try {
      await post(box.dataset.simpan, {endpoint, p256dh: keys.p256dh, auth: keys.auth, tentang});
    } catch (error) {
      await own.unsubscribe();
      throw error;
    }
  }, said.dataset.jadi));
  no.addEventListener('click', attempt(async () => {
    const own = await worker.pushManager.getSubscription();
    if (!own) return;
    await own.unsubscribe();
    await post(box.dataset.hapus, {endpoint: own.endpoint});
  }, said.dataset.berhenti));
  await show();
})();
