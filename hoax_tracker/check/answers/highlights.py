"""What a message repeats of a page: its fact or its claim; and the words they share, marked in the original text.

**The fact.** No model is asked. A ban, a warning or an official's voice inside a hoax reads like the city's own
words to a model of stances, and "agrees" beside it would vouch for the hoax. So a message agrees where it is made
up of the page's title, its summary or sentences of these, whole and word for word, and of words that forward a message
or name its source, or where it is the text that the page gives to be shared. Whatever else it says, nobody has read,
and the answer compares. A sentence of the page that could be the claim does not count: one that tells how the claim
circulates, and one that tells most of it without denying it. Of a claim that is true, the whole title and the whole
summary are the fact.

**The claim**, where no officer judged the very words. Matching tells that both are about one matter and that no
detail differs. That is not enough for "the same": a question that names no detail at all ("does water cost more?")
differs in none. A screenshot of the claim is the other way round: a clock, a group's name and a misread letter
stand in it, and it is the claim nonetheless.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

from markupsafe import Markup, escape
from rapidfuzz import fuzz

from classifiers.matcher.details import CONTRASTED_KINDS, compare_details, has_decisive_difference, stands_among
from classifiers.matcher.match import load_shipped_reader
from classifiers.matcher.reading import READING_LENGTH_LIMIT, Reading, stem_or_number
from classifiers.matcher.stance import is_plain_denial
from classifiers.matcher.wording import words_without_small_talk
from classifiers.text.near_duplicate import DENIAL_WORDS, has_denial
from classifiers.text.normalise import token_spans, word_tokens
from hoax_tracker.check.answers.known_wordings import list_answered_words
from hoax_tracker.check.sharing.card_facts import list_share_texts, short_address
from hoax_tracker.desk_search.query_parser import SearchWords, read_search_words
from hoax_tracker.models import Clarification, Verdict

SHOWN_CHARACTERS = 700
_WRITTEN_WORD = re.compile(r"\w+")


def excerpt(text: str, limit: int = SHOWN_CHARACTERS) -> str:
    """Return the beginning of a message with its line breaks, cut at a word."""
    text = text.strip()
    if len(text) <= limit:
        return text
    return text[:limit].rsplit(None, 1)[0] + " …"


def marked(text: str, other: str) -> Markup:
    """Return the beginning of a message, escaped, with each run of two or more words marked that ``other`` shares."""
    shown = excerpt(text)
    return _wrap_in_marks(shown, _join_overlapping_spans(_shared_word_spans(shown, other)))


def underlined(text: str, phrases: Iterable[str]) -> Markup:
    """Return the beginning of a text, escaped, with each occurrence of the phrases marked, ignoring case."""
    shown = excerpt(text)
    longest_first = sorted(filter(str.strip, phrases), key=len, reverse=True)
    wanted = [r"\s+".join(map(re.escape, phrase.split())) for phrase in longest_first]
    if not wanted:
        return escape(shown)
    matches = re.finditer(rf"(?<!\w)(?:{'|'.join(wanted)})(?!\w)", shown, re.IGNORECASE)
    return _wrap_in_marks(shown, [match.span() for match in matches])


COMMON_WORDS_SHOWN = 4


def keep_written_words(words: Iterable[str], text: str, quote: str) -> tuple[str, ...]:
    """Return the first few words that are written in both texts, letter for letter but for capitals."""
    both = set(_WRITTEN_WORD.findall(text.casefold())) & set(_WRITTEN_WORD.findall(quote.casefold()))
    return tuple(word for word in words if word in both)[:COMMON_WORDS_SHOWN]


def found_words(text: str, words: str, limit: int = 0) -> Markup:
    """Return a text in one line, escaped, with the searched words marked in any form.

    A text longer than ``limit`` letters begins near the first of them.
    """
    asked = read_search_words(words)
    shown = _excerpt_near_word(" ".join(str(text).split()), asked, limit) if limit else str(text)
    return _wrap_in_marks(shown, _join_adjacent_spans(shown, asked.places(shown)))


def _wrap_in_marks(text: str, spans: Iterable[tuple[int, int]]) -> Markup:
    """Return a text, escaped, with the spans (start, end) marked; spans are sorted and do not overlap."""
    out, position = Markup(), 0
    for start, end in spans:
        out += escape(text[position:start]) + Markup("<mark>{}</mark>").format(text[start:end])
        position = end
    return out + escape(text[position:])


def _excerpt_near_word(text: str, asked: SearchWords, limit: int) -> str:
    """Return the text around the first searched word, cut at words."""
    if len(text) <= limit:
        return text
    first = next((start for start, _end in asked.places(text)), 0)
    begin = max(0, min(first - limit // 3, len(text) - limit))
    part = text[begin : begin + limit]
    part = part.split(" ", 1)[-1] if begin else part
    if begin + limit < len(text):
        part = part.rsplit(" ", 1)[0] + "…"
    return f"…{part}" if begin else part


def _shared_word_spans(text: str, other: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of every two neighbouring words that are neighbours in the other text as well."""
    neighbours = set(pairwise(word_tokens(other)))
    for first, second in pairwise(token_spans(text)):
        if (first.word, second.word) in neighbours:
            yield first.start, second.end


