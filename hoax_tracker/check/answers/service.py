"""The answer to a message: a published clarification, a claim under examination, or nothing yet.

1. Who speaks of wanting to die is given a number to call; so is who asks for help against violence or for a missing
   child, unless these are the words of a judged claim. A message without words, or that names nothing, is asked for
   more; one that is only a link is looked up as a link.
2. The match index ranks pages, and the public rows are read again, so that a page retracted meanwhile is not shown.
   Where a page's own words are too few, wordings of linked claims may match. Only a message in the exact words that
   officers judged is stamped with their verdict; any other is shown the judged claim to compare. A message agrees
   with a page only where it repeats its fact (highlights.py).
3. Without a certain answer: is this claim under examination? Only since when is told, never its text.
   Where nothing is known of it here, reviews by other fact-checkers are named.
4. Beside any answer stands what the list of official channels says about links, numbers and accounts in the message:
   facts about these, never about the message (organisation/channels/facts.py).
5. The very words of a page that the city withdrew are told so (known_wordings.py); where nothing else is known of a
   message like them, that page is named.
6. No match is no proof of truth, and no answer reads as one.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from classifiers.matcher.details import Difference
from classifiers.matcher.document import Document
from classifiers.matcher.match import Match, MatchResult
from classifiers.matcher.reading import Reading
from classifiers.matcher.same_claim import explain_claim_agreement
from classifiers.matcher.stance import CLAIMING_STANCES, Stance
from classifiers.text.normalise import says_nothing
from hoax_tracker.check.answers.care import asks_for_care, asks_for_help, passes_on
from hoax_tracker.check.answers.channel_facts import Ban, channel_fact_as_json, find_ban
from hoax_tracker.check.answers.explainers import FactCheck, find_explainers, find_fact_checks
from hoax_tracker.check.answers.highlights import is_near_copy, keep_written_words, names_detail_of_claim, repeats_fact
from hoax_tracker.check.answers.known_wordings import (
    KnownWording,
    NearClaims,
    Withdrawal,
    find_judged_wording,
    find_near_claims,
    find_near_withdrawal,
    find_related_wording,
    find_withdrawal,
    holds_judged_words,
    is_answered_claim,
    is_own_wording,
)
from hoax_tracker.check.answers.link_lookup import (
    LinkKnowledge,
    find_claim_at_links,
    list_link_matches,
    read_links_only,
)
from hoax_tracker.check.answers.short_messages import find_one_word, is_only_number, names_nothing, tells_claim
from hoax_tracker.claims.claim_review_markup import clarification_url, first_published_at
from hoax_tracker.claims.media_fingerprints import find_page_of_media
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.match_index import HEAD_CHARACTERS, current_match_index
from hoax_tracker.models import PUBLIC_STATUSES, CheckDecision, Claim, Clarification, Decision, Explainer, Verdict, db
from hoax_tracker.organisation.channels.facts import ChannelFact
from hoax_tracker.organisation.channels.official_list import find_channel_facts

if TYPE_CHECKING:
    from hoax_tracker.core.config.settings import Settings

MESSAGE_LENGTH_LIMIT = 100_000
MATCHES_SHOWN = 3
LINK_TO_COMPARE = 0.5
# A candidate less than half as likely as the best one only distracts.
MIN_RELATIVE_LIKENESS = 0.5


class AnswerHint(enum.Enum):
    """Why there is no proper answer, and what to ask for instead."""

    SAYS_NOTHING = "says_nothing"
    NAMES_NOTHING = "names_nothing"
    ONE_WORD = "one_word"
    ONLY_LINK = "only_link"
    ONLY_NUMBER = "only_number"
    CARE = "care"
    HELP = "help"


@dataclass(frozen=True)
class AnswerCandidate:
    """A public clarification with the probability (0..1) that it answers the message, and why.

    ``likeness`` (0..1): how surely both are about the same matter, whatever details differ. ``agreed``: names and
    details, and ``words``: further words, that the message and the quoted claim both have; ``differed``: names, amounts
    and times that only the message has. ``differs``: details that differ; ``denied``: words of the claim that the
    message denies. ``by_link``: how the page knows the link, None where words
    decided. ``repeated``: the message tells the page's claim; a message that tells several claims repeats several
    pages. ``repeats_fact``: it consists of the page's facts instead. ``holds_claim``: judged words stand in it, among
    others.
    """

    clarification: Clarification
    probability: float
    likeness: float
    agreed: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    differed: tuple[str, ...] = ()
    by_link: LinkKnowledge | None = None
    differs: tuple[Difference, ...] = ()
    denied: tuple[str, ...] = ()
    repeated: bool = False
    repeats_fact: bool = False
    holds_claim: bool = False


@dataclass(frozen=True)
class UnderReview:
    """A claim under examination; ``claim_id`` never leaves the server. ``by_link``: it appeared at the link."""

    claim_id: int
    since: datetime
    by_link: bool = False


@dataclass(frozen=True)
class CheckAnswer:
    """The answer to a message. ``matches`` is empty for ``none``, else up to three, best first.

    ``line``: the likeness from which a message is answered, where words decided. ``stance``: the message's stance
    towards the claim, None for a link or a text without words. ``stamped``: officers judged these exact words, so the
    verdict is about the message. ``fact_checks`` and ``explainers``: others' reviews, and lessons on messages of
    this make, where nothing here answers. ``channels``: what the list of official channels says about the links,
    numbers and accounts in the message, whatever the answer. ``withdrawal``: the message is what a withdrawn page
    was about; ``matches`` are then only like it; ``near_withdrawal``: no page is like the message but a withdrawn one.
    ``ban``: what the reader is told not to do, before anything else. ``is_divided``: the pages are about different
    parts of the message.
    """

    decision: CheckDecision
    at: datetime
    matches: tuple[AnswerCandidate, ...] = ()
    under_review: UnderReview | None = None
    hint: AnswerHint | None = None
    line: float | None = None
    stance: Stance | None = None
    stamped: bool = False
    fact_checks: tuple[FactCheck, ...] = ()
    explainers: tuple[Explainer, ...] = ()
    channels: tuple[ChannelFact, ...] = ()
    withdrawal: Withdrawal | None = None
    near_withdrawal: Withdrawal | None = None
    ban: Ban | None = None
    is_divided: bool = False

    @property
    def agrees(self) -> bool:
        """Tell whether the message is the city's own words."""
        return bool(self.matches) and self.matches[0].repeats_fact


