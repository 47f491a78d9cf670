"""Read a text once for the matcher: stems, numbers, names, details and manner of speaking."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice, pairwise
from pathlib import Path
from types import MappingProxyType

from classifiers.matcher.details import Detail, ToldWords, read_details, shorten_written
from classifiers.matcher.pair_reader.encoding import plain_form
from classifiers.text.gazetteer import Gazetteer, Mention
from classifiers.text.lexicon import Lexicon, read_csv_rows
from classifiers.text.memo import TEXT_CACHE_SIZE, memoise_per_word
from classifiers.text.near_duplicate import DENIAL_WORDS, SKETCH_WORDS as DENIED_WITHIN, is_denial_in_question
from classifiers.text.normalise import LINK_WORD, sentence_bounds, stem_word, tokenise_text, word_tokens
from classifiers.text.phrases import PhraseIndex, drop_overlapping_hits
from classifiers.text.quantities import Quantity, read_quantities
from classifiers.text.rewording import EverydayWords

READING_LENGTH_LIMIT = 4_000
"""Maximum characters that are read. A claim stands at the head; reading further only takes time."""

_PERCENT = re.compile(r"(?<=\d)\s*%")
_TITLE_WORDS = "bapak ibu pak bu kakak om tante mama bapa"
_TITLES = frozenset(_TITLE_WORDS.split())
# Words that forward a message or ask about it. They carry no claim.
_TALK_WORDS = """
kabar info informasi berita sebar viral grup share bagi teman kawan keluarga cek tanya jawab dengar lihat bilang omong
cerita benar betul batul hoaks hoax bohong pesan terus admin min selamat katong saya video foto unggah klaim konten akun
beredar edar fakta isu narasi
"""
_TALK = frozenset(_TALK_WORDS.split())
_NEGATION_WORDS = "tidak bukan belum jangan tanpa bantah batal sonde tak enggak gak hoaks hoax palsu bohong"
_NEGATIONS = frozenset(_NEGATION_WORDS.split())

_NOTED_MARKS = "?!*:"
_MAX_DETAILS = 60
"""Maximum details of a text. Claims have fewer, and each is compared with each of the other text."""
_DENIAL_REACH = 6
_BETWEEN_WORDS = "akan jadi pernah lagi ada rencana bakal mau juga dapat bisa boleh perlu harus sampai di ke"
_BETWEEN = frozenset(_BETWEEN_WORDS.split())
"""Words between a negation and the word that it negates: "tidak akan ditutup"."""

_TOWARDS = frozenset(("ke", "pi", "pergi", "menuju"))
_JOINING = frozenset(("dan", "deng", "dengan", "atau", "serta"))
_PLACE_WORDS = """
pasar terminal rumah sakit rsud rs puskesmas kelurahan kampung kantor pelabuhan bandara jalan sekolah pantai taman
wilayah daerah
"""
_PLACE_NOUNS = frozenset(_PLACE_WORDS.split())
"""Words that may stand between "to" and the name of a place."""


@dataclass(frozen=True)
class Reading:
    """A text as the matcher reads it.

    ``text``: as it was read; ``words``: all clean words; ``stems``: of the content words, in order; ``sentences``:
    stems of each sentence; ``numbers``: typed quantities; ``places`` and ``offices``: names from the gazetteer, offices
    as codes of units; ``names``: both as people call them; ``negations``: number of negations; ``details``: typed
    slots; ``marks``: which of "?!*:" occur; ``written``: each name with its first spelling in the text;
    ``told`` and ``told_numbers``: words and quantities with long names by their short form; ``compounds``: the stems
    that one written word stands for, where these are several ("bemo" is "angkutan kota").
    """

    text: str
    words: tuple[str, ...]
    stems: tuple[str, ...]
    sentences: tuple[frozenset[str], ...]
    numbers: tuple[Quantity, ...]
    places: frozenset[str]
    offices: frozenset[str]
    names: frozenset[str]
    asks_service: bool
    asks_truth: bool
    negations: int
    details: tuple[Detail, ...] = ()
    marks: frozenset[str] = frozenset()
    written: tuple[tuple[str, str], ...] = ()
    told: tuple[str, ...] = ()
    told_numbers: tuple[Quantity, ...] = ()
    compounds: tuple[frozenset[str], ...] = ()

    @cached_property
    def plain(self) -> str:
        """Return the plain form for the pair reader."""
        return plain_form(self.told, self.told_numbers)

    @cached_property
    def known(self) -> frozenset[str]:
        """Return the distinct stems."""
        return frozenset(self.stems)

    @cached_property
    def denied(self) -> frozenset[str]:
        """Return the stems that the text denies: the next content word after each negation near the head."""
        head = self.words[:DENIED_WITHIN]
        places = [
            position
            for position, word in enumerate(head)
            if word in DENIAL_WORDS and not is_denial_in_question(head, position)
        ]
        nexts = (
            next((word for word in head[position + 1 : position + _DENIAL_REACH] if word not in _BETWEEN), "")
            for position in places
        )
        return frozenset(stem_or_number(word) for word in nexts if word)

    def said(self, stem: str) -> str:
        """Return the word of the text with this stem."""
        return self._said.get(stem, stem)

    @cached_property
    def _said(self) -> dict[str, str]:
        return {stem_or_number(word): word for word in reversed(self.words)}


class _ShortNames:
    """Reads a long name as its short form, so that "demam berdarah" and "DBD" are one cause.

    The list is ``everyday_words.csv``, by which wordings are offered, too: its rows with one word for several.
    """

    def __init__(self, names: Mapping[str, str], lexicon: Lexicon, stem: Callable[[str], str]) -> None:
        """Take short forms by long name; ``stem``: returns the stem of a word."""
        read = [(word_tokens(long, lexicon), short.lower()) for long, short in names.items()]
        one_word = [(words, short) for words, short in read if len(words) > 1 and " " not in short]
        self._short = [short for _, short in one_word]
        self._index = PhraseIndex([(words, key) for key, (words, _) in enumerate(one_word)])
        self._stem = stem

    def shorten(self, tokens: ToldWords, numbers: Sequence[Quantity]) -> tuple[ToldWords, list[Quantity]]:
        """Return a text with its long names by their short form, and its quantities at their places therein."""
        hits = drop_overlapping_hits(self._index.find(tokens.words))
        if not hits:
            return tokens, list(numbers)
        words, stems, starts, ends = list(tokens.words), list(tokens.stems), list(tokens.starts), list(tokens.ends)
        moved = list(range(len(words) + 1))
        for hit in reversed(hits):
            short, left_out = self._short[hit.key], hit.stop - hit.start - 1
            words[hit.start : hit.stop], stems[hit.start : hit.stop] = [short], [self._stem(short)]
            del starts[hit.start + 1 : hit.stop], ends[hit.start : hit.stop - 1]
            moved[hit.stop :] = [place - left_out for place in moved[hit.stop :]]
        within = {place for hit in hits for place in range(hit.start, hit.stop)}  # "pedagang kaki lima" counts nothing
        free = [number for number in numbers if number.start not in within]
        placed = [number._replace(start=moved[number.start], stop=moved[number.stop]) for number in free]
        return ToldWords(tokens.text, words, stems, starts, ends), placed


class Reader:
    """Reads texts with the word lists of an installation. Recent readings are cached."""

    def __init__(
        self,
        lexicon: Lexicon,
        gazetteer: Gazetteer,
        questions: Sequence[tuple[str, str]] = (),
        short_names: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Take the lists.

        ``questions``: phrases with their kind, "service" or "truth"; ``short_names``: the short form of long names.
        """
        self.lexicon = lexicon
        self.gazetteer = gazetteer
        kinds = [kind for _, kind in questions]
        phrases = [(word_tokens(phrase, lexicon), number) for number, (phrase, _) in enumerate(questions)]
        self._questions = PhraseIndex([(words, number) for words, number in phrases if words])
        self._kinds = kinds
        self.read = lru_cache(maxsize=TEXT_CACHE_SIZE)(self._read)
        self._told = memoise_per_word(self._root_told)
        self._short_names = _ShortNames(short_names, lexicon, self._told)

    @classmethod
    def from_folder(cls, data: Path) -> Reader:
        """Return a reader with the lists in ``data/language`` and ``data/kupang``. A missing list counts as empty."""
        lexicon = Lexicon.from_folder(data / "language")
        rows = read_csv_rows(data / "language" / "question_words.csv")
        questions = [(row["word"].lower(), row["kind"]) for row in rows]
        names = EverydayWords.from_folder(data / "language").everyday
        return cls(lexicon, Gazetteer.from_folder(data / "kupang", lexicon), questions, names)

    def _read(self, text: str) -> Reading:
        text = _PERCENT.sub(" persen", text[:READING_LENGTH_LIMIT])
        words, _, starts, ends = tokenise_text(text, self.lexicon)
        # "" for words that carry no claim.
        roots = list(map(self._told, words))
        mentions = [mention for mention in self.gazetteer.find(text) if _is_telling_name(mention, text)]
        kinds = {self._kinds[hit.key] for hit in self._questions.find(words)}
        numbers = read_quantities(words)
        roots = _with_numbers_in_one_form(roots, numbers, words)
        spelled = [(name, shorten_written(text[name.start : name.end])) for name in mentions]
        located = [(name, spelling) for name, spelling in spelled if name.kind == "place" or _is_hospital(name)]
        written = [(name.name, spelling) for name, spelling in located]
        destinations = list(_iterate_destinations(located, words, starts))
        places = frozenset(name for name, _spelling in written)
        short_words, short_numbers = self._short_names.shorten(ToldWords(text, words, roots, starts, ends), numbers)
        offices = frozenset(_unit_of(name) for name in mentions if name.kind in ("office", "programme"))
        # A named unit acts. Where none is named, the unit of a programme does: "PBB", "tarif air PDAM".
        named = {unit: spelling for name, spelling in reversed(spelled) if (unit := _acting_unit(name))}
        acting = sorted((named or dict.fromkeys(offices, "")).items())
        return Reading(
            text=text,
            words=tuple(words),
            stems=tuple([root for root in roots if root]),
            sentences=tuple(_stems_by_sentence(text, starts, roots)),
            numbers=tuple(numbers),
            places=places,
            offices=offices,
            names=frozenset(name.name for name in mentions),
            asks_service="service" in kinds,
            asks_truth="truth" in kinds or "?" in text,
            negations=len([word for word in words if word in _NEGATIONS]),
            marks=frozenset(mark for mark in _NOTED_MARKS if mark in text),
            written=tuple({name.name: spelling for name, spelling in reversed(spelled)}.items())[::-1],
            details=tuple(_distinct_details(read_details(short_words, short_numbers, acting, written, destinations))),
            told=tuple(short_words.words),
            told_numbers=tuple(short_numbers),
            compounds=tuple(_iterate_compounds(starts, roots)),
        )

    def stems(self, text: str) -> list[str]:
        """Return the stems of a text that carry a claim, in order, without reading it whole."""
        return self.content(word_tokens(text, self.lexicon))

    def content(self, words: Sequence[str]) -> list[str]:
        """Return the stems of the words that carry a claim, in order."""
        return [root for root in map(self._told, words) if root]

    def _root_told(self, word: str) -> str:
        """Return the stem of a word that carries a claim, "" for others."""
        stem = stem_or_number(word) if self._has_content(word) else ""
        return "" if stem in _TALK else stem

    def _has_content(self, word: str) -> bool:
        usual = word in self.lexicon.stop_words or word in _TITLES
        return not usual and word != LINK_WORD and (len(word) > 1 or word.isdigit())


