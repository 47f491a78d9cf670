// Solves the puzzle of the report form while the resident still reads; whoever is quicker waits at most five seconds. And
// takes one press for one: the server counts a report once however often it is sent (check/reports/submission.py), this says
// so on the button. Without this the form works all the same.
(() => {
  const answer = document.getElementById('jawab');
  if (!answer) return;
  const form = answer.form, {teka, bit, kerja, kirim} = answer.dataset;
  let worker, waiting, button, words;
  const free = () => {
    if (!words) return;
    button.textContent = words;
    button.removeAttribute('aria-disabled');
    words = null;
  };
  const go = () => {
    if (!waiting) return;
    clearTimeout(waiting);
    waiting = null;
    free();
    if (form.requestSubmit) return form.requestSubmit(button);
    const pressed = document.createElement('input');
    Object.assign(pressed, {type: 'hidden', name: button.name, value: button.value});
    form.append(pressed);
    form.submit();
  };
  const over = () => { worker.terminate(); worker = null; go(); };
  const busy = () => {
    words = button.textContent;
    button.textContent = kirim;
    button.setAttribute('aria-disabled', 'true');
  };
  form.addEventListener('submit', (event) => {
    if (!event.submitter || event.submitter.value !== 'kirim') return;
    if (words) return event.preventDefault();
    button = event.submitter;
    busy();
    if (!worker) return setTimeout(free, 15000);
    event.preventDefault();
    waiting = setTimeout(over, 5000);
  });
  addEventListener('pageshow', (event) => { if (event.persisted) free(); });
  if (!window.Worker) return;
  try { worker = new Worker(window.scriptAddresses.createScriptURL(kerja)); } catch { return; }
  worker.onmessage = ({data}) => { answer.value = data; over(); };
  worker.onerror = over;
  worker.postMessage({puzzle: teka, bits: Number(bit)});
})();
