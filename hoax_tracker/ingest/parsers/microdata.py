"""ClaimReview as microdata (itemscope, itemprop), read into the structure of JSON-LD.

https://html.spec.whatwg.org/multipage/microdata.html
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from hoax_tracker.ingest.parsers.web_page import attribute_text, element_text

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

REVIEWS_LIMIT = 100
"""Reviews read of one page."""
_PROPERTY_NAMES = """alternateName author bestRating claimReviewed dateModified datePublished inLanguage name
    publisher ratingValue reviewBody reviewRating url"""
PROPERTIES_READ = frozenset(_PROPERTY_NAMES.split())
_NESTING_READ = 2  # a review, its author or rating
_CLAIM_REVIEW = re.compile(r"\bschema\.org/ClaimReview\b", re.IGNORECASE)


def microdata_reviews(page: BeautifulSoup) -> list[dict[str, Any]]:
    """Return the ClaimReview items that a page holds as microdata."""
    reviews = page.find_all(itemscope=True, itemtype=_CLAIM_REVIEW, limit=REVIEWS_LIMIT)
    properties = _properties_by_item(page) if reviews else {}
    items = ({"@type": "ClaimReview", **_read_item(review, properties)} for review in reviews)
    return [review for review in items if "claimReviewed" in review]


def _properties_by_item(page: BeautifulSoup) -> dict[int, list[Tag]]:
    """Return the properties of each item of a page by the id of its element.

    One pass is enough, however deeply items are nested.
    """
    innermost: dict[int, Tag | None] = {id(page): None}
    properties_by_id: dict[int, list[Tag]] = defaultdict(list)
    for element in page.find_all(True):
        item = innermost[id(element.parent)]
        if item is not None and element.has_attr("itemprop"):
            properties_by_id[id(item)].append(element)
        innermost[id(element)] = element if element.has_attr("itemscope") else item
    return properties_by_id


def _read_item(item: Tag, properties: dict[int, list[Tag]], depth: int = 1) -> dict[str, Any]:
    """Return an item's properties, with the first value of each."""
    values: dict[str, Any] = {"@id": attribute_text(item, "itemid")}
    for element in properties.get(id(item), ()):
        for name in PROPERTIES_READ.intersection(attribute_text(element, "itemprop").split()) - values.keys():
            if not element.has_attr("itemscope"):
                values[name] = _property_value(element, name)
            elif depth < _NESTING_READ:
                values[name] = _read_item(element, properties, depth + 1)
    return values


def _property_value(element: Tag, name: str) -> str:
    """Return the value of a property.

    A link gives its address only where an address is wanted, else its text.
    """
    attributes = ("content", "datetime", *(("href", "src") if name == "url" else ()))
    return next((value for key in attributes if (value := attribute_text(element, key))), "") or element_text(element)
