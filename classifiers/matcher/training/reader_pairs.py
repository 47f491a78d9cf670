"""Gather the pairs that the pair reader learns from: messages and claims in their plain forms, with a label.

Repeats and near-misses of the hands (``data/hands``), of ``data/pairs``, ``data/stance`` and the first half of
``data/near_misses``; real texts as they circulated against the claim that fact-checkers looked at; the nearest other
claims as negatives; and made ones (``retellings``). Hands are left out by name, to be measured on.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from classifiers.matcher.reading import Reader
from classifiers.matcher.stance import CLAIMING_STANCES
from classifiers.matcher.training.data import load_hand_messages, load_hand_pages, read_csv_table, read_json_lines
from classifiers.matcher.training.retellings import Reteller
from classifiers.matcher.training.train_stance import is_held_out

REPEAT, NEAR_MISS, OTHER = range(3)
HAND_WEIGHT, NEW_HAND_WEIGHT = 3, 6
"""Times that a pair of a hand counts: only hands have near-misses as long as repeats, and as short. The second is for
hands that are new to a reader that goes on learning; those that it knows then count once. Where it knows all, the first
counts again."""
NEAREST = 3
"""Nearest other claims of which one is drawn as a negative."""
ALIKE_CLAIMS = 0.45
"""Cosine from which two checked claims may be about one story, so that neither is a negative of the other's text."""
MIN_COSINE = 0.08
"""Cosine of a real text with its own claim below which it was probably cut before the claim."""
JOINED_SHARE = 0.3
"""Share of the told messages of a hand that are read once more together with another one's: forwards tell several
claims, and each is to be found."""
COMMANDED_SHARE = 0.06
DENIED_SHARE = 0.4
"""Share of the claims that are denied once, too: the answer to a rumour tells all its words."""
OTHER_WORDS_SHARE = 0.35
"""Share of the told messages of a hand that are read once more with some phrases in other words."""
COMMANDS = (
    "sebarkan", "bagikan", "teruskan", "hati hati", "waspada", "siapkan", "tampung", "tampung air", "jangan lewat",
    "jangan keluar rumah", "jangan makan", "jangan minum", "cepat daftar", "segera ambil", "kasih tahu keluarga",
    "jang pi", "kasi tau dong", "simpan baik baik", "bersiap", "viralkan",
)  # fmt: skip
"""What a forward bids without saying of what; it changes nothing of what the message tells."""
_LABELS = {"repeat": REPEAT, "near": NEAR_MISS, "other": OTHER}


class ReaderPair(NamedTuple):
    """``label``: ``REPEAT``, ``NEAR_MISS`` or ``OTHER``; ``origin``: how the pair was made."""

    message: str
    claim: str
    label: int
    origin: str


@dataclass(frozen=True)
class PairSources:
    """``data``: our data folder; ``retrieval``: public sets; ``hands``: those that are learned from.

    ``known_hands``: those that the weights to begin with have learned from.
    """

    data: Path
    retrieval: Sequence[Path]
    hands: Collection[str]
    known_hands: Collection[str] = ()

    def weight_of(self, hand: str) -> int:
        """Return how often a pair of a hand counts."""
        if set(self.hands) <= set(self.known_hands) or not self.known_hands:
            return HAND_WEIGHT
        return 1 if hand in self.known_hands else NEW_HAND_WEIGHT


class _Claims:
    """Claims in plain form, and which of them are nearest to a text."""

    def __init__(self, claims: dict[str, str]) -> None:
        self.by_id = claims
        self._ids = list(claims)
        self._words = TfidfVectorizer(sublinear_tf=True).fit(claims.values())
        self._rows = self._words.transform(claims.values())

    def nearest(self, text: str, but: str = "") -> list[str]:
        cosines = (self._rows @ self._words.transform([text]).T).toarray().ravel()
        return [self.by_id[self._ids[at]] for at in (-cosines).argsort()[: NEAREST + 1] if self._ids[at] != but][
            :NEAREST
        ]


