// Solves the puzzle of the report form while the resident still reads. Whoever is quicker waits at most five seconds;
// without this the form works all the same.
(() => {
  const answer = document.getElementById('jawab');
  if (!answer || !window.Worker) return;
  const form = answer.form, {teka, bit, kerja} = answer.dataset;
  let worker, waiting, button;
  try { worker = new Worker(kerja); } catch { return; }
  const go = () => {
    if (!waiting) return;
    clearTimeout(waiting);
    waiting = null;
    form.requestSubmit ? form.requestSubmit(button) : form.submit();
  };
  const over = () => { worker.terminate(); worker = null; go(); };
  worker.onmessage = ({data}) => { answer.value = data; over(); };
  worker.onerror = over;
  worker.postMessage({puzzle: teka, bits: Number(bit)});
  form.addEventListener('submit', (event) => {
    if (!worker || !event.submitter || event.submitter.value !== 'kirim') return;
    event.preventDefault();
    button = event.submitter;
    waiting = waiting || setTimeout(over, 5000);
  });
})();