def _distinct_details(details: Iterable[Detail]) -> Iterable[Detail]:
    """Return the first ``_MAX_DETAILS`` distinct details."""
    distinct: dict[tuple[str, str | float, bool], Detail] = {}
    for detail in details:
        distinct.setdefault((detail.kind, detail.value, detail.is_vague), detail)
    return islice(distinct.values(), _MAX_DETAILS)


def _unit_of(mention: Mention) -> str:
    """Return the unit of a mention: for a building the unit that runs it, not the kelurahan where it stands."""
    return mention.answers or mention.unit or mention.name


def _acting_unit(mention: Mention) -> str:
    """Return the unit of a named office, "" for other names."""
    unit = _unit_of(mention) if mention.kind == "office" and not _is_hospital(mention) else ""
    return unit if unit.islower() else ""


def _is_hospital(mention: Mention) -> bool:
    """Tell whether a name is a hospital's: the city's own is an office, the others are none, and all are places."""
    return mention.name.startswith("RS")


def _iterate_destinations(
    located: Sequence[tuple[Mention, str]], words: Sequence[str], starts: Sequence[int]
) -> Iterator[tuple[str, str]]:
    """Yield name and spelling of the places that a word for "to" stands before, and of those listed behind one."""
    end: int | None = None  # behind the last destination, where its list may go on
    for mention, spelling in located:
        start = bisect_left(starts, mention.start)
        while start and words[start - 1] in _PLACE_NOUNS:
            start -= 1
        is_listed = end is not None and _JOINING.issuperset(words[end:start])
        if is_listed or (start and words[start - 1] in _TOWARDS):
            end = bisect_left(starts, mention.end)
            yield mention.name, spelling