def gather_pairs(sources: PairSources, reader: Reader, seed: int) -> list[ReaderPair]:
    """Return all pairs in an order drawn by the seed."""
    chance = random.Random(seed)  # noqa: S311 - a reproducible sample, not a secret
    by_hand = {hand: list(hand_pairs(sources.data, hand, reader, chance)) for hand in sorted(sources.hands)}
    own = own_pairs(sources.data, reader, chance)
    public = [pair for path in sources.retrieval for pair in _public_pairs(path, reader, chance)]
    everything = [*(pair for pairs in by_hand.values() for pair in pairs), *own, *public]
    every = [pair.claim for pair in everything]
    teller = Reteller(reader.lexicon.stop_words, every, load_same_words(sources.data, reader), seed)
    everything += [pair for pairs in by_hand.values() for pair in lengthened_pairs(pairs, chance)]
    everything += [pair for pairs in by_hand.values() for pair in reworded_pairs(pairs, teller, chance)]
    everything += _made_pairs(everything, _labelled_texts(sources.data, reader), teller, seed)
    for hand, pairs in by_hand.items():
        everything += pairs * (sources.weight_of(hand) - 1)
    chance.shuffle(everything)
    return everything


def hand_pairs(data: Path, hand: str, reader: Reader, chance: random.Random) -> Iterator[ReaderPair]:
    """Yield the messages of a hand with their pages, and some with the nearest page that they are not about."""
    claims = _Claims({page.id: plain(page.claim, reader) for page in load_hand_pages(data, hand)})
    for message in load_hand_messages(data, hand):
        text = plain(message.text, reader)
        if message.page:
            yield ReaderPair(text, claims.by_id[message.page], _LABELS[message.label], "hand")
        if not message.page or chance.random() < 0.4:
            yield ReaderPair(text, chance.choice(claims.nearest(text, message.page)), OTHER, "hand, nearest")


def lengthened_pairs(pairs: Sequence[ReaderPair], chance: random.Random) -> Iterator[ReaderPair]:
    """Yield messages of a hand that tell another matter as well, or end with a bare command: each label stays."""
    labelled = [pair for pair in pairs if pair.label in (REPEAT, NEAR_MISS)]
    for pair in labelled:
        other = chance.choice(labelled)
        if other.claim != pair.claim and chance.random() < JOINED_SHARE:
            both = [pair, other]
            chance.shuffle(both)
            text = " ".join(one.message for one in both)
            yield from (ReaderPair(text, one.claim, one.label, "hand, joined") for one in both)
        if chance.random() < COMMANDED_SHARE:
            yield pair._replace(message=f"{pair.message} {chance.choice(COMMANDS)}", origin="hand, commanded")


def reworded_pairs(pairs: Sequence[ReaderPair], teller: Reteller, chance: random.Random) -> Iterator[ReaderPair]:
    """Yield messages of a hand in other words that say the same: each label stays."""
    for pair in pairs:
        if pair.label in (REPEAT, NEAR_MISS) and chance.random() < OTHER_WORDS_SHARE:
            reworded = teller.tell_in_other_words(pair.message)
            if reworded != pair.message:
                yield pair._replace(message=reworded, origin="hand, reworded")


def load_same_words(data: Path, reader: Reader) -> list[list[str]]:
    """Return the groups of phrases that say the same, in plain form."""
    lines = (data / "language" / "same_words.txt").read_text(encoding="utf-8").splitlines()
    return [list(dict.fromkeys(plain(phrase, reader) for phrase in line.split(" = "))) for line in lines]


def own_pairs(data: Path, reader: Reader, chance: random.Random) -> list[ReaderPair]:
    """Return the pairs of ``data/pairs``, ``data/near_misses`` and ``data/stance``."""
    pages = read_json_lines(data / "pairs" / "clarifications.jsonl")
    pages += [
        row for row in read_json_lines(data / "near_misses" / "clarifications.jsonl") if not is_held_out(row["id"])
    ]
    claims = {row["id"]: plain(row["claim"], reader) for row in pages}
    claims |= {row["matter"]: plain(row["claim"], reader) for row in read_csv_table(data / "stance" / "matters.csv")}
    labelled = [
        (row["text"], row["clarification"], REPEAT if row["answers"] == "1" else other)
        for folder, other in (("pairs", OTHER), ("near_misses", NEAR_MISS))
        for row in read_csv_table(data / folder / "messages.csv")
        if row["clarification"] in claims
    ]
    labelled += [
        (row["text"], row["matter"], REPEAT if row["stance"] in CLAIMING_STANCES else NEAR_MISS)
        for row in read_csv_table(data / "stance" / "messages.csv")
    ]
    near, pairs = _Claims(claims), []
    for text, page, label in labelled:
        message = plain(text, reader)
        pairs.append(ReaderPair(message, claims[page], label, "own"))
        if chance.random() < 0.45:
            pairs.append(ReaderPair(message, chance.choice(near.nearest(message, page)), OTHER, "own, nearest"))
    for row in read_csv_table(data / "pairs" / "unrelated.csv"):
        message = plain(row["text"], reader)
        pairs.append(ReaderPair(message, near.nearest(message)[0], OTHER, "own, nearest"))
    return pairs


