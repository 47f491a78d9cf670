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

// Its own layout draws a second "main" within the page's: ours has the same parts without.
function arrange(system) {
  const draw = system.React.createElement;
  const part = (name, given) => draw(system.getComponent(name, true), given);
  const block = (name, ...parts) => draw("div", { className: name }, ...parts);
  const isRead = () => system.specSelectors.loadingStatus() === "success";
  const Arranged = () => block("swagger-ui", part("SvgAssets"), part("errors"), isRead() && block("wrapper",
    part("InfoContainer"), block("scheme-container", part("ServersContainer")), part("operations"), part("Models")));
  return { components: { Arranged } };
}

window.SwaggerUIBundle({
  plugins: [arrange],
  layout: "Arranged",
  domNode: place,
  url: place.dataset.description,
  validatorUrl: null,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
});
