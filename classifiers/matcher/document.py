"""Clarifications as the matcher reads them, and their compact record in an index on disk."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from classifiers.matcher.details import Detail
from classifiers.matcher.pair_reader.encoding import CLAIM_WORDS
from classifiers.matcher.reading import Reader
from classifiers.text.quantities import Quantity

DOCUMENT_FIELDS = ("title", "claim", "summary")
HEADLINE_CHARACTERS = 110
_PAGE_CACHE_SIZE = 1_024
_SET_FIELDS = ("places", "offices", "names", "denied")


@dataclass(frozen=True)
class Document:
    """A clarification: ``claim`` as it circulated, ``summary`` the finding; either may be empty.

    ``wordings``: other approved wordings of the claim. An index holds one page for each.
    """

    id: str
    title: str
    claim: str
    summary: str
    wordings: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Return title, claim and summary joined to one text."""
        return ". ".join(dict.fromkeys(part.strip() for part in (self.title, self.claim, self.summary) if part.strip()))

    def by_wording(self) -> Iterator[Document]:
        """Yield the document with its claim, then once per other wording in place of the claim."""
        yield replace(self, wordings=()) if self.wordings else self
        yield from (replace(self, claim=wording, wordings=()) for wording in self.wordings)


def message_as_document(number: str, text: str) -> Document:
    """Return a message as a document: its first line is the title, its text the claim. ``number`` is the id."""
    first = next((line for line in text.strip().splitlines() if line.strip()), "")
    return Document(number, first[:HEADLINE_CHARACTERS], text, "")


@dataclass(frozen=True)
class Page:
    """A document as read.

    ``stems``: of the whole document, in order; ``fields``: stems of title, claim and summary; ``denied``: stems that
    the claim denies; ``details``: of the claim; ``plain``: the claim's plain form. Without a claim, both are of the
    title. The other fields are as in ``Reading``, for the whole document.
    """

    id: str
    stems: tuple[str, ...]
    fields: tuple[tuple[str, ...], ...]
    numbers: tuple[Quantity, ...]
    places: frozenset[str]
    offices: frozenset[str]
    names: frozenset[str]
    denied: frozenset[str] = frozenset()
    details: tuple[Detail, ...] = ()
    plain: str = ""

    @cached_property
    def known(self) -> frozenset[str]:
        """Return the distinct stems of the page."""
        return frozenset(self.stems)

    @cached_property
    def stem_counts(self) -> Counter[str]:
        """Return how often each stem occurs on the page."""
        return Counter(self.stems)

    @cached_property
    def claimed(self) -> frozenset[str]:
        """Return the distinct stems of the claim."""
        return frozenset(self.fields[1])

    @classmethod
    @lru_cache(_PAGE_CACHE_SIZE)
    def read(cls, document: Document, reader: Reader) -> Page:
        """Return a document as read. The result is cached, so a rebuilt index reads only new documents.

        Its words are cached without its id, by which a claim goes only once it is stored.
        """
        return replace(_read_page_without_id(replace(document, id=""), reader), id=document.id)

    @classmethod
    def read_wordings(cls, document: Document, reader: Reader) -> list[Page]:
        """Return one page for the claim of a document and one for each other wording."""
        return [cls.read(wording, reader) for wording in document.by_wording()]

    def packed(self) -> bytes:
        """Return the page as a JSON object."""
        words = {"stems": " ".join(self.stems), "fields": [" ".join(field) for field in self.fields]}
        names = {name: sorted(getattr(self, name)) for name in _SET_FIELDS}
        details = {"details": self.details, "plain": self.plain}
        record = {"id": self.id, "numbers": self.numbers} | words | names | details
        return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def unpacked(cls, record: bytes) -> Page:
        """Return the page that ``packed`` wrote."""
        stored = json.loads(record)
        return cls(
            stored["id"],
            tuple(stored["stems"].split()),
            tuple(tuple(field.split()) for field in stored["fields"]),
            tuple(Quantity(*number) for number in stored["numbers"]),
            **{name: frozenset(stored[name]) for name in _SET_FIELDS},
            details=tuple(Detail(*detail) for detail in stored["details"]),
            plain=stored["plain"],
        )


@lru_cache(_PAGE_CACHE_SIZE)
def _read_page_without_id(document: Document, reader: Reader) -> Page:
    whole = reader.read(document.text)
    texts = [getattr(document, name) for name in DOCUMENT_FIELDS]
    fields = [reader.read(text) if text.strip() else None for text in texts]
    claim = fields[1] or fields[0] or whole
    return Page(
        document.id,
        whole.stems,
        tuple(field.stems if field else () for field in fields),
        whole.numbers,
        whole.places,
        whole.offices,
        whole.names,
        fields[1].denied if fields[1] else frozenset(),
        claim.details,
        " ".join(claim.plain.split(None, CLAIM_WORDS)[:CLAIM_WORDS]),
    )
