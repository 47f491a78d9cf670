// Shortcuts of the desk, an addition: everything works without them. They can be switched off (WCAG 2.1.4).
(function () {
  "use strict";
  var root = document.documentElement;
  var hint = document.querySelector("[data-keys]");
  var toggle = document.querySelector("[data-keys-off]");
  if (!hint || !toggle) return;
  var words = [toggle.textContent, toggle.dataset.on];

  function kept() {
    try { return localStorage.getItem("pintasan") !== "mati"; } catch (error) { return true; }
  }
  function keep(on) {
    try { localStorage.setItem("pintasan", on ? "nyala" : "mati"); } catch (error) { /* this page only */ }
  }
  var on = kept();
  function show() {
    hint.hidden = false;
    root.classList.toggle("keys-on", on);
    toggle.textContent = on ? words[0] : words[1];
  }
  show();
  toggle.addEventListener("click", function () { on = !on; keep(on); show(); });

  function step(by) {
    var rows = Array.prototype.slice.call(document.querySelectorAll(".queue li a"));
    if (!rows.length) return;
    var at = rows.indexOf(document.activeElement);
    if (at < 0) at = rows.findIndex(function (row) { return row.hasAttribute("aria-current"); });
    var next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", function (event) {
    if (!on || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.repeat && !/^[jk]$/i.test(event.key)) return; // a key held down decides once
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    var key = event.key.toUpperCase();
    if (key === "J") return step(1);
    if (key === "K") return step(-1);
    if (document.querySelector("dialog[open]")) return;
    var target = document.querySelector('[data-key="' + (/^[A-Z1-9?]$/.test(key) ? key : "-") + '"]');
    if (!target || !(target.closest(".rest") || target).getClientRects().length) return; // those behind "Lainnya" have their keys too
    event.preventDefault();
    if ((target.getAttribute("href") || "").charAt(0) === "#") { fold(); location.hash = target.hash; enter(); } // the next key is typed already
    else target.click();
  });

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
    var field = panel && panel.classList.contains("panel") && panel.querySelector("select, textarea, input:not([type=hidden])");
    if (field && !panel.contains(document.activeElement)) field.focus();
  }
  window.addEventListener("hashchange", enter);
  enter();
})();
