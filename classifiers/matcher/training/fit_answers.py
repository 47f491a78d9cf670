r"""Fit the curves and lines by which a judge's numbers become answers, on hands that the judge has not learned from.

    python -m classifiers.matcher.training.fit_answers --reader build/without_e_f.npz --reader build/without_g_h.npz \
        --retrieval ../shared/data/retrieval/tbh2026.jsonl

Each hand is judged by the first given reader that did not learn from it; a hand that all of them know is passed over
but for the gate by words. So are twins, which are no sample of what is sent: half of them are nearly the claim's words,
and none is about something else.
The gates are fitted on all these, the lines and curves on chances by gates that had not seen the hand. Of the public
set only every second story is used, with .4 of the weight of all hands: real texts say how far a likeness holds.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.metrics import roc_auc_score

from classifiers.matcher.document import Document, Page
from classifiers.matcher.gate import Floats
from classifiers.matcher.index.document_frequency import Weights
from classifiers.matcher.judging import (
    ANSWERS_FILE,
    AnswerCurves,
    AnswerModel,
    Judge,
    PairJudgement,
    loses_stamp as rule_takes_stamp,
)
from classifiers.matcher.match import Matcher, load_shipped_reader
from classifiers.matcher.model_file import load_match_model
from classifiers.matcher.pair_features import REPEAT_FEATURES, WORD_FEATURES, Feature, log_odds, repeat_features
from classifiers.matcher.pair_reader.model import PairReader
from classifiers.matcher.reading import Reading
from classifiers.matcher.shown_pages import SHOWN_FROM
from classifiers.matcher.stance import Told
from classifiers.matcher.training.data import HandMessage, load_hand_messages, load_hand_pages, read_json_lines
from classifiers.matcher.training.train import Size, fit_calibration, fit_gate
from classifiers.shipped import list_hands, shipped_data_folder

NEAR_MISSES_PASSED = 0.025
"""Share of the near-misses of hands held out that may be stamped."""
UNRELATED_SHOWN = 0.015
"""Share of the messages about something else that may be shown a page, on the hands and on real texts each."""
PUBLIC_SET, PUBLIC_WEIGHT = "public", 0.4
FOREIGN_MESSAGES = 250
EASY_HANDS = frozenset("abcdefghijklmnopqrstuv")
"""Hands whose near-misses words alone tell better than those of later hands: they teach nothing here."""
UNRELATED = ("other", "none")
"""Labels of messages that no page answers."""
LEAST_WEIGHT = 0.1
"""Least weight of a term of a curve."""
SIZE = Size(trees=120, leaves=5, cases_in_leaf=30, line_strength=0.1)


Figures = dict[str, Any]


class Outcome(NamedTuple):
    """A message and its first page: ``label`` as in ``HandMessage``; ``right``: it is the page it is about.

    ``related``: what the pair reader says; ``loses_stamp``: a rule takes the stamp away; ``row``: of
    ``REPEAT_FEATURES``, None where no page is near.
    """

    set: str
    label: str
    right: bool
    likeness: float
    related: float
    loses_stamp: bool
    row: Floats | None


@dataclass(frozen=True)
class AskedSet:
    """Pages, messages about them, and which further pages answer as a message's own does."""

    name: str
    documents: Sequence[Document]
    messages: Sequence[HandMessage]
    same: Mapping[str, frozenset[str]]


def hand_set(data: Path, hand: str) -> AskedSet:
    """Return a hand as a set."""
    return AskedSet(hand, load_hand_pages(data, hand), load_hand_messages(data, hand), {})


def public_set(path: Path, foreign: Sequence[Path], *, half: int) -> AskedSet:
    """Return one half of the stories of a public set, and texts of other sets that none of its pages answers."""
    rows = [
        row
        for row in read_json_lines(path)
        if not row["verbatim"] and len(row["query"].split()) > 1 and crc32(str(row["group"]).encode()) % 2 == half
    ]
    documents = [
        Document(row["id"], row["doc_title"], row["doc_title"], row.get("doc_kesimpulan") or row["doc_body"][:1200])
        for row in rows
    ]
    messages = [HandMessage(row["id"], "real", "repeat", row["query"]) for row in rows]
    for other in foreign:
        texts = [row["query"] for row in read_json_lines(other) if row.get("category") != "scam"]
        chosen = sorted(texts, key=lambda text: crc32(f"{half}{text}".encode()))[:FOREIGN_MESSAGES]
        messages += [HandMessage("", "real", "none", text) for text in chosen]
    same = {
        row["id"]: frozenset(
            other["id"]
            for other in rows
            if other["group"] == row["group"] or other["doc_title"].lower() == row["doc_title"].lower()
        )
        for row in rows
    }
    return AskedSet(PUBLIC_SET, documents, messages, same)


