"""A clarification as a matcher sees it, and the short record of it that an index keeps on disk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from classifiers.matcher.details import Detail
from classifiers.matcher.embeddings import EMBEDDED_FIELD_WORDS, first_words
from classifiers.matcher.reading import Reader
from classifiers.matcher.stance import chance_of_no_claim, load_stance_model
from classifiers.text.quantities import Quantity

DOCUMENT_FIELDS = ("title", "claim", "summary")
HEADLINE_CHARACTERS = 110
_PAGE_CACHE_SIZE = 1_024
_SET_FIELDS = ("places", "offices", "names", "denied")


@dataclass(frozen=True)
class Document:
    """A clarification: ``claim`` as it circulated, ``summary`` the finding. Either may be empty.

    ``wordings``: other words for the claim, which officers approved. An index holds a page for each of them.
    """

    id: str
    title: str
    claim: str
    summary: str
    wordings: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Return all that the page says, in one piece."""
        return ". ".join(dict.fromkeys(part.strip() for part in (self.title, self.claim, self.summary) if part.strip()))

    def by_wording(self) -> Iterator[Document]:
        """Yield the document with its claim, then with each other wording in place of the claim."""
        yield replace(self, wordings=()) if self.wordings else self
        yield from (replace(self, claim=wording, wordings=()) for wording in self.wordings)


def message_as_document(number: str, text: str) -> Document:
    """Return a message as a page that holds nothing but it: its first line as the title."""
    first = next((line for line in text.strip().splitlines() if line.strip()), "")
    return Document(number, first[:HEADLINE_CHARACTERS], text, "")


@dataclass(frozen=True)
class Page:
    """What is read of a document, once.

    ``details``: those of the claim; ``no_claim``: how likely its words deny, report or announce, 0..1.
    ``stems``: those of the whole, in order; ``fields``: those of title, claim and summary, each empty where the field
    is; ``heads``: the first words of each, as they are embedded; ``denied``: stems of
    what the claim denies; the rest as in ``Reading``, of the whole.
    """

    id: str
    stems: tuple[str, ...]
    fields: tuple[tuple[str, ...], ...]
    heads: tuple[str, ...]
    numbers: tuple[Quantity, ...]
    places: frozenset[str]
    offices: frozenset[str]
    names: frozenset[str]
    denied: frozenset[str] = frozenset()
    details: tuple[Detail, ...] = ()
    no_claim: float = 0.0

    @cached_property
    def known(self) -> frozenset[str]:
        """Return the stems of the whole page, each once."""
        return frozenset(self.stems)

    @cached_property
    def claimed(self) -> frozenset[str]:
        """Return the stems of the claim, each once."""
        return frozenset(self.fields[1])

    @classmethod
    @lru_cache(_PAGE_CACHE_SIZE)
    def read(cls, document: Document, reader: Reader) -> Page:
        """Return a document as read; remembered, so that an index made anew reads only what is new."""
        whole = reader.read(document.text)
        texts = [getattr(document, name) for name in DOCUMENT_FIELDS]
        fields = [reader.read(text) if text.strip() else None for text in texts]
        claim = fields[1] or fields[0] or whole
        return cls(
            document.id,
            whole.stems,
            tuple(field.stems if field else () for field in fields),
            tuple(first_words(field.clean, EMBEDDED_FIELD_WORDS) if field else "" for field in fields),
            whole.numbers,
            whole.places,
            whole.offices,
            whole.names,
            fields[1].denied if fields[1] else frozenset(),
            claim.details,
            round(chance_of_no_claim(load_stance_model().probabilities(claim.words, claim.marks)), 4),
        )

    @classmethod
    def read_wordings(cls, document: Document, reader: Reader) -> list[Page]:
        """Return a document as read, once for its claim and once for each other wording of it."""
        return [cls.read(one, reader) for one in document.by_wording()]

    def packed(self) -> bytes:
        """Return the page as one JSON object."""
        words = {"stems": " ".join(self.stems), "fields": [" ".join(field) for field in self.fields]}
        names = {name: sorted(getattr(self, name)) for name in _SET_FIELDS}
        told = {"details": self.details, "no_claim": self.no_claim}
        record = {"id": self.id, "heads": self.heads, "numbers": self.numbers} | words | names | told
        return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def unpacked(cls, record: bytes) -> Page:
        """Return what ``packed`` gave."""
        stored = json.loads(record)
        return cls(
            stored["id"],
            tuple(stored["stems"].split()),
            tuple(tuple(field.split()) for field in stored["fields"]),
            tuple(stored["heads"]),
            tuple(Quantity(*one) for one in stored["numbers"]),
            **{name: frozenset(stored[name]) for name in _SET_FIELDS},
            details=tuple(Detail(*one) for one in stored["details"]),
            no_claim=stored["no_claim"],
        )
