// Asks for a page or a part of one, and gives it as nodes. The browser parses the answer itself: no text becomes markup in
// a script of ours (Trusted Types, core/web/security_headers.py), and nothing that stands in it runs.
(function () {
  "use strict";
  // Given: {status, ok, redirected, page}; ``page`` is null where the answer is no page. Refused without a network,
  // after ``options.timeout`` milliseconds, or with an AbortError where ``options.signal`` ends it.
  window.askForPage = function (address, options) {
    var asked = options || {}, headers = asked.headers || {};
    return new Promise(function (give, refuse) {
      var request = new XMLHttpRequest();
      request.open(asked.method || "GET", address);
      request.responseType = "document";
      Object.keys(headers).forEach(function (name) { request.setRequestHeader(name, headers[name]); });
      request.onload = function () {
        var where = new URL(address, document.baseURI);
        where.hash = "";
        give({
          status: request.status,
          ok: request.status >= 200 && request.status < 300,
          redirected: request.responseURL !== where.href,
          page: request.response
        });
      };
      request.onerror = function () { refuse(new TypeError("no network")); };
      request.timeout = asked.timeout || 0;
      request.ontimeout = request.onerror;
      request.onabort = function () { refuse(new DOMException("ended", "AbortError")); };
      if (asked.signal) asked.signal.addEventListener("abort", function () { request.abort(); });
      request.send(asked.body || null);
    });
  };

  // A copy of all that stands in a part, to put into the page.
  window.copyPart = function (page) {
    var copy = document.createDocumentFragment();
    [page.head, page.body].forEach(function (holder) {
      if (holder) Array.prototype.forEach.call(holder.childNodes, function (node) { copy.append(document.importNode(node, true)); });
    });
    return copy;
  };
})();