class GatheringJudge(Judge):
    """Orders pages by the pair reader alone, or by likeness, and reads each pair once."""

    def __init__(self, reader: PairReader | None) -> None:
        """Take the reader, without which likeness orders; the gate of these curves is never asked."""
        curves = AnswerCurves(load_match_model().ranking, np.array([1.0, 0.5, 0.0]), np.array([0.3, 0.9, 0.0]))
        super().__init__(curves, reader)
        self.__dict__["read"] = cache(super().read)

    def judge(self, message: Reading, telling: Told, page: Page, likeness: float, weights: Weights) -> PairJudgement:
        """Return the chances of the reader."""
        chances = self.read(message, page)
        return PairJudgement(chances.repeat, 1 - chances.other) if chances else PairJudgement(0.5, 0.5)


def _gather_outcomes(asked: AskedSet, reader: PairReader | None) -> list[Outcome]:
    """Return the outcome of each message of a set among its pages."""
    judge = GatheringJudge(reader)
    matcher = Matcher(asked.documents, judge=judge)
    return [_outcome(asked, message, matcher, judge) for message in asked.messages]


def _outcome(asked: AskedSet, message: HandMessage, matcher: Matcher, judge: Judge) -> Outcome:
    # The halves of the public set are held out from each other as two hands are.
    name = f"{PUBLIC_SET} {crc32(message.text.encode()) % 2}" if asked.name == PUBLIC_SET else asked.name
    best = next(iter(matcher.judged(message.text)), None)
    if best is None or best.judged is None:
        return Outcome(name, message.label, False, best.likeness if best else 0.0, 0.5, True, None)
    reading = load_shipped_reader().read(message.text)
    telling = Told.of(reading.words, reading.marks)
    right = bool(message.page) and best.page.id in {message.page, *asked.same.get(message.page, ())}
    chances = judge.read(reading, best.page)
    row = repeat_features(reading, telling, best.page, best.likeness, chances, matcher.index.weights)
    lost = rule_takes_stamp(reading, best.page)
    return Outcome(name, message.label, right, best.likeness, best.judged.related, lost, row)


def _fit_curves(outcomes: Sequence[Outcome], features: Sequence[Feature]) -> tuple[AnswerCurves, dict[str, Figures]]:
    """Return gate, curves and lines, the latter from chances by gates that had not seen the hand; and figures by set.

    The figures are those chances with the shipped curves and the line that all hands together drew.
    """
    part = [outcome for outcome in outcomes if outcome.row is not None]
    rows = np.array([outcome.row[: len(features)] for outcome in part if outcome.row is not None])
    answers = np.array([outcome.right and outcome.label == "repeat" for outcome in part])
    weights = _weights(part)
    odds = np.zeros(len(part))
    sets = np.array([outcome.set for outcome in part])
    for name in np.unique(sets):
        seen = sets != name
        odds[~seen] = fit_gate(rows[seen], answers[seen], weights[seen], features, SIZE).raw(rows[~seen])
    calibration = fit_calibration(odds, answers, weights)
    gate = replace(fit_gate(rows, answers, weights, features, SIZE), calibration=calibration)
    repeats = gate.probability_of(odds)
    likenesses = np.array([log_odds(outcome.likeness) for outcome in part])
    uses_reader = len(features) == len(REPEAT_FEATURES)
    related = np.array([log_odds(outcome.related) if uses_reader else 0.0 for outcome in part])
    about = np.array([outcome.right and outcome.label != "other" for outcome in part])
    relevance = _regression(np.column_stack([likenesses, related]), about, weights)
    answer = _regression(np.column_stack([likenesses, list(map(log_odds, repeats))]), answers, weights)
    relevant = np.column_stack([likenesses, related]) @ relevance[:-1] + relevance[-1]
    relevance[-1] -= _odds_shown_from(outcomes, part, relevant)
    shown = np.column_stack([likenesses, related]) @ relevance[:-1] + relevance[-1] >= log_odds(SHOWN_FROM)
    near = np.array([outcome.label == "near" for outcome in part])
    stamped = np.where(shown & ~np.array([outcome.loses_stamp for outcome in part]), repeats, 0.0)
    count = sum(outcome.label == "near" for outcome in outcomes)
    line = _line(stamped[near], int(NEAR_MISSES_PASSED * count))
    curves = AnswerCurves(replace(gate, thresholds=np.array([SHOWN_FROM, line])), relevance, answer)
    terms = np.column_stack([likenesses, list(map(log_odds, repeats)), np.ones(len(part))])
    probabilities = 1 / (1 + np.exp(-terms @ answer))
    figures = {}
    for name in np.unique(sets):
        of, ours = [outcome for outcome in outcomes if outcome.set == name], sets == name
        places = [at for at, outcome in enumerate(of) if outcome.row is not None]
        figures[str(name)] = _figures(of, places, probabilities[ours], shown[ours], stamped[ours] >= line)
    return curves, figures


