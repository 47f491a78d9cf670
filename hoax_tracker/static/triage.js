// Decisions without a page load, an addition: the forms and links do the same without it.
// The next claims are fetched ahead: once the server has taken a decision that closes, the next one is there. Others stay.
(function () {
  "use strict";
  var list = document.querySelector(".queue");
  var words = document.querySelector("[data-words]");
  if (!list || !words || !current() || !window.fetch || !window.URLSearchParams) return;
  var AHEAD = 2, FEW = 5, ANSWERED_WITHIN_MS = 20000;
  var ahead = new Map(), gone = new Map(), toast = null, refilling = false, underWay = false, at = location.pathname;
  var PART = { "X-Requested-With": "fetch" };

  function current() { return document.querySelector("article.case"); }
  function rows() { return Array.prototype.slice.call(list.querySelectorAll("a[data-id]")); }
  function rowOf(id) { return list.querySelector('a[data-id="' + id + '"]'); }

  // The claim to read after one: the next in the list, else from its top.
  function after(id) {
    var all = rows().map(function (row) { return row.dataset.id; });
    var place = all.indexOf(String(id));
    var others = all.slice(place + 1).concat(all.slice(0, Math.max(place, 0)));
    return others[0];
  }

  // The claim to work on after one that was closed, as ClaimQueue.after_closing: what rises or is late comes first.
  function afterwards(id) {
    var row = rowOf(id), first = list.querySelector("a[data-urgent]");
    return first && !(row && row.hasAttribute("data-urgent")) ? first.dataset.id : after(id);
  }

  function fetchPart(id) {
    if (!ahead.has(id)) {
      var part = askForPage(words.dataset.part.replace("/0/", "/" + id + "/") + location.search, { headers: PART })
        .then(function (answer) { if (!answer.ok || answer.redirected || !answer.page) throw answer; return answer.page; });
      part.catch(function () { ahead.delete(id); });
      ahead.set(id, part);
    }
    return ahead.get(id);
  }

  function lookAhead(id) {
    for (var step = 0, next = id; step < AHEAD; step++) {
      next = after(next);
      if (!next || next === id) break;
      fetchPart(next).catch(function () {});
    }
    if (rows().length < FEW) refill();
  }

  // Puts a claim on screen: the article, the row; and, entered, the address, the title, and where the reader is.
  function put(id, article) {
    current().replaceWith(article);
    rows().forEach(function (row) { row.removeAttribute("aria-current"); });
    if (rowOf(id)) rowOf(id).setAttribute("aria-current", "true");
    enter(id, article);
    document.querySelector("main").classList.add("opened");
    place();
    if (article.getBoundingClientRect().top < 0) article.scrollIntoView();
    document.dispatchEvent(new CustomEvent("claim-shown"));
    lookAhead(id);
  }

  // What was chosen for one claim (review/views/search.py) stays out of the address of the next.
  function filters() {
    var kept = new URLSearchParams(location.search);
    var chosen = ["into", "clarification", "unit_id", "reason"].filter(function (name) { return kept.has(name); });
    chosen.forEach(function (name) { kept.delete(name); });
    return !chosen.length ? location.search : kept.toString() && "?" + kept;
  }

  function enter(id, article) {
    var link = words.dataset.claim.replace("/0", "/" + id) + filters();
    if (link !== location.pathname + location.search) history.pushState({ id: id }, "", link);
    else if (location.hash) history.replaceState(history.state, "", link); // of a panel in the article before
    at = location.pathname;
    document.title = article.dataset.title;
    article.tabIndex = -1;
    article.focus({ preventScroll: true });
  }

  function articleOf(page) {
    var article = page && page.querySelector("article.case");
    return article && document.importNode(article, true);
  }

  function show(id) {
    return fetchPart(id).then(function (page) { ahead.delete(id); put(id, articleOf(page)); }, function () {
      location.assign(words.dataset.claim.replace("/0", "/" + id) + filters());
    });
  }

  function send(form, button) {
    var data = new URLSearchParams(new FormData(form));
    if (button && button.name) data.append(button.name, button.value);
    return askForPage(form.action, { method: "POST", body: data, headers: PART, timeout: ANSWERED_WITHIN_MS });
  }

  // A line in the bar, read out; it may hold the button that undoes, and goes along to the next claim.
  function say(said, isFault) {
    if (toast) toast.remove();
    toast = document.createElement("div");
    toast.className = "notice toast" + (isFault ? " is-error" : "");
    toast.setAttribute("role", isFault ? "alert" : "status");
    place();
    toast.replaceChildren(said);
  }
  function place() {
    var bar = document.querySelector(".case .bottom");
    if (toast && bar) bar.prepend(toast);
  }

  function drop(id) {
    var row = rowOf(id) && rowOf(id).closest("li");
    if (!row) return;
    gone.set(String(id), { row: row, parent: row.parentNode, before: row.nextSibling });
    row.remove();
  }
  function bringBack(id) {
    var held = gone.get(String(id));
    gone.delete(String(id));
    if (held && !document.contains(held.parent)) { refilling = false; refill(); return; }  // the list was read anew since
    if (held && !rowOf(id)) held.parent.insertBefore(held.row, held.before && held.before.parentNode === held.parent ? held.before : null);
  }

  // The claim makes way once the server has taken the decision: a refused one stays where it was typed.
  function decide(form, button) {
    if (underWay) return;
    var decided = current(), id = decided.dataset.id, leaves = form.hasAttribute("data-leaves");
    var next = leaves ? afterwards(id) : after(id);
    underWay = true;
    decided.setAttribute("aria-busy", "true");
    ahead.delete(id);
    send(form, button).then(function (answer) {
      var done = outcomeOf(answer);
      if (done) return taken(id, done, next, leaves);
      refused(id, [403, 409, 422, 423].indexOf(answer.status) >= 0 ? articleOf(answer.page) : null, form);
    }, function () { say(words.dataset.offline, true); }).finally(function () {
      underWay = false;
      decided.removeAttribute("aria-busy");
    });
  }

  // What came of it, as fragment_result (review/views/claims.py) says it: its facts, and the words as nodes.
  function outcomeOf(answer) {
    var place = answer.ok && answer.page && answer.page.querySelector("[data-outcome]");
    if (!place) return null;
    var said = document.createDocumentFragment();
    said.append.apply(said, Array.prototype.slice.call(document.importNode(place, true).childNodes));
    return { facts: place.dataset, said: said };
  }

  function taken(id, done, next, leaves) {
    var closed = "closed" in done.facts;
    if (closed) drop(id);
    var heading = list.querySelector("h1, h2");
    if (heading) heading.textContent = done.facts.heading;
    if (closed && !next) { location.assign(words.dataset.queue + location.search); return; }
    return show(next && (closed || leaves) ? next : id).then(function () { say(done.said); });
  }

  // Shown back with what was typed; where even that did not come, the form goes the ordinary way.
  function refused(id, article, form) {
    if (!article) { form.submit(); return; }
    put(id, article);
    article.querySelector(".fault").scrollIntoView();
  }

  function undo(form) {
    send(form).then(function (answer) {
      var done = outcomeOf(answer);
      if (!done) throw answer;
      var id = done.facts.outcome;
      bringBack(id);
      ahead.delete(id);
      if (done.facts.heading) list.querySelector("h1, h2").textContent = done.facts.heading;
      show(id).then(function () { say(done.said, "fault" in done.facts); });
    }).catch(function () { form.submit(); });
  }

  // The list grows again without the page: the same list, read anew.
  function refill() {
    if (refilling) return;
    refilling = true;
    askForPage(words.dataset.queue + location.search, { headers: PART }).then(function (answer) {
      if (!answer.ok || answer.redirected || !answer.page) throw answer;
      var fresh = answer.page.querySelector("[data-rows]"), old = list.querySelector("[data-rows]");
      if (!fresh || !old) return;
      fresh = document.importNode(fresh, true);
      var held = old.contains(document.activeElement) ? document.activeElement.dataset.id : null;
      old.replaceWith(fresh);
      gone.forEach(function (_held, id) { var row = rowOf(id); if (row) row.closest("li").remove(); });
      if (held && rowOf(held)) rowOf(held).focus({ preventScroll: true }); // who walks along the list stays where they are
      var open = rowOf(current().dataset.id);
      rows().forEach(function (row) { row.removeAttribute("aria-current"); });
      if (open) open.setAttribute("aria-current", "true");
      refilling = rows().length < FEW;
    }).catch(function () {});
  }

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (event.submitter && event.submitter.hasAttribute("formaction")) return; // a question, or a search: a page of its own
    if (form.matches(".case form[data-decide]")) { event.preventDefault(); decide(form, event.submitter); }
    else if (form.matches("form[data-undo]")) { event.preventDefault(); undo(form); }
  });
  document.addEventListener("click", function (event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    var skip = event.target.closest("[data-skip]"), row = event.target.closest(".queue a[data-id]");
    var id = skip ? after(current().dataset.id) : row && current().offsetParent ? row.dataset.id : null;
    if (!id) return;
    event.preventDefault();
    if (underWay) return;
    if (id === current().dataset.id) enter(id, current()); // it is open already, perhaps with something typed into it
    else show(id);
  });
  window.addEventListener("popstate", function () { if (location.pathname !== at) location.reload(); });  // not for #panels
  document.documentElement.classList.add("quick");
  lookAhead(current().dataset.id);
})();