def answer_message(text: str, now: datetime) -> CheckAnswer:
    """Return the answer to a message, with the facts about the links, numbers and accounts in it.

    Raises InvalidInputError beyond 100,000 characters; only the beginning of a long text is read.
    """
    require_readable(text)
    facts = find_channel_facts(text, current_settings().base_url)
    answer = replace(_find_answer(text, now), channels=facts)
    return answer if answer.agrees else replace(answer, ban=find_ban(text[:HEAD_CHARACTERS], facts))


def _find_answer(text: str, now: datetime) -> CheckAnswer:
    """Return the answer to a readable message, without facts about channels."""
    head = text[:HEAD_CHARACTERS]
    if asks_for_care(head):
        return CheckAnswer(CheckDecision.NONE, now, hint=AnswerHint.CARE)
    if links := read_links_only(head):
        return _answer_link(links, now)
    if hint := _hint_at_missing_words(head):
        return CheckAnswer(CheckDecision.NONE, now, hint=hint)
    message = current_match_index().read(head)
    result = current_match_index().published(message)
    asked = AskedMessage(text, message, result, _candidates_worth_showing(head, result), now)
    return _answer_surely(asked) or _answer_to_compare(asked)


def _hint_at_missing_words(head: str) -> AnswerHint | None:
    """Return what a message without a word to look up lacks."""
    if is_only_number(head):
        return AnswerHint.ONLY_NUMBER
    if says_nothing(head):
        return AnswerHint.SAYS_NOTHING
    return AnswerHint.NAMES_NOTHING if names_nothing(head) else None


