// Puts what was decided on similar claims into the claim that is open, once it is on screen: its link does the same.
(function () {
  "use strict";
  if (!window.fetch) return;
  function fill() {
    var place = document.querySelector(".case [data-decided]");
    if (!place) return;
    fetch(place.dataset.decided, { headers: { "X-Requested-With": "fetch" } })
      .then(function (answer) { if (!answer.ok || answer.redirected) throw answer; return answer.text(); })
      .then(function (html) {
        if (place.contains(document.activeElement)) return; // who is at the link goes where it leads
        place.innerHTML = html;
        place.removeAttribute("data-decided");
      })
      .catch(function () {});
  }
  fill();
  document.addEventListener("claim-shown", fill);
})();
