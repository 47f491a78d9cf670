// The phone of the demo without new pages: sends the forms, and asks for what arrived. Without it the page does both.
(function () {
  "use strict";
  var QUICK_MS = 700, QUIET_MS = 4000, GAP_PX = 8;
  var phone = document.getElementById("ponsel");
  var lines = document.getElementById("percakapan");
  var box = document.getElementById("pesan");
  var timer = null, shown = 0;

  // The end, but never beyond the fact of the newest answer: what stands below it can be scrolled to.
  function toNewest() {
    lines.scrollTop = lines.scrollHeight;
    var fact = document.getElementById("jawaban");
    var above = fact ? lines.getBoundingClientRect().top + GAP_PX - fact.getBoundingClientRect().top : 0;
    if (above > 0) lines.scrollTop -= above;
  }

  // Only what is new moves: a reader who scrolled up or is about to press a button is left alone.
  function show(page) {
    var newer = page && page.getElementById("percakapan");
    if (!newer) return;
    phone.dataset.waits = page.getElementById("ponsel").dataset.waits;
    if (newer.textContent === lines.textContent) return;
    var held = document.activeElement && lines.contains(document.activeElement) && document.activeElement !== lines;
    lines.replaceChildren.apply(lines, Array.prototype.map.call(newer.childNodes, function (node) { return document.importNode(node, true); }));
    if (held) lines.focus();
    toNewest();
  }

  function askAgain() {
    clearTimeout(timer);
    timer = setTimeout(look, phone.dataset.waits ? QUICK_MS : QUIET_MS);
  }

  function look() {
    if (document.hidden) return askAgain();
    var number = shown;
    askForPage(location.pathname).then(function (answer) {
      if (answer.ok && number === shown) show(answer.page);
    }).catch(function () { /* the next look tries again */ }).then(askAgain);
  }

  function send(form, button) {
    var body = new URLSearchParams(new FormData(form));
    if (button && button.name) body.set(button.name, button.value);
    shown += 1;
    askForPage(form.getAttribute("action"), { method: "POST", body: body }).then(function (answer) {
      if (!answer.page) return form.submit();
      show(answer.page);
      askAgain();
    }).catch(function () { form.submit(); });
  }

  phone.addEventListener("submit", function (event) {
    event.preventDefault();
    var form = event.target;
    if (form.classList.contains("type") && !box.value.trim()) return box.focus();
    send(form, event.submitter);
    if (form.classList.contains("type")) { box.value = ""; box.focus(); }
  });
  box.addEventListener("keydown", function (event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    box.form.requestSubmit();
  });
  document.addEventListener("visibilitychange", function () { if (!document.hidden) look(); });
  addEventListener("load", toNewest);
  toNewest();
  askAgain();
})();
