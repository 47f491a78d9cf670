// Keeps the last clarifications for when there is no network. The network always comes first: a page that was corrected
// or withdrawn is shown as it is now, and what is shown from here says since when it was kept. Nothing that anybody
// typed or shared is kept, and no page of officers.
const KEPT = 'kabas-1', MOST = 30, WAIT_MS = 8000;
const FILES = {{ files|tojson }};
const OFFLINE = {{ offline|tojson }};
// Not from the browser's own cache: a page may have been withdrawn within the minute.
const ASK = {cache: 'no-cache', redirect: 'manual'};
// Pages that nobody reads now: the server does not count them as read.
const ASK_AHEAD = {...ASK, headers: {Purpose: 'prefetch'}};
const PUBLIC = /^\/(klarifikasi\/[a-z0-9-]*|tentang|luring)?$/;

self.addEventListener('install', (event) => event.waitUntil((async () => {
  const store = await caches.open(KEPT);
  await store.addAll(FILES);
  await keepNewest(store);
  await self.skipWaiting();
})()));

self.addEventListener('activate', (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name !== KEPT) await caches.delete(name);
  const store = await caches.open(KEPT);
  for (const one of await store.keys()) {
    const url = new URL(one.url);
    if (url.pathname.startsWith('/static/') && !FILES.includes(url.pathname + url.search)) await store.delete(one);
  }
  await self.clients.claim();
})()));

// The page that lists the newest, and those that it names.
async function keepNewest(store) {
  const list = await fetch(OFFLINE, ASK);
  if (!list.ok) return;
  await store.put(OFFLINE, list.clone());
  const found = (await list.text()).matchAll(/data-keep="([^"]+)"/g);
  for (const [, path] of found) {
    const page = await fetch(path, ASK_AHEAD);
    if (page.ok) await store.put(path, page);
  }
}

async function forgetOld(store) {
  const pages = (await store.keys()).filter((one) => new URL(one.url).pathname.startsWith('/klarifikasi/'));
  for (const one of pages.slice(0, Math.max(0, pages.length - MOST))) await store.delete(one);
}

async function fromNetwork(request, url) {
  const store = await caches.open(KEPT), kept = await store.match(url.pathname);
  try {
    const asked = fetch(request.url, ASK);
    const answer = await (kept ? soon(asked) : asked);
    if (answer.ok && answer.type === 'basic') {
      await store.delete(url.pathname);  // so that the newest stand last
      await store.put(url.pathname, answer.clone());
      await forgetOld(store);
    } else if ([404, 410].includes(answer.status)) await store.delete(url.pathname);
    return answer;
  } catch {
    return kept ? dated(kept) : offline(store);
  }
}

// A network that does not answer is none, where there is something to show.
function soon(answer) {
  return Promise.race([answer, new Promise((_, give) => setTimeout(() => give(new Error('slow')), WAIT_MS))]);
}

async function offline(store) {
  const page = await store.match(OFFLINE);
  return page ? dated(page) : Response.error();
}

// The page as it was kept, saying so above everything.
async function dated(page) {
  const text = await page.text(), english = text.includes('<html lang="en"');
  const at = new Date(page.headers.get('date') || Date.now());
  const clock = {dateStyle: 'long', timeStyle: 'short', timeZone: 'Asia/Makassar'};
  const when = at.toLocaleString(english ? 'en-GB' : 'id-ID', clock);
  const said = english
    ? `No network. This page was kept on ${when} (WITA); it may have been corrected or withdrawn since.`
    : `Tidak ada jaringan. Halaman ini disimpan pada ${when} WITA; mungkin sudah dikoreksi atau ditarik sesudahnya.`;
  const body = text.replace(/<header class="top">/, `<p class="demo" role="status">${said}</p>$&`);
  return new Response(body, {headers: page.headers});
}

self.addEventListener('fetch', (event) => {
  const request = event.request, url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith('/static/')) {
    event.respondWith(caches.match(request).then((kept) => kept || fetch(request)));
  } else if (request.mode === 'navigate') {
    if (PUBLIC.test(url.pathname) && !url.search) event.respondWith(fromNetwork(request, url));
    else event.respondWith(fetch(request).catch(async () => offline(await caches.open(KEPT))));
  }
});

// What the city published, or that something rises at the desk: one notice of each, in place of the one before.
self.addEventListener('push', (event) => {
  const {title, body, url, tag = 'kabas'} = event.data.json();
  event.waitUntil(self.registration.showNotification(title, {body, tag, icon: {{ icon|tojson }}, data: {url}}));
});
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(event.notification.data.url));
});
