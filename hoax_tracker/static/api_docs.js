// Shows the API in Swagger UI. No validator of another site is asked.
"use strict";
const place = document.getElementById("api");

// It draws headings that skip a level, a list without a name, and links within buttons.
function mend() {
  const all = (selector, change) => place.querySelectorAll(selector).forEach(change);
  all("#servers", (list) => list.setAttribute("aria-label", "Server"));
  all("h3.opblock-tag, section.models h4", (heading) => heading.setAttribute("aria-level", "3"));
  all(".opblock-summary-control a[href]", (link) => link.removeAttribute("href"));
  all(".info .title", (heading) => { heading.setAttribute("role", "heading"); heading.setAttribute("aria-level", "2"); });
}
new MutationObserver(mend).observe(place, { childList: true, subtree: true });

window.SwaggerUIBundle({
  domNode: place,
  url: place.dataset.description,
  validatorUrl: null,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
});
