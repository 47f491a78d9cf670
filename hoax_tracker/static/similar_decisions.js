// Puts into the claim that is open what takes a moment to find, once it is on screen: what was decided on similar claims,
// and which narrative it may belong to. The links in these places do the same. Suggestions
// are counted in the heading of their part, and open it on a wide screen.
(function () {
  "use strict";
  if (!window.fetch) return;
  function fill(place) {
    askForPage(place.dataset.decided, { headers: { "X-Requested-With": "fetch" } })
      .then(function (answer) {
        if (!answer.ok || answer.redirected || !answer.page) throw answer;
        if (place.contains(document.activeElement)) return; // who is at the link goes where it leads
        place.replaceChildren(copyPart(answer.page));
        place.removeAttribute("data-decided");
        var part = place.closest("details");
        var count = place.querySelectorAll("[data-suggested] > li").length;
        if (!part || !count) return;
        part.querySelector("h2").append(" (" + count + ")");
        if (window.matchMedia("(min-width: 900px)").matches) part.open = true; // a phone has no room for it
      })
      .catch(function () {});
  }
  function fillAll() {
    document.querySelectorAll(".case [data-decided]").forEach(fill);
  }
  fillAll();
  document.addEventListener("claim-shown", fillAll);
})();
