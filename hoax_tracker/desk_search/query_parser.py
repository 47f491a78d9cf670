"""The query parser: what was typed becomes search terms, safely, with every form that an Indonesian word takes.

All words must occur. "penutupan" also finds "ditutup" and "menutup", because a word is searched in all forms of its
root. Words in quotation marks must stand side by side as written; ``tutup*`` finds words that begin so. Everything else
(punctuation, emoji, operators) separates words.

A word has over a hundred forms, of which few occur. For each row PostgreSQL would look up all of them, and the planner
takes each for a common one. So the index is asked first which occur, once: common ones are in its statistics, and
looking up another takes microseconds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from math import prod
from typing import Any

from flask_babel import lazy_gettext as _l

from classifiers.text.normalise import stem_word
from hoax_tracker.clock import start_of_day
from hoax_tracker.core.web.query_args import QueryFilters, enum_parser, parse_day, parse_row_id, query_arg, text_parser
from hoax_tracker.desk_search.index_tables import IndexedTable
from hoax_tracker.models import ClaimStatus, ClarificationStatus, Topic, Verdict, db
from hoax_tracker.models.enums import Labelled

MAX_QUERY_CHARACTERS = 300
MOST_WORDS = 12
SHORTEST_ROOT = 3
SHORTEST_START = 2

WORD_PATTERN = re.compile(r"[^\W_]+")
QUERY_PART_PATTERN = re.compile(r'"([^"]*)"?|([^\W_]+)(\*?)')
PREFIXES = ("", "di", "ter", "ke", "se", "ber", "per", "diper", "memper", "keber", "pember")
SUFFIXES = ("", "kan", "an", "i", "nya", "kannya", "annya", "inya", "lah")
# The first letter of a root after me- and pe-: what stands before it, and whether it falls away itself.
NASALS: dict[str, tuple[tuple[str, bool], ...]] = {
    **dict.fromkeys("bfv", (("m", False),)),
    "p": (("m", True), ("m", False)),
    **dict.fromkeys("cdjz", (("n", False),)),
    "t": (("n", True), ("n", False)),
    "k": (("ng", True), ("ng", False)),
    "s": (("ny", True), ("n", False)),
    **dict.fromkeys("ghqaeiou", (("ng", False),)),
    **dict.fromkeys("lmnrwy", (("", False),)),
}


@dataclass(frozen=True)
class SearchTerm:
    """One required term: a word in any of its ``forms``, a ``phrase``, a prefix (``starts``), or one of ``phrases``."""

    forms: frozenset[str] = frozenset()
    phrase: tuple[str, ...] = ()
    starts: str = ""
    phrases: tuple[tuple[str, ...], ...] = ()

    def fits(self, word: str) -> bool:
        """Tell whether a folded word of a text matches a term."""
        whole = word in self.forms or word in map(_fold_accents, self.phrase)
        return whole or bool(self.starts and word.startswith(_fold_accents(self.starts)))


@dataclass(frozen=True)
class SearchWords:
    """All required terms."""

    terms: tuple[SearchTerm, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    def for_fts5(self, columns: tuple[str, ...]) -> str:
        """Return the query for FTS5; every word is quoted, so that none acts as an operator."""
        return " AND ".join(f"{{{' '.join(columns)}}} : ({_format_fts5_term(term)})" for term in self.terms)

    def for_tsquery(self) -> str:
        """Return the query for PostgreSQL's to_tsquery."""
        return " & ".join(f"({_format_tsquery_term(term)})" for term in self.terms)

    def places(self, text: str) -> list[tuple[int, int]]:
        """Return (start, end) of every matching word in a text."""
        words = ((match.start(), match.end(), _fold_accents(match[0])) for match in WORD_PATTERN.finditer(text))
        return [(start, end) for start, end, word in words if any(term.fits(word) for term in self.terms)]


def read_search_words(text: str) -> SearchWords:
    """Return the terms of a text, limited to its first LONGEST characters and MOST_WORDS words."""
    terms: list[SearchTerm] = []
    count = 0
    for match in QUERY_PART_PATTERN.finditer(_normalise_query_text(text[:MAX_QUERY_CHARACTERS])):
        quoted = match[2] is None
        words = tuple(WORD_PATTERN.findall(match[1]) if quoted else [match[2]])[: MOST_WORDS - count]
        count += len(words)
        if words:
            terms.append(_build_term(words, quoted=quoted, starts=bool(match[3])))
    return SearchWords(tuple(dict.fromkeys(terms)))


