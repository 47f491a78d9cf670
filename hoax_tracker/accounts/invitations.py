"""Invitations: an administrator enters a name and an address; the invited person chooses the password.

An invitation is proposed, with its roles and its unit. Once a second person confirmed it there is a row with the digest
of its token, and the link goes out. Nobody else sees the password; who asked for the invitation and who had its link in
hand is tied to the officer whom accepting it creates. Refused proposals stay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _, lazy_gettext as _l
from flask_security.utils import hash_password

from hoax_tracker.accounts import connections, letters, officer_acts, officers
from hoax_tracker.accounts.connections import connection_facts
from hoax_tracker.accounts.passwords import HandedLink, require_good_password
from hoax_tracker.authority import proposals
from hoax_tracker.authority.acts import Act, ActClass, Shown, register_act
from hoax_tracker.authority.confirmers import INVITED, tie_hands
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.tracked_edits import lock_row
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import make_token, token_digest
from hoax_tracker.errors import InvalidInputError, LinkExpiredError
from hoax_tracker.models import Invitation, Officer, Proposal, RoleName, Unit, db
from hoax_tracker.notifications.mail import public_url_for

INVITATION = "officer_invitation"
LASTS = timedelta(hours=72)


def invite_officer(
    email: str, name: str, roles: Iterable[RoleName], *, unit: Unit, by: Officer | None, now: datetime
) -> Proposal:
    """Propose an invitation in the current transaction. At the first setup it takes effect at once.

    Raises InvalidInputError for an invalid address, an officer's address, an address that is invited or proposed, or
    roles that one person cannot hold together.
    """
    address = officers.require_unused_address(email)
    wanted = officers.require_compatible_roles(roles)
    _require_uninvited(address, now)
    values = {
        "email": address,
        "name": name.strip() or address.split("@")[0],
        "roles": sorted(role.value for role in wanted),
        "unit_id": unit.id,
    }
    subject = _invitation_subject(address)
    if proposals.find_open(INVITATION, subject):
        message = _("Undangan untuk alamat itu sudah diusulkan dan menunggu orang kedua.")
        raise InvalidInputError("proposed already", user_message=message, field="email")
    return proposals.propose(INVITATION, subject, values, by=by, now=now, waiting=None)


def _invitation_subject(address: str) -> str:
    """Return the subject of proposals to invite this address."""
    return f"invitation:new:{hashlib.sha256(address.encode()).hexdigest()[:32]}"


def _send(proposal: Proposal, confirmer: Officer | None, now: datetime) -> None:
    """Add the confirmed invitation and mail its link. Where no mail leaves, somebody hands it over (``hand_link``)."""
    values = proposal.values
    address = officers.require_unused_address(values["email"])
    _require_uninvited(address, now)
    row = Invitation(
        email=address,
        name=values["name"],
        unit_id=values["unit_id"],
        roles=values["roles"],
        token_digest="",  # set by renew_invitation
        invited_by_id=proposal.proposed_by_id,
        proposal_id=proposal.id,
        handed_by=[],
        invited_at=now,
        expires_at=now,
    )
    db.session.add(row)
    # At the first setup nobody but who typed the command is there: it prints the link.
    _renew_invitation(row, now, mail=officers.has_administrator())
    facts: dict[str, object] = {"roles": row.roles, "unit": officer_acts.name_unit(row.unit_id)}
    record_invitation_event(row, "officer_invited", confirmer or proposal.proposed_by, now, facts)


def _show(proposal: Proposal) -> Shown:
    values = proposal.values
    lines = (
        (_("Peran"), "–", officer_acts.name_roles(values["roles"])),
        (_("Perangkat daerah"), "–", officer_acts.name_unit(values["unit_id"])),
    )
    effect = _("Orangnya menerima tautan yang berlaku sekali, 72 jam, dan memilih sendiri kata sandinya.")
    return Shown(f"{values['name']} ({values['email']})", effect, lines)


register_act(Act(INVITATION, _l("Undangan petugas"), ActClass.POWER, _send, _show))


def _require_uninvited(address: str, now: datetime) -> None:
    """Raise InvalidInputError where the address has an open invitation. A void one is deleted."""
    row = db.session.scalar(sa.select(Invitation).where(Invitation.email == address).with_for_update(of=Invitation))
    if row is None:
        return
    if now < row.expires_at and row.proposal_id is not None:
        message = _("Alamat itu sudah diundang. Ulangi atau cabut undangannya di daftar petugas.")
        raise InvalidInputError("invited already", user_message=message, field="email")
    db.session.delete(row)
    db.session.flush()


def _renew_invitation(row: Invitation, now: datetime, *, mail: bool = True) -> HandedLink:
    """Give an invitation a new token in the current transaction and queue its mail.

    The old link becomes invalid.
    """
    token = make_token()
    row.token_digest, row.expires_at = token_digest(token), now + LASTS
    db.session.flush()
    is_mailed = mail and letters.post_invitation(row, token, now)
    return HandedLink(row.email, public_url_for("account_links.accept_invitation", token=token), is_mailed)


def find_confirmed(email: str) -> Invitation | None:
    """Return the confirmed invitation of an address that nobody accepted yet, or None."""
    query = sa.select(Invitation).where(Invitation.email == email.strip().lower(), Invitation.proposal_id.is_not(None))
    return db.session.scalar(query)


def hand_link(invitation_id: int, *, by: Officer | None, now: datetime, mail: bool = True) -> HandedLink:
    """Make a new link of a confirmed invitation, valid for 72 hours; whoever holds it counts as the inviter, too.

    Raises NotFoundError.
    """
    with write_transaction():
        row = lock_row(Invitation, invitation_id)
        if row.proposal_id is None:
            raise LinkExpiredError("invitation that nobody confirmed")
        row.handed_by = [*row.handed_by, by.id if by else None]
        handed = _renew_invitation(row, now, mail=mail)
        record_invitation_event(row, "invitation_repeated", by, now)
    return handed


def withdraw_invitation(invitation_id: int, *, by: Officer, now: datetime) -> str:
    """Delete a confirmed invitation and return the invited person's name; its proposal stays. Raises NotFoundError."""
    with write_transaction():
        row = lock_row(Invitation, invitation_id)
        name = row.name
        record_invitation_event(row, "invitation_withdrawn", by, now)
        db.session.delete(row)
    return name


