// Told once, on the page of an answer, and only where the browser can install.
addEventListener('beforeinstallprompt', (event) => {
  const offer = document.getElementById('pasang');
  if (!offer) return;
  try {
    if (localStorage.getItem('pasang')) return;
    localStorage.setItem('pasang', 'ya');
  } catch { return; }
  event.preventDefault();
  offer.hidden = false;
  const [install, decline] = offer.querySelectorAll('button');
  install.addEventListener('click', () => { offer.hidden = true; event.prompt(); });
  decline.addEventListener('click', () => { offer.hidden = true; });
});