def _public_pairs(path: Path, reader: Reader, chance: random.Random) -> list[ReaderPair]:
    """Return real texts with the claim that was checked, and with the nearest claims of other stories."""
    rows = [row for row in read_json_lines(path) if not row["verbatim"] and len(row["query"].split()) > 1]
    texts, claims = ([plain(row[key], reader) for row in rows] for key in ("query", "doc_title"))
    words = TfidfVectorizer(sublinear_tf=True).fit(texts + claims)
    rows_of_claims = words.transform(claims)
    near = (words.transform(texts) @ rows_of_claims.T).toarray()
    alike = (rows_of_claims @ rows_of_claims.T).toarray()
    pairs = []
    for at, row in enumerate(rows):
        if near[at, at] < MIN_COSINE or (near[at] > near[at, at]).sum() > 15 or len(claims[at].split()) < 3:
            continue
        pairs.append(ReaderPair(texts[at], claims[at], REPEAT, "public"))
        group = row.get("group")
        others = [
            other
            for other in np.argsort(-near[at])[:8]
            if alike[at, other] < ALIKE_CLAIMS and (group is None or rows[other].get("group") != group)
        ][:NEAREST]
        drawn = chance.sample(others, min(len(others), chance.choice((1, 1, 2))))
        pairs += [ReaderPair(texts[at], claims[other], OTHER, "public, nearest") for other in drawn]
    return pairs


def _made_pairs(pairs: Sequence[ReaderPair], texts: Sequence[str], teller: Reteller, seed: int) -> list[ReaderPair]:
    """Return retellings, changes and denials of claims, and told texts with a told detail of their claim changed."""
    chance = random.Random(seed + 1)  # noqa: S311 - a reproducible sample, not a secret
    own = sorted({pair.claim for pair in pairs if pair.origin in ("own", "hand")})
    public = sorted({pair.claim for pair in pairs if pair.origin == "public" and 5 <= len(pair.claim.split()) <= 40})
    repeats = sorted({pair.message for pair in pairs if pair.origin == "hand" and pair.label == REPEAT})
    claims = (
        own * 3
        + chance.sample(public, int(len(public) * 0.35))
        + chance.sample(repeats, len(repeats) // 3)
        + list(texts)
    )
    every = [pair.claim for pair in pairs]
    made: list[ReaderPair] = []
    for claim in claims:
        made.append(ReaderPair(teller.retell(claim), claim, REPEAT, "made"))
        made.append(ReaderPair(teller.copy(claim), claim, REPEAT, "made, copied"))
        if changed := teller.near_miss(claim, chance.choice(every)):
            made.append(ReaderPair(changed, claim, NEAR_MISS, "made"))
        if chance.random() < DENIED_SHARE:
            made.append(ReaderPair(teller.deny(claim), claim, NEAR_MISS, "made"))
    for pair in pairs:
        if pair.label == REPEAT and chance.random() < 0.6:
            shared_words = set(pair.message.split()) & set(pair.claim.split())
            if changed := teller.change(pair.claim, chance.choice(every), shared_words):
                made.append(ReaderPair(pair.message, changed, NEAR_MISS, f"{pair.origin}, changed"))
    return made


def _labelled_texts(data: Path, reader: Reader) -> list[str]:
    """Return short texts of the labelled corpus that make a claim."""
    kinds = ("misinformation_calm", "misinformation_loud", "true_loud", "allegation")
    rows = [row for kind in kinds for row in read_csv_table(data / "labelled" / f"{kind}.csv")]
    return [plain(row["text"], reader) for row in rows if len(row["text"].split()) < 45]


def plain(text: str, reader: Reader) -> str:
    """Return a text in plain form."""
    return reader.read(text).plain
