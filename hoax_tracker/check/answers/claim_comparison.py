"""How an answer compares the message with the checked claim. It never says more than is known.

A message that states the claim or asks about it is compared with it. One that denies the claim, reports its
clarification, or is an official notice only learns what it resembles: nobody checked whether that message is genuine.
"""

from __future__ import annotations

from flask_babel import gettext as _

from hoax_tracker.check.answers.service import AnswerCandidate, CheckAnswer
from hoax_tracker.models import CheckDecision, Verdict

REFUTED_VERDICTS = frozenset((Verdict.HOAKS, Verdict.MENYESATKAN, Verdict.PENIPUAN))


def answer_heading(given: CheckAnswer) -> str:
    """Return the heading above the checked claim."""
    if given.matches[0].by_link:
        return str(_("Klarifikasi kota ini terkait dengan tautan Anda:"))
    if given.tells_the_claim:
        known = given.decision is CheckDecision.MATCH
        return str(_("Kota sudah memeriksa kabar ini:") if known else _("Kota pernah memeriksa kabar yang mirip:"))
    if given.stance == "reports":
        return str(_("Pesan ini memberitakan klarifikasi itu"))
    if given.stance == "notice":
        return str(_("Pesan ini mirip pengumuman kota"))
    return denial_heading(given.matches[0])


def denial_heading(best: AnswerCandidate) -> str:
    """Return the heading for a message that denies the claim; the city may have refuted or confirmed the claim."""
    verdict = best.clarification.verdict
    if verdict is Verdict.BENAR:
        return str(_("Pesan ini berbeda dari yang dinyatakan kota"))
    if verdict in REFUTED_VERDICTS and not best.differs:
        return str(_("Pesan ini sejalan dengan klarifikasi kota"))
    return str(_("Pesan ini membantah kabar yang sudah diperiksa kota"))


def shows_verdict(given: CheckAnswer, candidate: AnswerCandidate) -> bool:
    """Return whether the verdict may stand beside the quoted claim without being read as the message's.

    A link to compare may be a source of the clarification, or an article that explains the claim.
    """
    return given.tells_the_claim and not candidate.differs and not candidate.by_link


def answer_nearness(given: CheckAnswer) -> str:
    """Return how the message relates to the best candidate, as far as known: "same", "near" or "unsure".

    Where the city confirmed the claim, "same" would vouch for the message: it is "near" then.
    """
    best = given.matches[0]
    if given.decision is not CheckDecision.MATCH:
        return "unsure"
    return "near" if best.differed or best.clarification.verdict is Verdict.BENAR else "same"