def _join_adjacent_spans(text: str, spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return sorted spans, merged where only blanks lie between."""
    out: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if out and not text[out[-1][1] : start].strip():
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def _join_overlapping_spans(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return sorted spans, merged where they overlap."""
    out: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


SENTENCE_WORDS = 4
"""Words of a sentence that says enough: "Itu tidak benar" may be said of anything."""
CLAIM_SHARE = 0.5
"""Share of the claim's stems from which a sentence that denies nothing may be the claim."""
OWN_SHARE = 0.9
"""Share of its own stems from which a sentence that stands in a longer claim may be that claim."""
LEAST_COMMON = 2
"""Words with content that a sentence shares with the claim at least: "menurut Dukcapil" tells none."""
_SENTENCE_END = re.compile(r"[.;:!?]+(?=\s|$)|\n")
_HEARSAY_WORDS = "beredar tersebar viral isu kabarnya katanya konon dikabarkan diklaim mengklaim menyebut narasi"
_HEARSAY = frozenset(_HEARSAY_WORDS.split())
"""Words that tell how a claim circulates."""
_SOURCE_WORDS = """
dari menurut kata oleh resmi situs klarifikasi fakta faktanya ppid diskominfo pemkot pemerintah kota kupang
"""
_SOURCE = frozenset(_SOURCE_WORDS.split())
"""Words that name where a message comes from."""
_REASSURING = frozenset(("aman", "normal", "lancar"))
REASSURING_WORDS = 3
"""Words beside a sentence of the page that may say once more, in the page's words, that there is no danger."""
_TURNING_SIGNS = frozenset("?❌🚫⛔✖👎🤥")
TOLD_SHARE = 0.5
"""Share of a claim's stems that a message must tell where the claim has no detail to name."""
DENIED_FROM = 2
"""Words at either end of a sentence that deny all of it: "tidak ada …", "… itu palsu"."""
COPIED_SHARE = 0.9
"""Share of the claim's words that stand in a copy, in order."""
MISREAD_LIKENESS, MISREAD_LETTERS = 80, 5
"""Likeness (0..100) of what a program misread to what stands in the picture, and how long that is: of short words, such
as two months, another one is as alike."""
WORDS_AROUND = 8
"""Words around a copy, such as a sender's name, a clock or "forwarded many times"."""


def repeats_fact(text: str, page: Clarification) -> bool:
    """Return whether a text is the page's share text, or consists of its sentences that do not tell its claim."""
    if not _is_read_whole(text):
        return False
    if _is_share_text(text, page):
        return True
    if any(map(_may_turn_around, text)):
        return False
    words = _read_words(_without_address(text, page))
    sentences = sorted(_list_fact_sentences(page), key=len, reverse=True)
    if words in _list_passages(page, sentences):
        return True
    others = _without_sentences(words, sentences)
    if len(others) == len(words) or _tells_claim_of(text, page):
        return False
    return _SOURCE.union(_read_words(page.unit.name)).issuperset(others) or _only_reassures(words, others, sentences)


def _is_share_text(text: str, page: Clarification) -> bool:
    """Return whether a text is what the page gives to be shared, small talk aside: nothing is added or left out."""
    if short_address(page.number or 0).casefold() not in text.casefold():
        return False
    written = _words_and_signs(text, page)
    return any(written == _words_and_signs(shared, page) for shared in list_share_texts(page))


def _words_and_signs(text: str, page: Clarification) -> tuple[list[str], list[str]]:
    """Return the words of a text but for the page's address, and its signs that may turn it around."""
    return _read_words(_without_address(text, page)), [sign for sign in text if _may_turn_around(sign)]


def _without_address(text: str, page: Clarification) -> str:
    """Return a text in small letters without the page's short address. Any other link is left, and read as a word."""
    address = re.escape(short_address(page.number or 0).casefold())
    return re.sub(rf"(?<!\S){address}(?!\S)", "", text.casefold())


def _tells_claim_of(text: str, page: Clarification) -> bool:
    """Return whether what a text asserts, its denials aside, tells a wording of the page or a claim that it answers.

    To tell a claim that is true is no harm.
    """
    if page.verdict is Verdict.BENAR:
        return False
    wordings = [*_list_wordings(page), *list_answered_words(text, page.id)]
    asserted = {
        wording: ". ".join(part for part in _SENTENCE_END.split(text) if part.strip() and not _denies(part, wording))
        for wording in wordings
    }
    return any(part and _may_be_claim(part, wording) for wording, part in asserted.items())


def _denies(sentence: str, claim: str) -> bool:
    return _denies_what_is_claimed(*(load_shipped_reader().read(part) for part in (sentence, claim)))


def _only_reassures(words: Sequence[str], others: Sequence[str], sentences: Sequence[Sequence[str]]) -> bool:
    """Return whether what a text says beside a sentence that denies calms, in words of the page: "aman dilewati"."""
    if len(others) > REASSURING_WORDS or _REASSURING.isdisjoint(others) or any(map(_changes_the_claim, others)):
        return False
    stated = {stem_or_number(word) for sentence in sentences for word in sentence}
    repeated = [word for word in words if word not in others]
    return has_denial(repeated) and all(word in _REASSURING or stem_or_number(word) in stated for word in others)


def _is_read_whole(text: str) -> bool:
    """Return whether nothing stands behind the part of a text that is read."""
    return len(text) <= READING_LENGTH_LIMIT


def _may_turn_around(character: str) -> bool:
    """Return whether a sign may question or deny what stands beside it, or is of a script that is not read."""
    return character in _TURNING_SIGNS or (character.isalpha() and not character.isascii())


def _without_sentences(words: Sequence[str], sentences: Sequence[Sequence[str]]) -> list[str]:
    """Return the words that are in none of the sentences, the longest of which are found first."""
    remaining: list[str] = list(words)
    for sentence in sentences:
        for start in range(len(remaining) - len(sentence), -1, -1):
            if remaining[start : start + len(sentence)] == list(sentence):
                # The empty word keeps what stood on both sides from forming another sentence.
                remaining[start : start + len(sentence)] = [""]
    return [word for word in remaining if word]


def _list_passages(page: Clarification, facts: Collection[tuple[str, ...]]) -> list[list[str]]:
    """Return the words of the whole title, the whole summary and both, of which each is one of the ``facts``.

    Sentences that are no claim each may tell one together; a whole passage is what the page itself says.
    """
    title, summary = _read_words(page.title), _read_words(page.summary)
    passages = [words for words in (title, summary) if tuple(words) in facts]
    return [*passages, title + summary] if len(passages) == 2 else passages


def _list_fact_sentences(page: Clarification) -> Iterator[tuple[str, ...]]:
    """Yield the words of what states the fact: the whole title, the whole summary, and sentences of both."""
    claims = _list_wordings(page)
    for whole in (page.title, page.summary):
        sentences = [(_read_words(part), _is_fact(part, claims)) for part in _SENTENCE_END.split(whole)]
        whole_words = tuple(_read_words(whole))
        if all(is_fact for _words, is_fact in sentences) or (page.verdict is Verdict.BENAR and _is_fact(whole, ())):
            sentences.append((list(whole_words), True))
        yield from (tuple(words) for words, is_fact in sentences if is_fact and len(words) >= SENTENCE_WORDS)


def _is_fact(sentence: str, claims: Iterable[str]) -> bool:
    """Return whether a sentence of the page neither tells how a claim circulates nor may be one of the claims."""
    is_hearsay = not _HEARSAY.isdisjoint(load_shipped_reader().read(sentence).words)
    return not is_hearsay and not any(_may_be_claim(sentence, claim) for claim in claims)


def _may_be_claim(sentence: str, claim: str) -> bool:
    """Return whether a sentence is most of the claim, or nearly all of itself stands in the claim."""
    sentence_reading, claim_reading = (load_shipped_reader().read(part) for part in (sentence, claim))
    if _denies_what_is_claimed(sentence_reading, claim_reading):
        return False
    common = len(sentence_reading.known & claim_reading.known)
    most_of_claim, most_of_sentence = CLAIM_SHARE * len(claim_reading.known), OWN_SHARE * len(sentence_reading.known)
    return common >= max(min(most_of_claim, most_of_sentence), LEAST_COMMON)


def _denies_what_is_claimed(sentence: Reading, claim: Reading) -> bool:
    """Return whether a sentence denies a word that the claim asserts, or at its head or end a claim without denials."""
    if not has_denial(sentence.words):
        return False
    outer = {*sentence.words[:DENIED_FROM], *sentence.words[-DENIED_FROM:]}
    is_denied_whole = not has_denial(claim.words) and not DENIAL_WORDS.isdisjoint(outer)
    return is_denied_whole or bool(sentence.denied & (claim.known - claim.denied))


def _read_words(text: str) -> list[str]:
    return words_without_small_talk(text, load_shipped_reader())


def names_detail_of_claim(text: str, page: Clarification) -> bool:
    """Return whether a text names a detail that the claim has, or tells half of a claim that has none.

    The agency is no detail here: whoever asks about water names the waterworks; nor are the city and "naik".
    """
    message = load_shipped_reader().read(text)
    for wording in _list_wordings(page):
        claim = load_shipped_reader().read(wording)
        details = [detail for detail in claim.details if detail.kind not in {"agency", *CONTRASTED_KINDS}]
        if any(stands_among(one, details) for one in message.details):
            return True
        if not details and len(message.known & claim.known) >= TOLD_SHARE * len(claim.known):
            return True
    return False


def denies_claim(text: str, page: Clarification) -> bool:
    """Return whether a text denies a word that the claim asserts, or says "it is not true that"."""
    message, claim = (load_shipped_reader().read(part) for part in (text, page.claim_quote))
    return bool(message.denied & claim.known - claim.denied) or is_plain_denial(message.words, message.marks)


def tells_another_claim(page: Clarification, than: Clarification) -> bool:
    """Return whether two pages answer different claims: less than half of the shorter one's stems are in the other."""
    ours, theirs = (load_shipped_reader().read(one.claim_quote).known for one in (page, than))
    return len(ours & theirs) < CLAIM_SHARE * min(len(ours), len(theirs))


def is_near_copy(text: str, page: Clarification) -> bool:
    """Return whether a text is a wording of the page but for a few misread words, and words around it."""
    return _is_read_whole(text) and any(_is_copy_of(text, wording) for wording in _list_wordings(page))


def _is_copy_of(text: str, wording: str) -> bool:
    reader = load_shipped_reader()
    ours, theirs = _read_words(text), _read_words(wording)
    blocks = SequenceMatcher(None, theirs, ours, autojunk=False).get_matching_blocks()[:-1]
    if not blocks:
        return False
    start = max(blocks[0].b - blocks[0].a, 0)
    stop = blocks[-1].b - blocks[-1].a + len(theirs)
    around = [*ours[:start], *ours[stop:]]
    if len(around) > WORDS_AROUND or not DENIAL_WORDS.isdisjoint(around):
        return False
    # A clock above the message is no time that the message tells; a time within it is compared as a number.
    differs = compare_details(reader.read(text).details, reader.read(wording).details)
    if has_decisive_difference([difference for difference in differs if difference.kind != "time"]):
        return False
    return _are_misread(ours[start:stop], theirs)


def _are_misread(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Return whether words differ from others only as misread ones do: no number, denial or further word among them."""
    missing = 0
    for change, start, stop, our_start, our_stop in SequenceMatcher(None, theirs, ours, autojunk=False).get_opcodes():
        read, written = ours[our_start:our_stop], theirs[start:stop]
        if change == "equal":
            continue
        if any(_changes_the_claim(word) for word in (*read, *written)) or len(read) > len(written):
            return False
        if read and not _is_misread("".join(read), "".join(written)):
            return False
        missing += 0 if read else len(written)
    return len(theirs) - missing >= COPIED_SHARE * len(theirs)


def _is_misread(read: str, written: str) -> bool:
    return len(written) >= MISREAD_LETTERS and fuzz.ratio(read, written) >= MISREAD_LIKENESS


def _changes_the_claim(word: str) -> bool:
    return word in DENIAL_WORDS or any(map(str.isdigit, word))


def _list_wordings(page: Clarification) -> list[str]:
    return [wording for wording in (page.claim_quote, *page.wordings) if wording]