@dataclass(frozen=True)
class AskedMessage:
    """A message as read, with what matching found."""

    text: str
    message: Reading
    result: MatchResult
    matches: tuple[AnswerCandidate, ...]
    now: datetime

    @property
    def head(self) -> str:
        """The part of the text that is read."""
        return self.text[:HEAD_CHARACTERS]

    @cached_property
    def near_claims(self) -> NearClaims:
        """The claims nearest to the message, with what answers them: asked for once."""
        return find_near_claims(self.head)

    def answer(self, decision: CheckDecision, best: AnswerCandidate | None = None, **fields: Any) -> CheckAnswer:
        """Return an answer with these candidates; ``best`` stands first, in place of the candidate of its page."""
        others = [one for one in self.matches if best is None or one.clarification.id != best.clarification.id]
        matches = ((best, *others) if best else tuple(others))[:MATCHES_SHOWN]
        found = self.result
        return CheckAnswer(decision, self.now, matches, stance=found.stance, is_divided=found.is_divided, **fields)

    def answer_likewise(self, best: AnswerCandidate | None = None, **fields: Any) -> CheckAnswer:
        """Return an answer that is none to the message itself: pages and a claim under examination that are like it."""
        decision = CheckDecision.POSSIBLE if self.matches else CheckDecision.NONE
        waiting = self.near_claims.find_under_review(self.message)
        under_review = UnderReview(waiting.id, examination_start(waiting)) if waiting else None
        return self.answer(decision, best, under_review=under_review, **fields)


def _answer_surely(asked: AskedMessage) -> CheckAnswer | None:
    """Return the answer to a message that repeats a page's fact or its claim, or None."""
    matches, line = asked.matches, current_match_index().match_line()
    if agreeing := next((one for one in matches if repeats_fact(asked.text, one.clarification)), None):
        return asked.answer(CheckDecision.POSSIBLE, replace(agreeing, repeats_fact=True, differs=()))
    if _is_certain_match(asked.result, matches):
        # Of pages on one matter, that whose very words these are.
        if exact := next((one for one in matches if _is_judged_for(one.clarification, asked)), None):
            return asked.answer(CheckDecision.MATCH, exact, line=line, stamped=True)
        if _may_answer_by_likeness(asked.head, matches[0]):
            return asked.answer(CheckDecision.MATCH, line=line)
    if own := next((one for one in matches if is_own_wording(asked.text, one.clarification)), None):
        judged = KnownWording(own.clarification.id, 1.0, 1.0, was_judged=True)
        return _answer_known_wording(asked, judged, own.clarification)
    # Words around a copy that are about another page are more than a screenshot's.
    whole = () if asked.result.is_divided else matches
    copied = next((one for one in whole if _may_vouch(one) and is_near_copy(asked.text, one.clarification)), None)
    return asked.answer(CheckDecision.MATCH, replace(copied, differs=()), line=line) if copied else None


def _is_judged_for(page: Clarification, asked: AskedMessage) -> bool:
    """Return whether officers judged the text: it is a wording of the page, or a claim that it answers."""
    return is_own_wording(asked.text, page) or is_answered_claim(asked.text, page, asked.near_claims)


def _answer_to_compare(asked: AskedMessage) -> CheckAnswer:
    """Return the pages that the resident compares, or what is known where there is none."""
    judged = find_judged_wording(asked.text, asked.near_claims)
    if not judged and (withdrawal := find_withdrawal(asked.head, asked.near_claims)):
        return asked.answer_likewise(withdrawal=withdrawal)
    if not judged and (best := _find_holding(asked)):
        return asked.answer_likewise(replace(best, holds_claim=True, differs=()))
    if known_wording := judged or _find_nearer_wording(asked):
        page = load_public_clarifications({known_wording.clarification_id}).get(known_wording.clarification_id)
        if page:
            return _answer_known_wording(asked, known_wording, page)
    if asks_for_help(asked.head) and not passes_on(asked.head):
        return CheckAnswer(CheckDecision.NONE, asked.now, hint=AnswerHint.HELP)
    answer = asked.answer_likewise()
    if asked.matches or answer.under_review:
        return answer
    checks = find_fact_checks(asked.message)
    guides = tuple(find_explainers(asked.head))
    hint = AnswerHint.ONE_WORD if find_one_word(asked.head) and not (checks or guides) else None
    near = find_near_withdrawal(asked.message)
    return replace(answer, fact_checks=checks, explainers=guides, hint=hint, near_withdrawal=near)


def _find_holding(asked: AskedMessage) -> AnswerCandidate | None:
    """Return the page whose judged words stand in a message, but none that would pass one about another part by."""
    may_lead = asked.matches
    if asked.result.is_divided:
        may_lead = tuple(one for one in may_lead if _may_vouch(one)) or may_lead
    return next((one for one in may_lead if holds_judged_words(asked.head, one.clarification, asked.near_claims)), None)


