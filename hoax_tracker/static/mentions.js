// Names of officers after an "@" in a note, an addition: who types a name in full needs none of it. They are fetched once
// a claim, at the first "@". Down and Up choose, Enter takes, Esc closes, and so does a tap.
(function () {
  "use strict";
  if (!window.fetch || !("setRangeText" in HTMLTextAreaElement.prototype)) return;
  var MOST = 5, LONGEST = 80;
  var known = {}, list = null, field = null, found = [], from = 0, chosen = 0, shut = 0;

  function names(address) {
    if (!known[address]) {
      known[address] = fetch(address, { headers: { Accept: "application/json" } }).then(function (answer) {
        if (!answer.ok || answer.redirected) throw answer;
        return answer.json();
      });
      known[address].catch(function () { delete known[address]; });
    }
    return known[address];
  }

  function parts(text) { return text.toLowerCase().split(/\s+/).filter(Boolean); }

  // Whether the words begin words of the name that follow one another, or the mailbox that stands for it.
  function fits(one, words) {
    var held = parts(one.name);
    return one.write.toLowerCase().indexOf(words.join(" ")) === 0 || held.some(function (_word, at) {
      return words.every(function (word, n) { return (held[at + n] || "").indexOf(word) === 0; });
    });
  }

  // What stands between the "@" before the cursor and the cursor, or null.
  function typed(area) {
    if (area.selectionStart !== area.selectionEnd) return null;
    var text = area.value.slice(0, area.selectionStart), at = text.lastIndexOf("@"), after = text.slice(at + 1);
    if (at < 0 || /[\w@.]/.test(text.charAt(at - 1)) || /^\s|\n/.test(after) || after.length > LONGEST) return null;
    from = at + 1;
    return after;
  }

  function look(area) {
    if (typed(area) === null) { shut = 0; return close(); }
    if (from === shut) return; // Esc was pressed at this "@"
    names(area.dataset.mentions).then(function (all) {
      var now = typed(area);
      if (now === null || document.activeElement !== area) return close();
      var words = parts(now);
      offer(area, all.filter(function (one) { return fits(one, words); }).slice(0, MOST), now);
    }).catch(close);
  }

  function offer(area, fitting, now) {
    // A name that stands there whole needs nothing more.
    if (!fitting.length || (fitting.length === 1 && now.trim() === fitting[0].write)) return close();
    close();
    field = area;
    found = fitting;
    list = document.createElement("ul");
    list.id = "catatan-nama";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", area.dataset.offered);
    found.forEach(function (one, n) {
      var row = document.createElement("li"), name = document.createElement("b"), unit = document.createElement("span");
      row.id = "catatan-nama-" + n;
      row.setAttribute("role", "option");
      name.textContent = one.name;
      unit.textContent = one.unit;
      unit.className = "by";
      row.append(name, " ", unit);
      list.append(row);
    });
    area.before(list);
    area.setAttribute("aria-autocomplete", "list");
    area.setAttribute("aria-controls", list.id);
    choose(0);
  }

  function choose(n) {
    chosen = (n + found.length) % found.length;
    Array.prototype.forEach.call(list.children, function (row, at) { row.setAttribute("aria-selected", String(at === chosen)); });
    field.setAttribute("aria-activedescendant", "catatan-nama-" + chosen);
    list.children[chosen].scrollIntoView({ block: "nearest" });
  }

  function close() {
    if (!list) return;
    list.remove();
    ["aria-autocomplete", "aria-controls", "aria-activedescendant"].forEach(function (one) { field.removeAttribute(one); });
    list = null;
  }

  function take(n) {
    var area = field, write = found[n].write + (/^\s/.test(area.value.slice(area.selectionStart)) ? "" : " ");
    close();
    area.setRangeText(write, from, area.selectionStart, "end");
    area.focus();
  }

  document.addEventListener("input", function (event) {
    if (event.target.matches("[data-mentions]")) look(event.target);
  });
  document.addEventListener("keydown", function (event) {
    if (!list || event.target !== field || event.isComposing) return;
    var key = event.key;
    if (key === "ArrowDown") choose(chosen + 1);
    else if (key === "ArrowUp") choose(chosen - 1);
    else if (key === "Escape") { shut = from; close(); }
    else if (key === "Enter" && !event.shiftKey && !event.ctrlKey) take(chosen);
    else { if (/^(Arrow|Home|End|Page)/.test(key)) close(); return; }
    event.preventDefault();
  });
  // The cursor stays in the field while a name is pressed; leaving it closes the list.
  document.addEventListener("mousedown", function (event) { if (list && list.contains(event.target)) event.preventDefault(); });
  document.addEventListener("click", function (event) {
    if (!list) return;
    var row = event.target.closest("[role=option]");
    if (row && list.contains(row)) take(Array.prototype.indexOf.call(list.children, row));
    else if (event.target !== field || typed(field) === null) close();
  });
  document.addEventListener("focusout", function (event) { if (event.target === field) close(); });
})();