def read_any_phrase(phrases: Iterable[str]) -> SearchWords:
    """Return the term that a text with at least one of the phrases fits; empty for no phrase with a word."""
    words = (tuple(WORD_PATTERN.findall(_normalise_query_text(phrase))) for phrase in phrases)
    found = tuple(dict.fromkeys(filter(None, words)))
    return SearchWords((SearchTerm(phrases=found),) if found else ())


def _normalise_query_text(text: str) -> str:
    """Return a text in lower case with composed letters (é is one), without marks that would split a word."""
    whole = unicodedata.normalize("NFC", text.replace("“", '"').replace("”", '"').lower())
    return "".join(character for character in whole if unicodedata.category(character) != "Mn")


def _build_term(words: tuple[str, ...], *, quoted: bool, starts: bool) -> SearchTerm:
    if starts and len(words[0]) >= SHORTEST_START:
        return SearchTerm(starts=words[0])
    return (
        SearchTerm(phrase=words) if quoted else SearchTerm(forms=inflected_forms(_fold_accents(words[0])) | {words[0]})
    )


@lru_cache(maxsize=10_000)
def _fold_accents(word: str) -> str:
    """Return a word in lower case, without accents."""
    if word.isascii():
        return word.lower()
    parts = unicodedata.normalize("NFD", word.lower())
    return unicodedata.normalize(
        "NFC", "".join(character for character in parts if unicodedata.category(character) != "Mn")
    )


@lru_cache(maxsize=10_000)
def inflected_forms(word: str) -> frozenset[str]:
    """Return the forms that the word's root may take in a text; a word that is not Indonesian stays as it is."""
    if not (word.isascii() and word.isalpha()):
        return frozenset({word})
    root = stem_word(word)
    if len(root) < SHORTEST_ROOT:
        return frozenset({word})
    starts = (*(prefix + root for prefix in PREFIXES), *_nasal_forms(root))
    return frozenset({word, *(start + end for start in starts for end in SUFFIXES)})


def _nasal_forms(root: str) -> list[str]:
    """Return the root with me- and pe- ("tutup": "menutup", "penutup")."""
    ways = NASALS.get(root[0], ())
    return [start + sound + (root[1:] if falls else root) for start in ("me", "pe") for sound, falls in ways]


def _format_fts5_term(term: SearchTerm) -> str:
    if term.starts:
        return f'"{term.starts}" *'
    if term.phrase:
        return f'"{" ".join(term.phrase)}"'
    if term.phrases:
        return " OR ".join(f'"{" ".join(phrase)}"' for phrase in term.phrases)
    return " OR ".join(f'"{form}"' for form in sorted(term.forms))


def _format_tsquery_term(term: SearchTerm) -> str:
    if term.starts:
        return f"'{term.starts}':*"
    if term.phrase:
        return _format_tsquery_phrase(term.phrase)
    if term.phrases:
        return " | ".join(f"({_format_tsquery_phrase(phrase)})" for phrase in term.phrases)
    return " | ".join(f"'{form}'" for form in sorted(term.forms))


def _format_tsquery_phrase(words: tuple[str, ...]) -> str:
    """Return words that stand side by side for to_tsquery."""
    return " <-> ".join(f"'{word}'" for word in words)


FormShares = Mapping[str, float]
"""The forms that occur in a table, with the share (0..1) of its rows that hold them: 0 for one that is not common."""
COMMON_FORMS_SQL = """
with common as materialized (
    select tablename, word, share
    from pg_stats, unnest(most_common_elems::text::text[], most_common_elem_freqs) as counted(word, share)
    where schemaname = current_schema() and tablename = any(%(indexes)s) and word = any(%(forms)s)
)
"""
OCCURRING_FORMS_SQL = """
select '{index}', form, coalesce(share, 0)
from unnest(%(forms)s) as asked(form) left join common on tablename = '{index}' and word = form
where word is not null or exists (
    select from {table} where {expression} @@ to_tsquery('simple'::regconfig, quote_literal(form))
)
"""


def load_occurring_forms(asked: SearchWords, tables: Iterable[IndexedTable]) -> dict[str, dict[str, float]]:
    """Return the occurring word forms by table, on PostgreSQL."""
    shares_by_index: dict[str, dict[str, float]] = {indexed_table.index: {} for indexed_table in tables}
    forms = sorted({form for term in asked.terms for form in term.forms})
    if forms and shares_by_index:
        parts = " union all ".join(
            OCCURRING_FORMS_SQL.format(
                index=indexed_table.index, table=indexed_table.table, expression=indexed_table.expression
            )
            for indexed_table in tables
        )
        parameters = {"forms": forms, "indexes": list(shares_by_index)}
        for index, form, share in db.session.connection().exec_driver_sql(COMMON_FORMS_SQL + parts, parameters):
            shares_by_index[index][form] = share
    return shares_by_index


