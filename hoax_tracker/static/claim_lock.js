// Says that somebody works on the claim as soon as they begin to: the page does the same with its button.
(function () {
  "use strict";
  var EVERY_MS = 120000;
  var body, address, token, last;

  // Also for each claim that is shown in place of another (triage.js).
  function begin() {
    body = document.querySelector(".case");
    address = body && body.dataset.hold;
    token = body && body.querySelector("[name=csrf_token]");
    last = 0;
    if (body) body.addEventListener("input", hold);
  }

  // A note or a label is no work on the claim that others would have to wait for.
  function hold(event) {
    if (event && event.target.closest("[data-free]")) return;
    if (!address || !token) return;
    var now = Date.now();
    if (now - last < EVERY_MS && now >= last) return;
    last = now;
    var sent = new URLSearchParams({ csrf_token: token.value });
    fetch(address, { method: "POST", body: sent, headers: { Accept: "application/json" }, credentials: "same-origin" })
      .then(function (answer) {
        if (answer.status !== 423) return null;
        return answer.json().then(function (said) { tell(said.message); });
      })
      .catch(function () { last = 0; });
  }

  function tell(words) {
    var line = document.createElement("p");
    line.className = "notice is-error";
    line.setAttribute("role", "status");
    line.textContent = words;
    body.insertBefore(line, body.firstChild);
  }

  function inPanel() {
    var panel = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    return panel && panel.classList.contains("panel");
  }
  begin();
  document.addEventListener("claim-shown", begin);
  window.addEventListener("hashchange", function () { if (inPanel()) hold(); });
})();