def _odds_shown_from(outcomes: Sequence[Outcome], part: Sequence[Outcome], relevant: Floats) -> float:
    """Return the log-odds from which a page is shown: few unrelated messages of hands, and of real texts, reach it."""
    drawn = []
    for public in (True, False):
        count = sum(_is_unrelated(outcome) and _is_public(outcome) == public for outcome in outcomes)
        chosen = [_is_unrelated(outcome) and _is_public(outcome) == public for outcome in part]
        if count:
            drawn.append(_line(relevant[chosen], int(UNRELATED_SHOWN * count)))
    return max(drawn)


def _is_unrelated(outcome: Outcome) -> bool:
    return outcome.label in UNRELATED


def _is_public(outcome: Outcome) -> bool:
    return outcome.set.startswith(PUBLIC_SET)


def _weights(outcomes: Sequence[Outcome]) -> Floats:
    """Return weights by which the public set counts ``PUBLIC_WEIGHT`` of all hands together."""
    public = np.array([_is_public(outcome) for outcome in outcomes])
    return np.where(public, PUBLIC_WEIGHT * (~public).sum() / max(public.sum(), 1), 1.0)


def _regression(terms: Floats, labels: npt.NDArray[np.bool_], weights: Floats) -> Floats:
    """Return the weights of terms that may only raise the odds, the intercept last."""
    signs, rows = np.where(labels, 1.0, -1.0), np.column_stack([terms, np.ones(len(terms))])

    def loss(of: Floats) -> float:
        return float((weights * np.logaddexp(0, -signs * (rows @ of))).sum() + 0.5 * of[:-1] @ of[:-1])

    # A likeness that says nothing would let a page with hardly a word in common answer.
    bounds = [*[(LEAST_WEIGHT, None)] * terms.shape[1], (None, None)]
    return np.asarray(minimize(loss, np.full(rows.shape[1], 0.5), bounds=bounds, method="L-BFGS-B").x)


def _line(values: Floats, passing: int) -> float:
    """Return the least value above all but ``passing`` of the given ones."""
    ordered = np.sort(values)[::-1]
    return float(np.nextafter(ordered[passing], np.inf)) if passing < len(ordered) else 0.0


def _gather_sets(data: Path, left_out: Collection[str], public: Path | None, foreign: Sequence[Path]) -> list[AskedSet]:
    """Return the hands that are a sample of what is sent, and the half of the public set that is fitted on."""
    hands = [hand_set(data, hand) for hand in list_hands(data) if hand not in left_out]
    samples = [hand for hand in hands if any(message.label in UNRELATED for message in hand.messages)]
    return samples + ([public_set(public, foreign, half=0)] if public else [])


def _reader_for(asked: AskedSet, readers: Sequence[PairReader]) -> PairReader | None:
    """Return the first reader that did not learn from a set."""
    return next((reader for reader in readers if asked.name not in reader.about["hands"]), None)