def keep_occurring_forms(asked: SearchWords, shares: FormShares) -> SearchWords | None:
    """Return the query limited to occurring forms; None where a word occurs in no form, so that nothing can match."""
    terms = [replace(term, forms=term.forms & shares.keys()) if term.forms else term for term in asked.terms]
    lost = any(before.forms and not after.forms for before, after in zip(asked.terms, terms, strict=True))
    return None if lost else SearchWords(tuple(terms))


def estimated_match_share(asked: SearchWords, shares: FormShares) -> float:
    """Return the estimated share (0..1) of matching rows, taking words as independent.

    A term without forms (a phrase, a prefix) is not estimated: it counts as if every row had it.
    """
    return prod(min(1.0, sum(shares.get(form, 0.0) for form in term.forms)) for term in asked.terms if term.forms)


class ResultKind(Labelled):
    """A kind of result, in the order of the page."""

    CLAIM = "klaim", _l("Klaim")
    CLARIFICATION = "klarifikasi", _l("Klarifikasi")
    REPORT = "aduan", _l("Aduan warga")
    QUESTION = "tanya", _l("Pertanyaan dan jawaban")
    NOTE = "catatan", _l("Catatan petugas")
    EVIDENCE = "bukti", _l("Bukti")
    ITEM = "kiriman", _l("Berita dan unggahan")


KINDS_BY_FILTER: dict[str, frozenset[ResultKind]] = {
    "status": frozenset(
        {ResultKind.CLAIM, ResultKind.REPORT, ResultKind.QUESTION, ResultKind.NOTE, ResultKind.EVIDENCE}
    ),
    "label": frozenset(
        {ResultKind.CLAIM, ResultKind.REPORT, ResultKind.QUESTION, ResultKind.NOTE, ResultKind.EVIDENCE}
    ),
    "page_status": frozenset({ResultKind.CLARIFICATION}),
    "verdict": frozenset({ResultKind.CLARIFICATION}),
    "topic": frozenset(set(ResultKind) - {ResultKind.ITEM}),
    "unit": frozenset(set(ResultKind) - {ResultKind.ITEM}),
    "source": frozenset({ResultKind.ITEM}),
}
"""Which kinds a filter can say something about; the others are left out while it is set."""


def read_label_name(value: str) -> str:
    """Return a label's name as stored: lower case, single blanks."""
    return " ".join(value.replace("\x00", " ").casefold().split())[:40]


@dataclass(frozen=True)
class SearchQuery(QueryFilters):
    """Words and filters; ``since`` and ``until`` are days in Kupang, both included. ``before``: only older ids."""

    q: str = query_arg(text_parser(MAX_QUERY_CHARACTERS), "")
    kind: ResultKind | None = query_arg(enum_parser(ResultKind))
    status: ClaimStatus | None = query_arg(enum_parser(ClaimStatus))
    page_status: ClarificationStatus | None = query_arg(enum_parser(ClarificationStatus))
    verdict: Verdict | None = query_arg(enum_parser(Verdict))
    topic: Topic | None = query_arg(enum_parser(Topic))
    unit: int | None = query_arg(parse_row_id)
    source: int | None = query_arg(parse_row_id)
    label: str = query_arg(read_label_name, "")
    since: date | None = query_arg(parse_day)
    until: date | None = query_arg(parse_day)
    before: int | None = query_arg(parse_row_id)

    @cached_property
    def asked(self) -> SearchWords:
        """The parsed words."""
        return read_search_words(self.q)

    @property
    def kinds(self) -> list[ResultKind]:
        """The kinds to search: the chosen one, or all that the filters apply to."""
        chosen = [self.kind] if self.kind else list(ResultKind)
        return [
            kind
            for kind in chosen
            if all(kind in KINDS_BY_FILTER[name] for name in KINDS_BY_FILTER if getattr(self, name))
        ]

    @property
    def narrow(self) -> bool:
        """True where a filter beside words and kind is set."""
        return bool(replace(self, q="", kind=None, before=None).args())

    @property
    def is_empty(self) -> bool:
        """True for an empty query."""
        return not self.asked and not self.narrow and self.kind is None

    def of(self, kind: ResultKind | None, before: int | None = None) -> dict[str, Any]:
        """Return the query arguments for one kind, from an id on."""
        return replace(self, kind=kind, before=before).args()

    def moments(self) -> tuple[datetime | None, datetime | None]:
        """Return the start (included) and the end (excluded)."""
        first = start_of_day(self.since) if self.since else None
        last = start_of_day(self.until) + timedelta(days=1) if self.until else None
        return first, last
