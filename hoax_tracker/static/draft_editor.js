// Keeps a long text while it is typed, and shows Markdown as readers will see it. Saving works without this.
(function () {
  "use strict";
  var form = document.querySelector("form[data-keep]");
  var line = document.getElementById("tersimpan");
  if (!form || !line) return;
  var AFTER_MS = 3000;
  var timer = null;
  var leaving = false;

  function say(words) { line.hidden = false; line.textContent = words; }
  function post(address, body, type) {
    return fetch(address, { method: "POST", body: body, credentials: "same-origin", headers: { Accept: type } });
  }

  // After a sign-in in another tab the token of this page may be old: the page itself has the new one.
  function renew() {
    return askForPage(location.pathname).then(function (answer) {
      var whole = answer.ok && !answer.redirected && answer.page;
      var fresh = whole && whole.querySelector("form[data-keep] [name=csrf_token]");
      if (fresh) form.querySelector("[name=csrf_token]").value = fresh.value;
      return Boolean(fresh);
    });
  }

  function keep(again) {
    timer = null;
    if (leaving) return;
    post(form.dataset.keep, new URLSearchParams(new FormData(form)), "text/html").then(function (answer) {
      if (answer.status === 204) {
        say(line.dataset.saved + " " + new Date().toTimeString().slice(0, 5).replace(":", "."));
      } else if (again && (answer.status === 400 || answer.status === 401)) {
        return renew().then(function (known) { if (known) { keep(false); } else { say(line.dataset.out); } });
      } else {
        say(answer.status === 401 ? line.dataset.out : line.dataset.away);
      }
      return null;
    }).catch(function () { say(line.dataset.away); });
  }
  form.addEventListener("input", function () {
    if (timer === null) timer = setTimeout(keep, AFTER_MS, true);
  });
  form.addEventListener("submit", function () { leaving = true; });

  // One empty box for a reference stands at the end: once something is typed into it, the next one appears.
  var sources = document.getElementById("sources");
  function renumber(box, number) {
    box.setAttribute("aria-label", box.getAttribute("aria-label").replace(/\d+/, number));
    box.querySelectorAll("[id],[name],[for]").forEach(function (part) {
      ["id", "name", "for"].forEach(function (name) {
        var value = part.getAttribute(name);
        if (value) part.setAttribute(name, value.replace(/^sources-\d+/, "sources-" + (number - 1)));
      });
    });
    box.querySelector("label").textContent = box.querySelector("label").textContent.replace(/\d+/, number);
  }
  sources.addEventListener("input", function () {
    var boxes = sources.querySelectorAll(".source");
    var last = boxes[boxes.length - 1];
    var filled = Array.prototype.some.call(last.querySelectorAll("input"), function (field) { return field.value.trim(); });
    if (!filled || boxes.length >= Number(sources.dataset.most)) return;
    var box = last.cloneNode(true);
    box.querySelectorAll(".wrong").forEach(function (words) { words.remove(); });
    box.querySelectorAll("input").forEach(function (field) {
      field.setAttribute("value", "");
      field.value = "";
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
      field.parentNode.className = "";
    });
    renumber(box, boxes.length + 1);
    last.after(box);
  });

  ["findings", "conclusion"].forEach(function (name) {
    var field = document.getElementById(name);
    if (!field) return;
    var box = document.createElement("details");
    var head = document.createElement("summary");
    var shown = document.createElement("div");
    head.textContent = line.dataset.look;
    shown.className = "drawn";
    box.append(head, shown);
    field.after(box);
    box.addEventListener("toggle", function () {
      if (!box.open) return;
      var body = new URLSearchParams({ text: field.value, csrf_token: form.querySelector("[name=csrf_token]").value });
      body.set("sources", form.querySelectorAll("[name^=sources][name$=url]").length);
      askForPage(form.dataset.draw, { method: "POST", body: body, headers: { Accept: "text/html" } })
        .then(function (answer) { shown.replaceChildren(answer.ok && answer.page ? copyPart(answer.page) : ""); })
        .catch(function () { shown.textContent = line.dataset.away; });
    });
  });
})();
