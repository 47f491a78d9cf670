"""Check the HTML of a page: the errors of a strict parser, and rules that a parser does not check.

The parser follows the standard (https://html.spec.whatwg.org/multipage/parsing.html) and reports all its errors. The
other rules come from the same standard, as far as these pages need them: allowed nesting, ids and references to them,
and required attributes. The Nu HTML checker (``make pages``) checks everything, but needs Java.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from tinyhtml5.parser import HTMLParser

REFERRING = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "aria-owns", "list", "form", "headers")
# Elements that hold a line of text and no block.
PHRASING = {
    "h1", "h2", "h3", "h4", "h5", "h6", "p", "span", "b", "i", "em", "strong", "small", "q", "mark", "abbr", "code",
    "label", "button", "cite", "time", "kbd", "s", "u", "sub", "sup", "var", "samp", "output",
}  # fmt: skip
BLOCKS = {
    "address", "article", "aside", "blockquote", "details", "dialog", "div", "dl", "fieldset", "figure", "footer",
    "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section",
    "table", "ul", "dt", "dd",
}  # fmt: skip
INTERACTIVE_ELEMENTS = {"a", "button", "input", "label", "select", "textarea", "details"}
ALLOWED_CHILDREN = {
    "ul": {"li"},
    "ol": {"li"},
    "dl": {"dt", "dd", "div"},
    "select": {"option", "optgroup", "hr"},
    "tr": {"td", "th"},
}
ALLOWED_PARENTS = {
    "li": {"ul", "ol"},
    "dt": {"dl", "div"},
    "dd": {"dl", "div"},
    "legend": {"fieldset"},
    "summary": {"details"},
}
OBSOLETE = {"acronym", "big", "center", "font", "marquee", "nobr", "strike", "tt", "blink", "frame", "frameset"}
NEEDED_ATTRIBUTES = {"img": "alt", "html": "lang", "iframe": "title"}
NEVER_EMPTY = ("id", "for", "href", "lang", "action", "src", "name")
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}


def html_faults(html: str) -> list[str]:
    """Return the faults of a whole page in words; [] for a valid page."""
    parser = HTMLParser(namespace_html_elements=False)
    root = parser.parse(html)
    found = [f"line {line}: {code} {facts}" for (line, _column), code, facts in parser.errors]
    return (
        found
        + list(id_faults(root))
        + [fault for above, one in walk_elements(root, ()) for fault in element_faults(one, above)]
    )


CHECKED_BY_BROWSERS = ("required", "minlength", "pattern", "min", "max", "step")
CHECKED_TYPES = {"email", "url", "number", "date", "time", "datetime-local", "month", "week"}


def browser_checks(html: str) -> list[str]:
    """Return the fields of a page that a browser would refuse by itself, in its own language, before they are sent."""
    root = HTMLParser(namespace_html_elements=False).parse(html)
    forms = (form for form in root.iter("form") if form.get("method") == "post" and form.get("novalidate") is None)
    fields = (field for form in forms for field in form.iter() if field.tag in ("input", "select", "textarea"))
    return [
        f"{field.get('name')} is checked by the browser"
        for field in fields
        if field.get("type") in CHECKED_TYPES or any(field.get(name) is not None for name in CHECKED_BY_BROWSERS)
    ]


def walk_elements(one: Element, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Element]]:
    """Yield every element with the names of its ancestors, nearest first."""
    yield above, one
    for child in one:
        if isinstance(child.tag, str):  # no comment
            yield from walk_elements(child, (str(one.tag), *above))


def id_faults(root: Element) -> Iterator[str]:
    """Yield repeated ids, and references to missing ones."""
    ids = Counter(one.attrib["id"] for one in root.iter() if "id" in one.attrib)
    yield from (f"the id {name!r} stands {count} times" for name, count in ids.items() if count > 1)
    for one in root.iter():
        wanted = [word for name in REFERRING for word in one.attrib.get(name, "").split()]
        href = one.attrib.get("href", "")
        wanted += [href[1:]] if href.startswith("#") else []
        yield from (
            f"{format_opening_tag(one)} refers to {word!r}, which is not there" for word in wanted if word not in ids
        )


def element_faults(one: Element, above: tuple[str, ...]) -> Iterator[str]:
    """Yield the faults of an element and of its position."""
    parent = above[0] if above else ""
    if one.tag in OBSOLETE:
        yield f"{format_opening_tag(one)} is obsolete"
    if one.tag in BLOCKS and (line := next((name for name in above if name in PHRASING), None)):
        yield f"{format_opening_tag(one)} stands in <{line}>, which holds text only"
    if parent in ALLOWED_CHILDREN and one.tag not in ALLOWED_CHILDREN[parent]:
        yield f"{format_opening_tag(one)} stands right in <{parent}>"
    if parent not in ALLOWED_PARENTS.get(str(one.tag), {parent}):
        yield f"{format_opening_tag(one)} stands in <{parent}>"
    if one.tag in INTERACTIVE_ELEMENTS and one.attrib.get("type") != "hidden" and {"a", "button"} & set(above):
        yield f"{format_opening_tag(one)} stands in another that can be pressed"
    if one.tag == "main" and above != ("body", "html"):
        yield "<main> stands in something"
    if one.tag == "section" and not any(child.tag in HEADINGS for child in one.iter()):
        yield f"{format_opening_tag(one)} has no heading"
    if (needed := NEEDED_ATTRIBUTES.get(str(one.tag))) and needed not in one.attrib:
        yield f"{format_opening_tag(one)} has no {needed}"
    yield from (f"{format_opening_tag(one)} has an empty {name}" for name in NEVER_EMPTY if one.attrib.get(name) == "")


def format_opening_tag(one: Element) -> str:
    """Return the shortened opening tag of an element."""
    return f"<{' '.join([str(one.tag), *(f'{name}={value!r}' for name, value in list(one.attrib.items())[:3])])}>"[:90]