def list_invitations() -> Sequence[Invitation]:
    """Return the confirmed invitations not accepted yet, sorted by name."""
    query = sa.select(Invitation).where(Invitation.proposal_id.is_not(None))
    rows = db.session.scalars(query.options(sa.orm.joinedload(Invitation.unit)))
    return sorted(rows, key=lambda row: (row.name.casefold(), row.email))


def find_invitation(token: str, now: datetime, *, lock: bool = False) -> Invitation:
    """Return the invitation of a token.

    Raises LinkExpiredError where there is none, where nobody confirmed it (it is from an earlier version), where it
    expired, where its unit was closed, or where the inviter is no longer an active administrator.
    """
    query = sa.select(Invitation).where(Invitation.token_digest == token_digest(token))
    row = db.session.scalar(query.with_for_update(of=Invitation) if lock else query)
    if row is None or row.proposal is None or not now < row.expires_at or not row.unit.is_active:
        raise LinkExpiredError("invitation")
    host = row.invited_by
    if host is not None and not (host.may_sign_in and host.is_administrator):
        raise LinkExpiredError("invitation of somebody who invites no more")
    return row


def accept_invitation(token: str, password: str, now: datetime) -> Officer:
    """Create the invited person's account with the chosen password and delete the invitation.

    Raises LinkExpiredError, or InvalidInputError for a weak password.
    """
    invited = find_invitation(token, now)
    hashed = hash_password(require_good_password(password, invited.name, invited.email))
    with write_transaction():
        row = find_invitation(token, now, lock=True)
        roles = [RoleName(value) for value in row.roles]
        officer = officers.add_officer_row(row.email, row.name, roles, unit=row.unit, hashed=hashed, now=now)
        officers.record_added(officer, by=row.invited_by, now=now, more={"invitation": row.id})
        audit_log.record_event(
            "invitation_accepted", f"officer:{officer.id}", officer=officer, now=now, detail=connection_facts()
        )
        tie_hands(_list_makers(row), officer, INVITED, now)
        db.session.delete(row)
    connections.remember_browser(officer)
    return officer


def _list_makers(row: Invitation) -> list[int | None]:
    """Return who proposed the invitation and who had its link in hand: any of them may hold the account."""
    proposed = row.proposal.hand_ids if row.proposal else ()
    return [*proposed, *row.handed_by]


def record_invitation_event(
    row: Invitation, action: str, by: Officer | None, now: datetime, detail: dict[str, object] | None = None
) -> None:
    """Record an act on an invitation in the audit log, in the current transaction."""
    facts = connection_facts() | (detail or {})
    audit_log.record_event(action, f"invitation:{row.id}", officer=by, now=now, detail=facts)
