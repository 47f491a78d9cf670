"""Handover: another officer continues the draft, pending page or proposal of an author who left.

Only the author edits a text, so an author whose account is closed or without the role would block the claim for good.
The officer who takes over becomes the author. The earlier author still may not approve it (second_person.py).
"""

from __future__ import annotations

from flask_babel import gettext as _

from hoax_tracker.authority import proposals
from hoax_tracker.clarify.second_person import TAKEN_OVER_ACTION, find_page_proposal, is_impartial
from hoax_tracker.core.audit import audit_log
from hoax_tracker.errors import InvalidInputError, NotAllowedError
from hoax_tracker.models import Clarification, Officer, RoleName


def has_left(author: Officer) -> bool:
    """Tell whether an author can no longer write: the account is closed, or lacks the role."""
    return not (author.active and author.is_a(RoleName.OFFICER))


def find_departed_author(page: Clarification) -> Officer | None:
    """Return the author of the page's unfinished work where they have left."""
    author = page.proposed_by if page.proposed_kind else None if page.number else page.author
    return author if author is not None and has_left(author) else None


def may_take_over(page: Clarification, officer: Officer) -> bool:
    """Tell whether the officer may continue the work of a departed author, which accused units may not."""
    return officer.is_a(RoleName.OFFICER) and is_impartial(page, officer)


def transfer_authorship(page: Clarification, officer: Officer) -> audit_log.AuditEntry:
    """Make the officer the author of a departed author's work, in the current transaction; return the audit detail.

    Pending work stays pending, and public text is unchanged. Raises InvalidInputError where the author is still active,
    NotAllowedError for a member of the accused unit.
    """
    author = find_departed_author(page)
    if author is None:
        raise InvalidInputError(
            "nobody left", user_message=_("Penulisnya masih bertugas, jadi tulisan ini tetap padanya.")
        )
    if not may_take_over(page, officer):
        message = _(
            "Klaim ini menuduh perangkat daerah Anda, induknya, atau bawahannya, "
            "jadi orang lain yang melanjutkan tulisan ini."
        )
        raise NotAllowedError("may not take over", user_message=message)
    if page.proposed_kind:
        page.proposed_by_id = officer.id
    else:
        page.author_id = officer.id
    if (waiting := find_page_proposal(page)) is not None:
        proposals.add_author(waiting, officer)
    page.version += 1
    return audit_log.AuditEntry(TAKEN_OVER_ACTION, f"clarification:{page.id}", {"from": author.id})
