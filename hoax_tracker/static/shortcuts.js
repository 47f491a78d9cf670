// Shortcuts of the desk, an addition: everything works without them. Off until an officer switches them on (WCAG 2.1.4):
// then the page holds the line about them.
(function () {
  "use strict";
  var hint = document.querySelector("[data-keys]");
  if (hint) {
    hint.hidden = false;
    document.documentElement.classList.add("keys-on");
    document.addEventListener("keydown", press);
  }

  function step(by) {
    var rows = Array.prototype.slice.call(document.querySelectorAll(".queue li a"));
    if (!rows.length) return;
    var at = rows.indexOf(document.activeElement);
    if (at < 0) at = rows.findIndex(function (row) { return row.hasAttribute("aria-current"); });
    var next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }

  // A decision that needs care waits for the same key once more; any other key, and the next claim, forget it.
  var waiting = null;
  function asks(target, key) {
    var form = target.closest("form[data-decide]"), claim = target.closest("article.case");
    if (!form || !claim || !claim.dataset.ask) return false;
    if (waiting && waiting.key === key && waiting.claim === claim) { forget(); return false; }
    forget();
    var line = document.createElement("p");
    line.className = "notice toast is-asking";
    line.setAttribute("role", "alert");
    waiting = { key: key, claim: claim, line: line };
    claim.querySelector(".bottom").prepend(line);
    line.textContent = claim.dataset.ask + " " + hint.dataset.again.replace("{0}", key);
    return true;
  }
  function forget() {
    if (waiting) waiting.line.remove();
    waiting = null;
  }
  document.addEventListener("claim-shown", forget);

  function press(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (waiting && !/^(Shift|CapsLock)$/.test(event.key) && event.key.toUpperCase() !== waiting.key) forget();
    if (event.repeat && !/^[jk]$/i.test(event.key)) return; // a key held down decides once
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    var key = event.key.toUpperCase();
    if (key === "J") return step(1);
    if (key === "K") return step(-1);
    if (document.querySelector("dialog[open]")) return;
    var target = document.querySelector('[data-key="' + (/^[A-Z1-9?]$/.test(key) ? key : "-") + '"]');
    if (!target || !(target.closest("details") || target).getClientRects().length) return; // what is folded has its keys too
    event.preventDefault();
    if (asks(target, key)) return;
    if (target.matches(".fold > summary")) { unfold(target); target.parentNode.querySelector("input:not([type=hidden]), textarea").focus(); }
    else if ((target.getAttribute("href") || "").charAt(0) === "#") { fold(); location.hash = target.hash; enter(); } // the next key is typed already
    else target.click();
  }

  // What a key or an address leads to may lie in a part that is folded.
  function unfold(element) {
    for (var part = element && element.closest("details.fold"); part; part = part.parentNode.closest("details.fold")) part.open = true;
  }

  var help = document.querySelector("dialog.help");
  document.addEventListener("click", function (event) {
    if (help && help.showModal && event.target.closest("[data-help]")) help.showModal();
  });

  // What is behind "Lainnya" lies over the claim: it goes with the next click or Esc.
  function fold(but) {
    document.querySelectorAll(".rest[open]").forEach(function (one) { if (one !== but) one.open = false; });
  }
  document.addEventListener("click", function (event) { fold(event.target.closest("summary") && event.target.closest(".rest")); });
  document.addEventListener("keydown", function (event) {
    var open = event.key === "Escape" && document.querySelector(".rest[open]");
    if (!open) return;
    if (open.contains(document.activeElement)) open.querySelector("summary").focus();
    fold();
  });

  // A panel that opens puts the cursor in its first field. A busy browser may say that it opened when somebody types there already.
  function enter() {
    var panel = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    unfold(panel && (panel.querySelector("details.fold") || panel));
    var field = panel && panel.classList.contains("panel") && panel.querySelector("select, textarea, input:not([type=hidden])");
    if (field && !panel.contains(document.activeElement)) field.focus();
  }
  window.addEventListener("hashchange", enter);
  enter();
})();
