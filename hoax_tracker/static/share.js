// Sharing where scripts run: the phone's own sheet, with the card where it takes files, and copying. Without scripts the link to
// WhatsApp, the addresses and the text to paste are there.
(() => {
  const share = document.querySelector('[data-share]'), WAIT_MS = 2500;

  const card = async (path) => {
    const answer = await fetch(path);
    if (!answer.ok) throw new Error('no card');
    return new File([await answer.blob()], 'kabas.jpg', {type: 'image/jpeg'});
  };
  const words = (id) => document.getElementById(id).value;
  const late = () => new Promise((_, give) => setTimeout(() => give(new Error('late')), WAIT_MS));

  if (share && navigator.share) {
    share.hidden = false;
    let asked;
    // From the first touch on, so that the sheet opens while the tap still counts as one.
    const ask = () => { asked ??= share.dataset.card ? card(share.dataset.card).catch(() => null) : Promise.resolve(null); };
    share.addEventListener('pointerdown', ask);
    share.addEventListener('click', async () => {
      ask();
      const text = words(share.dataset.share), file = await Promise.race([asked, late()]).catch(() => null);
      const whole = file && {files: [file], text};
      try {
        await navigator.share(whole && navigator.canShare?.(whole) ? whole : {text});
      } catch { /* closed again: nothing was lost */ }
    });
  }

  // Only for who opens it: without scripts a browser would load the picture for everybody, however lazy.
  const shown = document.querySelector('[data-picture]');
  shown?.addEventListener('toggle', () => {
    const picture = new Image(1200, 630);
    picture.alt = shown.dataset.alt;
    picture.src = shown.dataset.picture;
    shown.querySelector('summary').after(picture);
  }, {once: true});

  if (navigator.clipboard) for (const button of document.querySelectorAll('[data-copy],[data-copy-from]')) {
    button.hidden = false;
    const said = button.parentElement.querySelector('[role=status]');
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy ?? words(button.dataset.copyFrom));
        said.textContent = said.dataset.done;
      } catch { document.getElementById(button.dataset.copyFrom ?? 'teks-bagi').select(); }
    });
  }
})();
