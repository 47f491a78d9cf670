"""``officer``: manage the officers who may sign in.

A command counts as a person whom nobody knows. What it does to accounts waits for an approver or the named second, who
is no administrator: any administrator may have typed it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hoax_tracker.cli.common import open_instance, print_json
from hoax_tracker.clock import utc_now
from hoax_tracker.errors import NotFoundError

if TYPE_CHECKING:
    from hoax_tracker.accounts.passwords import HandedLink
    from hoax_tracker.models import Proposal

ROLES = ("officer", "approver", "administrator", "auditor")


@click.group()
def officer() -> None:
    """Invite, list and disable officers; reset their passwords."""


@officer.command("add")
@click.argument("email")
@click.option("--name", default="", help="The person's name.")
@click.option("--role", "roles", multiple=True, type=click.Choice(ROLES), default=("officer",), show_default=True)
@click.option("--unit", "unit_code", default="diskominfo", show_default=True, help="Code of the person's unit.")
def add_officer(email: str, name: str, roles: tuple[str, ...], unit_code: str) -> int:
    """Propose to invite an officer. Once confirmed, the same command prints the link, valid once and for 72 hours."""
    import sqlalchemy as sa

    from hoax_tracker.accounts import invitations
    from hoax_tracker.core.database.transactions import write_transaction
    from hoax_tracker.models import RoleName, Unit, db

    with open_instance():
        unit = db.session.scalar(sa.select(Unit).where(Unit.code == unit_code))
        if unit is None:
            raise NotFoundError(f"no unit with the code {unit_code!r}")
        now, wanted = utc_now(), sorted(roles)
        found = invitations.find_confirmed(email)
        if found is None or (found.roles, found.unit_id) != (wanted, unit.id):
            with write_transaction():
                named = [RoleName(role) for role in roles]
                row = invitations.invite_officer(email, name, named, unit=unit, by=None, now=now)
            if _print_waiting(row):
                return 0
            found = invitations.find_confirmed(email)
        if found is not None:
            _print_link(invitations.hand_link(found.id, by=None, now=now, mail=False))
    return 0


def _print_link(handed: HandedLink) -> None:
    click.echo(f"{handed.email} {handed.url}")


def _print_waiting(row: Proposal) -> bool:
    """Print who may confirm a proposal, and tell whether it waits; at the first setup it took effect at once."""
    from hoax_tracker.authority.acts import find_act
    from hoax_tracker.authority.confirmers import has_other_decider, list_allowed
    from hoax_tracker.models import ProposalOutcome

    if row.outcome is not ProposalOutcome.OPEN:
        return False
    now, act = utc_now(), find_act(row.act)
    click.echo(f"menunggu orang kedua: {act.label}: {act.show(row).title}")
    if names := ", ".join(person.name for person in list_allowed(row, now)):
        click.echo(f"yang boleh: {names}, di /petugas/menunggu")
    elif has_other_decider(row, now):
        click.echo("sekarang tidak ada yang boleh: angkat penyetuju, atau minta kantor di luar menjadi pihak kedua")
    else:
        click.echo("tidak ada orang lain yang dapat mengonfirmasi: berlaku sesudah 24 jam")
    return True


@officer.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def list_officers(as_json: bool) -> int:
    """List the officers with their roles and units, then the open invitations."""
    import sqlalchemy as sa

    from hoax_tracker.accounts.invitations import list_invitations
    from hoax_tracker.models import Officer, db

    with open_instance():
        for person in db.session.scalars(sa.select(Officer).order_by(Officer.email)):
            roles = [role.name for role in person.roles]
            if as_json:
                shown = {"email": person.email, "name": person.name, "roles": roles, "unit": person.unit.code}
                print_json(shown | {"active": person.active, "invited": False, "second": person.is_named_second})
            else:
                state = ("" if person.active else "  (disabled)") + ("  (second)" if person.is_named_second else "")
                click.echo(f"{person.email}  {person.name}  {','.join(roles)}  {person.unit.code}{state}")
        for row in list_invitations():
            if as_json:
                shown = {"email": row.email, "name": row.name, "roles": row.roles, "unit": row.unit.code}
                print_json(shown | {"active": False, "invited": True, "second": False})
            else:
                click.echo(f"{row.email}  {row.name}  {','.join(row.roles)}  {row.unit.code}  (invited)")
    return 0


@officer.command("disable")
@click.argument("email")
def disable_officer(email: str) -> int:
    """Close an account at once; a second person confirms it, or opens it again. The officer's work stays."""
    from hoax_tracker.accounts import officer_acts, officers
    from hoax_tracker.authority.proposals import find_open

    with open_instance():
        person = officers.require_officer_by_email(email)
        officer_acts.disable_officer_account(person.id, by=None, now=utc_now())
        click.echo(f"disabled: {email}")
        row = find_open(officer_acts.CLOSING, officer_acts.officer_subject(person))
        if row is not None:
            _print_waiting(row)
    return 0


@officer.command("reset")
@click.argument("email")
def reset_officer(email: str) -> int:
    """Propose to end the password and sessions of an account. Once confirmed, the same command prints the link."""
    from hoax_tracker.accounts import officer_acts, officers

    with open_instance():
        person, now = officers.require_officer_by_email(email), utc_now()
        if officer_acts.find_settled_reset(person) is None:
            row = officer_acts.propose_password_reset(person.id, by=None, now=now)
            if _print_waiting(row):
                return 0
        _print_link(officer_acts.hand_password_link(person.id, by=None, now=now, mail=False))
    return 0


@officer.command("reset-second-factor")
@click.argument("email")
@click.option("--reason", required=True, help="Why, and how the person was recognised; the second person reads it.")
def reset_second_factor(email: str, reason: str) -> int:
    """Propose to remove code app, passkeys and recovery codes of an account."""
    from hoax_tracker.accounts import officer_acts, officers

    with open_instance():
        person = officers.require_officer_by_email(email)
        row = officer_acts.propose_second_factor_reset(person.id, reason, by=None, now=utc_now())
        if not _print_waiting(row):
            click.echo(f"second factor reset: {email}")
    return 0


@officer.command("unlink")
@click.argument("email")
def unlink_officer(email: str) -> int:
    """Propose to remove an officer's accounts at identity providers: the next sign-on joins again, by the address."""
    from hoax_tracker.accounts import officer_acts, officers

    with open_instance():
        person = officers.require_officer_by_email(email)
        row = officer_acts.propose_unlinking(person.id, by=None, now=utc_now())
        if row is None or not _print_waiting(row):
            click.echo(f"{email}: {len(row.values['identities']) if row else 0} joined accounts removed")
    return 0


@officer.command("second")
@click.argument("email")
@click.option("--remove", is_flag=True, help="Take it back.")
def name_second_person(email: str, remove: bool) -> int:
    """Propose who confirms what waits, from an office outside (provinsi, Inspektorat): no administrator, no auditor."""
    from hoax_tracker.accounts import officer_acts, officers

    with open_instance():
        person = officers.require_officer_by_email(email)
        row = officer_acts.propose_second(person.id, is_named=not remove, by=None, now=utc_now())
        if row is None or not _print_waiting(row):
            click.echo(f"no longer the second: {email}" if remove else f"the second: {email}")
    return 0
