// A picture can be pasted into the box, and a large one is made small before it is sent: a photograph of a screen costs megabytes,
// its text a hundredth of that. What is chosen in the box goes to its answer at once.
(() => {
  const input = document.getElementById('gambar');
  if (!input) return;
  input.required = false;
  const button = input.labels[0], word = button.textContent, goes = input.form.classList.contains('ask');
  const SMALL = 400e3, SIDE = 2000;

  const smaller = async (file) => {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, SIDE / picture.width, 4 * SIDE / picture.height);
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    const paper = canvas.getContext('2d');
    paper.fillStyle = '#fff';
    paper.fillRect(0, 0, canvas.width, canvas.height);
    paper.drawImage(picture, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, 'image/jpeg', 0.8));
  };

  const put = (file) => {
    const held = new DataTransfer();
    held.items.add(file);
    input.files = held.files;
  };

  input.addEventListener('change', async () => {
    const file = input.files[0];
    input.classList.toggle('chosen', !!file);
    if (!file) return;
    if (goes) button.textContent = button.dataset.sent;
    try {
      const made = file.size < SMALL ? null : await smaller(file);
      if (input.files[0] !== file) return;
      if (made && made.size < file.size) put(new File([made], file.name, {type: made.type}));
    } catch { /* no picture, or an old browser: the server says so, or takes it as it is */ }
    if (goes) input.form.submit();
  });
  addEventListener('pageshow', (event) => {
    if (!event.persisted || !goes) return;
    input.value = '';
    input.classList.remove('chosen');
    button.textContent = word;
  });

  document.getElementById('pesan')?.addEventListener('paste', (event) => {
    const file = [...event.clipboardData.files].find((one) => one.type.startsWith('image/'));
    if (!file) return;
    event.preventDefault();
    put(file);
    input.dispatchEvent(new Event('change'));
    input.focus();
  });
})();
