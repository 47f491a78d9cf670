"""``officer``: manage the officers who may sign in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hoax_tracker.cli.common import open_instance, print_json

if TYPE_CHECKING:
    from hoax_tracker.accounts.password_links import HandedLink

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
    """Invite an officer; print the link to choose a password, valid once and for 72 hours."""
    import sqlalchemy as sa

    from hoax_tracker.accounts import invitations
    from hoax_tracker.clock import utc_now
    from hoax_tracker.core.database.transactions import write_transaction
    from hoax_tracker.errors import NotFoundError
    from hoax_tracker.models import RoleName, Unit, db

    with open_instance(), write_transaction():
        unit = db.session.scalar(sa.select(Unit).where(Unit.code == unit_code))
        if unit is None:
            raise NotFoundError(f"no unit with the code {unit_code!r}")
        named = [RoleName(role) for role in roles]
        handed = invitations.invite_officer(email, name, named, unit=unit, by=None, now=utc_now(), mail=False)
        print_link(handed)
    return 0


def print_link(handed: HandedLink) -> None:
    """Print a link and the person it is for."""
    click.echo(f"{handed.email} {handed.url}")


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
    """Close an account; the officer's work stays."""
    from hoax_tracker.accounts import officers
    from hoax_tracker.clock import utc_now
    from hoax_tracker.core.database.transactions import write_transaction

    with open_instance(), write_transaction():
        officers.disable_officer(officers.require_officer_by_email(email), by=None, now=utc_now())
    click.echo(f"disabled: {email}")
    return 0


@officer.command("reset")
@click.argument("email")
def reset_officer(email: str) -> int:
    """End the password and sessions of an account; print the link to choose a new password."""
    from hoax_tracker.accounts import officers, password_links
    from hoax_tracker.clock import utc_now
    from hoax_tracker.core.database.transactions import write_transaction

    with open_instance(), write_transaction():
        person = officers.require_officer_by_email(email)
        print_link(password_links.send_password_link(person, by=None, now=utc_now(), mail=False))
    return 0


@officer.command("reset-second-factor")
@click.argument("email")
@click.option("--reason", required=True, help="Why, and how the person was recognised; the audit log keeps it.")
def reset_second_factor(email: str, reason: str) -> int:
    """Remove code app, passkeys and recovery codes of an account, where no other administrator can."""
    from hoax_tracker.accounts import officers
    from hoax_tracker.accounts.second_factor import resets
    from hoax_tracker.clock import utc_now
    from hoax_tracker.core.database.transactions import write_transaction

    with open_instance(), write_transaction():
        person = officers.require_officer_by_email(email)
        resets.erase_factors(person, {"reason": resets.require_reason(reason)}, by=None, now=utc_now())
    click.echo(f"second factor reset: {email}")
    return 0


@officer.command("unlink")
@click.argument("email")
def unlink_officer(email: str) -> int:
    """Remove an officer's accounts at identity providers: the next sign-on joins again, by the address."""
    from hoax_tracker.accounts import officers
    from hoax_tracker.accounts.sign_on.identities import unlink_identities
    from hoax_tracker.clock import utc_now

    with open_instance():
        person = officers.require_officer_by_email(email)
        removed = unlink_identities(person, by=None, now=utc_now())
    click.echo(f"{email}: {removed} joined accounts removed")
    return 0


@officer.command("second")
@click.argument("email")
@click.option("--remove", is_flag=True, help="Take it back.")
def name_second_person(email: str, remove: bool) -> int:
    """Name who confirms what the only administrator does to accounts: PPID's head, who is no administrator.

    This waits 24 hours itself, and all administrators get a letter.
    """
    from hoax_tracker.accounts import officers
    from hoax_tracker.accounts.waiting_periods import settlement
    from hoax_tracker.clock import utc_now
    from hoax_tracker.core.database.transactions import write_transaction

    with open_instance(), write_transaction():
        person, now = officers.require_officer_by_email(email), utc_now()
        settlement.remove_second(person, now) if remove else settlement.name_second(person, now)
    click.echo(f"no longer the second: {email}" if remove else f"the second, in 24 hours: {email}")
    return 0