def fit_answers(sets: Sequence[AskedSet], readers: Sequence[PairReader]) -> AnswerModel:
    """Return the model of answers, with its figures on each set held out.

    No reader's chance is a term of the gate by words, so that hands that readers know may teach it.
    """
    by_reader = [(asked, reader) for asked in sets if (reader := _reader_for(asked, readers))]
    outcomes = [outcome for asked, reader in by_reader for outcome in _gather_outcomes(asked, reader)]
    curves, figures = _fit_curves(outcomes, REPEAT_FEATURES)
    hard = [asked for asked in sets if asked.name not in EASY_HANDS]
    outcomes_by_words = [outcome for asked in hard for outcome in _gather_outcomes(asked, None)]
    word_curves, word_figures = _fit_curves(outcomes_by_words, WORD_FEATURES)
    held_out = {"by_reader": figures, "by_words": word_figures}
    messages = {"by_reader": len(outcomes), "by_words": len(outcomes_by_words)}
    return AnswerModel(curves, word_curves, {"version": "1", "messages": messages, "held_out": held_out})


def _figures(of: Sequence[Outcome], part: Sequence[int], answers: Floats, shown: Floats, stamped: Floats) -> Figures:
    """Return what is shown and stamped of a set, and how well the probability tells repeats from all else.

    ``of``: the set; ``part``: which of its messages have a page near; the arrays are of these.
    """
    near_page = [of[at] for at in part]
    probabilities = np.zeros(len(of))
    probabilities[list(part)] = answers
    repeats = np.array([outcome.label == "repeat" for outcome in of])
    figures: Figures = {"roc_auc": round(float(roc_auc_score(repeats, probabilities)), 3)}
    for label in ("repeat", "near", "unrelated"):
        chosen = np.array([(_is_unrelated(one) and label == "unrelated") or one.label == label for one in near_page])
        count = sum((_is_unrelated(one) and label == "unrelated") or one.label == label for one in of)
        right = np.array([one.right for one in near_page]) if label == "repeat" else np.ones(len(near_page), dtype=bool)
        figures[label] = {
            "messages": count,
            "stamped": int((stamped & chosen).sum()),
            "shown": int((shown & chosen & right).sum()),
        }
    near = np.array([outcome.label == "near" for outcome in of])
    if near.any():
        compared = repeats | near
        figures["against_near_misses"] = round(float(roc_auc_score(repeats[compared], probabilities[compared])), 3)
    right_answers = np.array([outcome.right and outcome.label == "repeat" for outcome in of])
    ordered = np.sort(probabilities[~repeats])[::-1]
    for share in (0.01, 0.05):
        above = probabilities > ordered[int(share * len(ordered))]
        figures[f"right_at_{share:.0%}"] = round(float((above & right_answers)[repeats].mean()), 3)
    return figures | {"calibration_error": round(_calibration_error(right_answers, probabilities), 3)}


def _calibration_error(right: npt.NDArray[np.bool_], probabilities: Floats) -> float:
    """Return how far probabilities lie from the share that is right, over ten bins of equal width."""
    bins = np.minimum((probabilities * 10).astype(int), 9)
    apart = [abs(float((right[bins == at].astype(float) - probabilities[bins == at]).sum())) for at in np.unique(bins)]
    return sum(apart) / max(len(right), 1)


def main() -> None:
    """Fit on the data in a folder and write the model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=shipped_data_folder())
    parser.add_argument("--reader", type=Path, action="append", required=True, help="readers, by hands left out")
    parser.add_argument("--leave-out", action="append", default=[], help="hands to be measured on afterwards")
    parser.add_argument("--retrieval", type=Path, help="a public set that no reader has learned from")
    parser.add_argument(
        "--foreign", type=Path, nargs="*", default=[], help="public sets whose texts it does not answer"
    )
    parser.add_argument("--out", type=Path, default=shipped_data_folder() / "models" / ANSWERS_FILE)
    options = parser.parse_args()
    readers = [PairReader.load(path) for path in options.reader]
    sets = _gather_sets(options.data, options.leave_out, options.retrieval, options.foreign)
    fit_answers(sets, readers).save(options.out)


if __name__ == "__main__":
    main()
