// Pickers, an addition: without it the same search is a page of its own, and a unit is chosen from the whole list.
// A combobox after the ARIA pattern: Down and Up choose, Enter takes, Esc closes; what was asked once is not asked again.
(function () {
  "use strict";
  if (!window.fetch || !window.URLSearchParams || !window.AbortController) return;
  var WAIT_MS = 250, BUSY_MS = 400, numbered = 0;
  var answers = new Map(), open = null, timer = null, asking = null;

  // A search field that offers: {field, list, told, box, at}. ``box`` is the picker, or what stands around a select.
  function comboOf(field) {
    if (field.combo) return field.combo;
    var box = field.closest("[data-picker], [data-select]"), list = document.createElement("ul"), told = document.createElement("span");
    list.id = "pilihan-" + (numbered += 1);
    list.className = "offers";
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", (field.labels[0] || field).textContent.trim());
    told.className = "off";
    told.setAttribute("role", "status");
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-expanded", "false");
    field.setAttribute("aria-controls", list.id);
    (field.closest(".find") || field).after(list, told);
    tokenOutOf(box);
    field.combo = { field: field, list: list, told: told, box: box, at: -1 };
    return field.combo;
  }

  // The button's token becomes a field, which goes along however the form is sent; the search is in place now.
  function tokenOutOf(box) {
    var button = box.closest("form") && box.closest("form").querySelector("button[name=csrf_token]");
    if (!button) return;
    var hidden = document.createElement("input");
    hidden.type = "hidden";
    hidden.name = "csrf_token";
    hidden.value = button.value;
    button.removeAttribute("name");
    button.after(hidden);
  }

  function words(combo, name) { return combo.box.dataset[name]; }
  function rows(combo) { return Array.prototype.slice.call(combo.list.querySelectorAll("[role=option]")); }

  function ask(combo) {
    var address = combo.box.dataset.picker || combo.box.dataset.select;
    var query = combo.field.value.trim() === (combo.field.dataset.named || "") ? "" : combo.field.value.trim();
    var whole = address + (address.indexOf("?") < 0 ? "?" : "&") + new URLSearchParams({ cari: query });
    if (answers.has(whole)) return offer(combo, answers.get(whole));
    if (asking) asking.abort();
    var mine = asking = new AbortController();
    var slow = setTimeout(function () { tell(combo, "busy"); }, BUSY_MS);
    askForPage(whole, { headers: { "X-Requested-With": "fetch" }, signal: mine.signal }).then(function (answer) {
      if (!answer.ok || answer.redirected || !answer.page) throw answer;
      answers.set(whole, answer.page);
      if (mine === asking && document.activeElement === combo.field) offer(combo, answer.page);
    }).catch(function (error) {
      if (error.name === "AbortError") return;
      tell(combo, "broken");
      giveBack(combo);
    }).then(function () { clearTimeout(slow); });
  }

  function tell(combo, name) {
    combo.list.replaceChildren();
    combo.told.textContent = words(combo, name);
    combo.told.className = "by";
    show(combo, false);
  }

  function offer(combo, page) {
    combo.list.replaceChildren(copyPart(page));
    rows(combo).forEach(function (row, n) { row.id = combo.list.id + "-" + n; row.setAttribute("aria-selected", "false"); });
    var count = rows(combo).length;
    combo.told.className = count ? "off" : "by";
    combo.told.textContent = count ? words(combo, "count").replace("{}", count) : combo.field.value ? words(combo, "none") : "";
    show(combo, count > 0);
  }

  function show(combo, on) {
    combo.at = -1;
    combo.list.hidden = !on;
    combo.field.setAttribute("aria-expanded", String(on));
    combo.field.removeAttribute("aria-activedescendant");
    open = on ? combo : open === combo ? null : open;
  }

  function go(combo, by) {
    var all = rows(combo);
    if (combo.list.hidden || !all.length) return ask(combo);
    combo.at = combo.at < 0 && by < 0 ? all.length - 1 : (combo.at + by + all.length) % all.length;
    all.forEach(function (row, n) { row.setAttribute("aria-selected", String(n === combo.at)); });
    combo.field.setAttribute("aria-activedescendant", all[combo.at].id);
    all[combo.at].scrollIntoView({ block: "nearest" });
  }

  function take(combo, row) {
    show(combo, false);
    combo.told.textContent = "";
    if (combo.select) {
      combo.select.value = row.dataset.value;
      combo.field.value = combo.field.dataset.named = row.dataset.name;
      return;
    }
    combo.box.querySelector("input[data-value]").value = row.dataset.value;
    combo.box.querySelector("input[data-version]").value = row.dataset.version;
    combo.box.querySelector("[data-chosen]").replaceChildren(row.querySelector("template").content.cloneNode(true));
    combo.field.value = "";
    combo.field.removeAttribute("aria-invalid");
  }

  // A list to choose from becomes a field to search in; where the search fails, the list comes back.
  function overlay(box) {
    var select = box.querySelector("select"), label = select && box.querySelector('label[for="' + select.id + '"]');
    if (!label || select.hidden) return;
    var field = document.createElement("input");
    field.className = "in";
    field.type = "search";
    field.autocomplete = "off";
    field.id = select.id + "-cari";
    ["aria-describedby", "aria-invalid"].forEach(function (name) {
      if (select.hasAttribute(name)) field.setAttribute(name, select.getAttribute(name));
    });
    field.value = field.dataset.named = select.value ? select.options[select.selectedIndex].text : "";
    field.placeholder = select.options[0].value ? "" : select.options[0].text;
    select.before(field);
    label.htmlFor = field.id;
    select.hidden = true;
    comboOf(field).select = select;
  }
  // What was typed and names one unit chooses it. Anything else chooses none, which the form then says: nothing that
  // stood there before is sent in its place.
  function settle(combo) {
    var typed = combo.field.value.trim().toLowerCase(), all = Array.prototype.slice.call(combo.select.options);
    if (typed === (combo.field.dataset.named || "").toLowerCase()) return;
    var named = all.filter(function (one) { return typed && one.value && one.text.toLowerCase().indexOf(typed) >= 0; });
    var same = named.filter(function (one) { return one.text.toLowerCase() === typed; });
    var chosen = same.length === 1 ? same[0] : named.length === 1 ? named[0] : null;
    combo.select.value = chosen ? chosen.value : "";
    combo.field.dataset.named = chosen ? chosen.text : "";
    if (chosen) combo.field.value = chosen.text;
  }
  function giveBack(combo) {
    if (!combo.select) return;
    combo.select.hidden = false;
    combo.box.querySelector("label").htmlFor = combo.select.id;
    [combo.field, combo.list].forEach(function (part) { part.remove(); });
    combo.select.focus();
  }
  function overlayAll() { document.querySelectorAll("[data-select]").forEach(overlay); }

  function fieldOf(event) {
    return event.target.matches && event.target.matches("[data-picker] input[type=search], [data-select] input[type=search]") ? event.target : null;
  }
  // What is likely is offered before anything is typed; a list of units opens when asked for.
  document.addEventListener("focusin", function (event) {
    if (fieldOf(event) && !comboOf(event.target).select && !event.target.value) ask(event.target.combo);
  });
  document.addEventListener("input", function (event) {
    var field = fieldOf(event);
    if (!field) return;
    clearTimeout(timer);
    timer = setTimeout(function () { ask(comboOf(field)); }, WAIT_MS);
  });
  document.addEventListener("keydown", function (event) {
    var field = fieldOf(event), key = event.key;
    if (!field || event.isComposing || event.ctrlKey || event.metaKey) return;
    var combo = comboOf(field);
    if (key === "ArrowDown") go(combo, 1);
    else if (key === "ArrowUp") go(combo, -1);
    else if (key === "Enter") { if (combo.at >= 0) take(combo, rows(combo)[combo.at]); else { clearTimeout(timer); ask(combo); } }
    else if (key === "Escape" && open === combo) { event.stopPropagation(); show(combo, false); }
    else return;
    event.preventDefault();
  }, true);
  document.addEventListener("mousedown", function (event) { if (open && open.list.contains(event.target)) event.preventDefault(); });
  document.addEventListener("click", function (event) {
    var search = event.target.closest("[data-picker] button[formaction]"), row = open && event.target.closest("[role=option]");
    if (search) {
      var field = search.closest("[data-picker]").querySelector("input[type=search]");
      event.preventDefault();
      field.focus();
      ask(comboOf(field));
    } else if (row && open.list.contains(row)) take(open, row);
    else if (fieldOf(event) && comboOf(event.target).list.hidden) ask(comboOf(event.target));
  });
  document.addEventListener("focusout", function (event) {
    var field = fieldOf(event);
    if (!field || !field.combo) return;
    clearTimeout(timer);
    show(field.combo, false);
    if (field.combo.select) settle(field.combo);
  });
  document.addEventListener("claim-shown", overlayAll);
  overlayAll();
})();