def _find_nearer_wording(asked: AskedMessage) -> KnownWording | None:
    """Return the linked claim that a message is more surely about than any page, or any page of its parts, or None."""
    leading = asked.matches if asked.result.is_divided else asked.matches[:1]
    shown = {one.clarification.id for one in leading}
    known = find_related_wording(asked.text, asked.near_claims, shown)
    if known is None or known.clarification_id in shown:
        return None
    return known if not asked.matches or known.likeness > asked.matches[0].likeness else None


def _may_answer_by_likeness(text: str, best: AnswerCandidate) -> bool:
    """Return whether likeness may answer a text that nobody judged: it tells a claim, and names what it turns on."""
    return _may_vouch(best) and tells_claim(text) and names_detail_of_claim(text, best.clarification)


def _may_vouch(best: AnswerCandidate) -> bool:
    """Return whether a verdict may be told on likeness: "true" would vouch for a text nobody has read."""
    return best.clarification.verdict is not Verdict.BENAR


def _candidates_worth_showing(text: str, result: MatchResult) -> tuple[AnswerCandidate, ...]:
    """Return the public clarifications worth showing, best first, then further claims that the message tells.

    Each of these is told where the text names what it turns on, as is asked of the first (``_may_answer_by_likeness``).
    Of pages about different parts of the text none that confirms stands first: a hoax is not read below true news.
    """
    if result.decision == "none":
        return ()
    pages = load_public_clarifications({int(match.id) for match in result.matches})
    least = MIN_RELATIVE_LIKENESS * result.matches[0].likeness
    read = (_describe_candidate(text, pages[int(one.id)], one) for one in result.matches if int(one.id) in pages)
    found = [one for one in read if one.repeated or one.likeness >= least]
    if result.is_divided:
        found.sort(key=lambda candidate: not _may_vouch(candidate))
    return (*found[:1], *sorted(found[1:], key=lambda candidate: not candidate.repeated))[:MATCHES_SHOWN]


def _describe_candidate(text: str, page: Clarification, match: Match) -> AnswerCandidate:
    """Return a page with what matching found of it."""
    return AnswerCandidate(
        page,
        match.probability,
        match.likeness,
        match.agreed,
        keep_written_words(match.words, text, page.claim_quote),
        match.differed,
        differs=match.differs,
        denied=match.denied,
        repeated=match.repeated and names_detail_of_claim(text, page),
    )


def _is_certain_match(result: MatchResult, matches: Sequence[AnswerCandidate]) -> bool:
    """Return whether the best page answers the message: the same claim, stated or asked, with equal details.

    Of a message in parts, all of which repeat a claim, it may be the page of any part; each part must name what its
    claim turns on.
    """
    may_be = matches if result.is_divided else matches[:1]
    if result.is_divided and not all(one.repeated for one in matches):
        return False
    if result.decision != "match" or result.matches[0].id not in {str(one.clarification.id) for one in may_be}:
        return False
    return result.stance in CLAIMING_STANCES and not matches[0].differs


def _answer_known_wording(asked: AskedMessage, known_wording: KnownWording, page: Clarification) -> CheckAnswer:
    """Return the answer for a message like an answered claim; certain only in the exact words that were judged."""
    agreement = explain_claim_agreement(asked.head, Document("", page.title, page.claim_quote, page.summary))
    beside_quote = next((one.differs for one in asked.matches if one.clarification.id == page.id), ())
    best = AnswerCandidate(
        page,
        known_wording.likeness,
        known_wording.likeness,
        agreement.agreed,
        keep_written_words(agreement.words, asked.head, page.claim_quote),
        agreement.differed,
        differs=known_wording.differs or beside_quote,
        denied=agreement.denied,
    )
    # Whoever sends the very words tells what they tell, whatever their tone is taken for.
    if known_wording.was_judged and not best.differs:
        certain = asked.answer(CheckDecision.MATCH, best, line=known_wording.line, stamped=True)
        return replace(certain, matches=(best,))
    return asked.answer(CheckDecision.POSSIBLE, best)


def require_readable(text: str) -> None:
    """Raise InvalidInputError for a text too long to be one message."""
    if len(text) > MESSAGE_LENGTH_LIMIT:
        message = _(
            "Teks itu terlalu panjang: paling banyak 100.000 huruf. Tempel bagian yang berisi kabarnya saja, "
            "lalu coba lagi. Tidak ada yang hilang."
        )
        raise InvalidInputError(f"a text of {len(text)} characters", user_message=message, field="text")


