// Keeps pages for when there is no network (sw.js). Everything works without scripts.
if ('serviceWorker' in navigator) {
  addEventListener('load', () => navigator.serviceWorker.register('/sw.js').catch(() => { /* not on this browser */ }));
}
