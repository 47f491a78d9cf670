"""The label above an answer: in at most five words, how the message stands to what the city checked.

It is never more than is known. "Agrees" is said of a message that consists of the page's own facts, and of no other
(``highlights``); "same" of the same claim with equal details. In doubt it is not surely the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from classifiers.matcher.details import Difference
from hoax_tracker.check.answers.highlights import denies_claim, tells_another_claim
from hoax_tracker.check.answers.service import AnswerCandidate, CheckAnswer
from hoax_tracker.models import CheckDecision, Verdict

REFUTED_VERDICTS = frozenset((Verdict.HOAKS, Verdict.MENYESATKAN, Verdict.PENIPUAN))


@dataclass(frozen=True)
class AnswerLabel:
    """Words and the style class that draws their shape: "same", "differ" or "none"."""

    words: str
    shape: str

    @property
    def is_same(self) -> bool:
        """Tell whether the answer is about what the message says."""
        return self.shape == "same"


def answer_label(answer: CheckAnswer) -> AnswerLabel:
    """Return the label of an answer with a page."""
    best = answer.matches[0]
    if best.repeats_fact:
        return AnswerLabel(str(_("Sejalan dengan klarifikasi kota")), "same")
    if answer.decision is CheckDecision.MATCH:
        if (count := len(told_claims(answer))) > 1:
            return AnswerLabel(str(_("Pesan ini memuat %(count)s kabar", count=count)), "same")
        return AnswerLabel(_same_words(answer), "same")
    if best.holds_claim:
        return AnswerLabel(str(_("Memuat kabar yang diperiksa kota")), "none")
    if best.differs:
        return AnswerLabel(_differing_words(best.differs), "differ")
    return AnswerLabel(str(_("Belum pasti sama")), "none")


def told_claims(answer: CheckAnswer) -> list[AnswerCandidate]:
    """Return the pages whose claims the message tells: the one that answers it, and those that it repeats as well.

    Of pages about one claim only the first counts: the message tells it once.
    """
    if answer.decision is not CheckDecision.MATCH:
        return []
    candidates = [answer.matches[0]]
    for one in answer.matches[1:]:
        is_new = all(tells_another_claim(one.clarification, than=other.clarification) for other in candidates)
        if one.repeated and shows_verdict(answer, one) and is_new:
            candidates.append(one)
    return candidates


def _same_words(answer: CheckAnswer) -> str:
    """Return the words for a message that the page answers."""
    if answer.matches[0].by_link:
        return str(_("Isi tautan ini sudah diperiksa"))
    if answer.stance == "asks" and not answer.stamped:
        return str(_("Pertanyaan ini sudah dijawab"))
    return str(_("Sama, sudah diperiksa kota"))


def _differing_words(differs: tuple[Difference, ...]) -> str:
    """Return the words that name the one detail that differs, or that several do."""
    kinds = {difference.kind for difference in differs}
    if len(kinds) > 1:
        return str(_("Mirip, beberapa rincian berbeda"))
    sentences = {
        "duration": _("Mirip, lamanya berbeda"),
        "money": _("Mirip, jumlah uangnya berbeda"),
        "share": _("Mirip, persennya berbeda"),
        "count": _("Mirip, jumlahnya berbeda"),
        "date": _("Mirip, tanggalnya berbeda"),
        "time": _("Mirip, jamnya berbeda"),
        "weekday": _("Mirip, harinya berbeda"),
        "day_part": _("Mirip, waktunya berbeda"),
        "place": _("Mirip, tempatnya berbeda"),
        "agency": _("Mirip, kantornya berbeda"),
        "document": _("Mirip, suratnya berbeda"),
        "colour": _("Mirip, warnanya berbeda"),
        "cause": _("Mirip, sebabnya berbeda"),
        "scope": _("Mirip, cakupannya berbeda"),
        "school": _("Mirip, sekolahnya berbeda"),
        "region": _("Mirip, wilayahnya berbeda"),
        "direction": _("Mirip, tetapi kebalikannya"),
        "side": _("Mirip, tetapi kebalikannya"),
        "destination": _("Mirip, tujuannya berbeda"),
    }
    return str(sentences[kinds.pop()])


def shows_verdict(answer: CheckAnswer, candidate: AnswerCandidate) -> bool:
    """Return whether the verdict may stand beside the quoted claim without being read as the message's.

    A verdict against the claim vouches for nothing. "True" beside a message that is only alike would.
    """
    is_answer = answer.decision is CheckDecision.MATCH and candidate is answer.matches[0]
    return is_answer or candidate.clarification.verdict is not Verdict.BENAR


def is_denial(answer: CheckAnswer, text: str) -> bool:
    """Return whether a message seems to deny what a page refutes. Nobody is told not to pass that on."""
    page = answer.matches[0].clarification
    return answer.stance == "denies" and page.verdict in REFUTED_VERDICTS and denies_claim(text, page)
