// How many claims are chosen, and all of them at once: an addition: the button and the next page do the same.
(function () {
  "use strict";
  var count = document.querySelector("[data-chosen-count]"), all = document.querySelector("[data-all]");
  if (!count || !all) return;
  var boxes = Array.prototype.slice.call(document.querySelectorAll("[data-choose]"));
  all.type = "button";

  function chosen() { return boxes.filter(function (box) { return box.checked; }).length; }
  function tell() {
    count.textContent = count.dataset.said.replace("{}", chosen());
    all.textContent = chosen() === boxes.length ? all.dataset.none : all.dataset.all;
  }
  all.addEventListener("click", function () {
    var on = chosen() < boxes.length;
    boxes.forEach(function (box) { box.checked = on; });
    tell();
  });
  document.addEventListener("change", function (event) { if (event.target.matches("[data-choose]")) tell(); });
  window.addEventListener("pageshow", tell); // the browser may tick again what was ticked
  tell();
})();
