"""How an answer compares the message with the checked claim. It never says more than is known.

A message that states the claim or asks about it is compared with it. One that denies the claim, reports its
clarification, or is an official notice only learns what it resembles: nobody checked whether that message is genuine.
"""

from __future__ import annotations

from flask_babel import gettext as _

from hoax_tracker.check.answers.service import AnswerCandidate, CheckAnswer
from hoax_tracker.models import CheckDecision, Verdict

REFUTED_VERDICTS = frozenset((Verdict.HOAKS, Verdict.MENYESATKAN, Verdict.PENIPUAN))


def answer_heading(answer: CheckAnswer) -> str:
    """Return the heading above the checked claim."""
    if answer.matches[0].by_link:
        return str(_("Klarifikasi kota ini terkait dengan tautan Anda:"))
    if answer.tells_the_claim:
        is_certain = answer.decision is CheckDecision.MATCH
        return str(_("Kota sudah memeriksa kabar ini:") if is_certain else _("Kota pernah memeriksa kabar yang mirip:"))
    if answer.stance == "reports":
        return str(_("Pesan ini memberitakan klarifikasi itu"))
    if answer.stance == "notice":
        return str(_("Pesan ini mirip pengumuman kota"))
    return denial_heading(answer.matches[0])


def denial_heading(best: AnswerCandidate) -> str:
    """Return the heading for a message that denies the claim; the city may have refuted or confirmed the claim."""
    verdict = best.clarification.verdict
    if verdict is Verdict.BENAR:
        return str(_("Pesan ini berbeda dari yang dinyatakan kota"))
    if verdict in REFUTED_VERDICTS and not best.differs:
        return str(_("Pesan ini sejalan dengan klarifikasi kota"))
    return str(_("Pesan ini membantah kabar yang sudah diperiksa kota"))


def shows_verdict(answer: CheckAnswer, candidate: AnswerCandidate) -> bool:
    """Return whether the verdict may stand beside the quoted claim without being read as the message's.

    A link to compare may be a source of the clarification, or an article that explains the claim.
    """
    return answer.tells_the_claim and not candidate.differs and not candidate.by_link


def answer_nearness(answer: CheckAnswer) -> str:
    """Return how the message relates to the best candidate, as far as known: "same", "near" or "unsure".

    A certain match tells no detail otherwise. Where the city confirmed the claim, "same" would vouch for the message:
    it is "near" then.
    """
    if answer.decision is not CheckDecision.MATCH:
        return "unsure"
    return "near" if answer.matches[0].clarification.verdict is Verdict.BENAR else "same"
