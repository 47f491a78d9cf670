// Passkeys: asks the device and puts its answer into the form. A button says what for:
// data-passkey "create" or "get", data-options where the challenge comes from, data-field where the answer goes.
(function () {
  "use strict";
  if (window.passkeysReady) return;
  window.passkeysReady = true;

  function toBytes(text) {
    var plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (letter) { return letter.charCodeAt(0); }).buffer;
  }

  function toText(buffer) {
    var plain = String.fromCharCode.apply(null, new Uint8Array(buffer));
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function withBytes(options) {
    options.challenge = toBytes(options.challenge);
    if (options.user) options.user.id = toBytes(options.user.id);
    (options.excludeCredentials || []).concat(options.allowCredentials || []).forEach(function (one) { one.id = toBytes(one.id); });
    return options;
  }

  function asJson(made) {
    var given = made.response, sent = { clientDataJSON: toText(given.clientDataJSON) };
    ["attestationObject", "authenticatorData", "signature", "userHandle"].forEach(function (part) {
      if (given[part]) sent[part] = toText(given[part]);
    });
    return JSON.stringify({ id: made.id, rawId: toText(made.rawId), type: made.type, response: sent, clientExtensionResults: {} });
  }

  function ask(button) {
    var form = button.form, token = form.querySelector("[name=csrf_token]").value;
    button.setAttribute("aria-disabled", "true");
    fetch(button.dataset.options, { method: "POST", body: new URLSearchParams({ csrf_token: token }), headers: { Accept: "application/json" }, credentials: "same-origin" })
      .then(function (answer) {
        if (answer.status === 401) return answer.json().then(function (said) { location.href = said.confirm; return null; });
        if (!answer.ok) throw new Error(String(answer.status));
        return answer.json();
      })
      .then(function (options) {
        return options && navigator.credentials[button.dataset.passkey]({ publicKey: withBytes(options) });
      })
      .then(function (made) {
        if (!made) return;
        form.querySelector("[name=" + button.dataset.field + "]").value = asJson(made);
        form.submit();
      })
      .catch(function () { tell(button); });
  }

  function tell(button) {
    button.removeAttribute("aria-disabled");
    var line = button.parentNode.nextElementSibling;
    if (!line || !line.classList.contains("passkey-failed")) {
      line = document.createElement("p");
      line.className = "notice is-error passkey-failed";
      line.setAttribute("role", "alert");
      button.parentNode.after(line);
    }
    line.textContent = button.dataset.failed;
  }

  var known = window.PublicKeyCredential && navigator.credentials;
  document.querySelectorAll("[data-passkey-off]").forEach(function (line) {
    if (known) line.hidden = true;
    else line.textContent = line.dataset.unknown;
  });
  if (!known) return;
  document.querySelectorAll("[data-passkey-on]").forEach(function (part) { part.hidden = false; });
  document.querySelectorAll("[data-passkey]").forEach(function (button) {
    button.addEventListener("click", function () {
      if (!button.hasAttribute("aria-disabled")) ask(button);
    });
  });
})();