def _with_numbers_in_one_form(roots: Sequence[str], numbers: Sequence[Quantity], words: Sequence[str]) -> list[str]:
    """Return the roots with each number in digits, so that "lima belas" equals "15". A month keeps its stem."""
    forms = list(roots)
    for kind, value, start, end in numbers:
        stop = end - (kind == "date" and not words[end - 1][0].isdigit())
        if any(forms[start:stop]):
            forms[start:stop] = [f"{value % 100 if kind == 'date' else value:.12g}", *[""] * (stop - start - 1)]
    return forms


# Names of the whole city occur in nearly every clarification and distinguish nothing.
_CITY_WIDE_NAMES = frozenset(("Kota Kupang", "Kupang", "Pemerintah Kota Kupang", "Kota Kasih"))


def _is_telling_name(mention: Mention, text: str) -> bool:
    # "serang" means attack, "Serang" is a town: names from elsewhere must be capitalised. What the nation owns in a
    # kelurahan of the city, such as a bridge, is not about the city but here.
    is_here = mention.about_city or (mention.kind == "place" and mention.unit is not None)
    return mention.name not in _CITY_WIDE_NAMES and (is_here or text[mention.start].isupper())


def _stems_by_sentence(text: str, starts: Sequence[int], roots: Sequence[str]) -> list[frozenset[str]]:
    """Return the nonempty stem sets of the sentences; ``starts`` and ``roots``: of each word."""
    cuts = [bisect_left(starts, bound) for bound in sentence_bounds(text)]
    sentences = [frozenset(roots[first:last]) - _EMPTY_STEM for first, last in pairwise(cuts)]
    return [stems for stems in sentences if stems]


def _iterate_compounds(starts: Sequence[int], roots: Sequence[str]) -> Iterator[frozenset[str]]:
    """Yield the stems of words that begin at one place of the text, where these are several."""
    for at in [at for at in range(1, len(starts)) if starts[at] == starts[at - 1]]:
        yield frozenset(roots[at - 1 : at + 1]) - _EMPTY_STEM


_EMPTY_STEM = frozenset(("",))


def stem_or_number(word: str) -> str:
    """Return the stem of a clean word, or a number without separators."""
    if word[0].isdigit():
        return word.rstrip(".,:").replace(".", "").replace(",", "")
    # The stemmer is slow on long nonsense, which has no root.
    return stem_word(word) if len(word) < 25 else word[:25]