def _answer_link(links: Sequence[str], now: datetime) -> CheckAnswer:
    """Return the answer to a message that is only a link: known from a claim, from a source, or unknown.

    Only a page whose text officers judged is certain. A source, or a page found to repeat the claim, proves nothing: a
    newspaper's explanation repeats it too. The resident compares.
    """
    link_matches = list_link_matches(links)
    pages = load_public_clarifications({link_match.clarification_id for link_match in link_matches})
    matches = tuple(
        AnswerCandidate(pages[link_match.clarification_id], sure, sure, by_link=link_match.known)
        for link_match in link_matches
        if link_match.clarification_id in pages
        for sure in [1.0 if link_match.known is LinkKnowledge.JUDGED else LINK_TO_COMPARE]
    )[:MATCHES_SHOWN]
    if matches:
        certain = matches[0].probability == 1.0
        return CheckAnswer(CheckDecision.MATCH if certain else CheckDecision.POSSIBLE, now, matches, stamped=certain)
    claim = find_claim_at_links(links)
    if claim is not None:
        return CheckAnswer(
            CheckDecision.NONE, now, under_review=UnderReview(claim.id, examination_start(claim), by_link=True)
        )
    return CheckAnswer(CheckDecision.NONE, now, hint=AnswerHint.ONLY_LINK)


def load_public_clarifications(ids: set[int]) -> dict[int, Clarification]:
    """Return by id those of the clarifications that are public now."""
    query = (
        sa.select(Clarification)
        .where(Clarification.id.in_(ids), Clarification.status.in_(PUBLIC_STATUSES))
        .options(joinedload(Clarification.unit))
    )
    return {row.id: row for row in db.session.scalars(query)} if ids else {}


def examination_start(claim: Claim) -> datetime:
    """Return when examination began: the stored time, else the first decision, else the claim's creation."""
    first = sa.select(sa.func.min(Decision.decided_at)).where(Decision.claim_id == claim.id)
    return claim.examined_since or db.session.scalar(first) or claim.created_at


def answer_as_json(answer: CheckAnswer) -> dict[str, Any]:
    """Return the answer in the form of POST /api/v1/check and ``check --json``."""
    settings = current_settings()
    matches = [
        {
            "probability": round(candidate.probability, 4),
            "clarification": {
                "url": clarification_url(candidate.clarification, settings),
                "title": candidate.clarification.title,
                "verdict": candidate.clarification.verdict.value if candidate.clarification.verdict else None,
                "summary": candidate.clarification.summary,
                "published_at": first_published_at(candidate.clarification).isoformat(timespec="seconds"),
            },
        }
        | {"judged_wording": answer.stamped and position == 0}
        | ({"differs": [detail._asdict() for detail in candidate.differs]} if candidate.differs else {})
        for position, candidate in enumerate(answer.matches)
    ]
    waiting = answer.under_review and {"since": answer.under_review.since.isoformat(timespec="seconds")}
    channels = [channel_fact_as_json(fact) for fact in answer.channels]
    record = {"decision": answer.decision.value, "matches": matches, "under_review": waiting, "channels": channels}
    withdrawals = {"withdrawn": answer.withdrawal, "near_withdrawn": answer.near_withdrawal}
    return record | {name: _withdrawal_as_json(one, settings) for name, one in withdrawals.items() if one}


def _withdrawal_as_json(withdrawal: Withdrawal, settings: Settings) -> dict[str, str]:
    """Return which page was withdrawn, when and why."""
    at = withdrawal.at.isoformat(timespec="seconds")
    return {"url": clarification_url(withdrawal.page, settings), "at": at, "reason": withdrawal.why}


def answer_media(sha256: str, now: datetime) -> CheckAnswer | None:
    """Return the answer to a file by its SHA-256; None where nothing is told of it."""
    page_id = find_page_of_media(sha256)
    page = load_public_clarifications({page_id}).get(page_id) if page_id is not None else None
    if page is None:
        return None
    return CheckAnswer(CheckDecision.MATCH, now, (AnswerCandidate(page, 1.0, 1.0),), stamped=True)
