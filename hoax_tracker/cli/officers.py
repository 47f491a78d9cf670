"""``officer``: who may sign in."""

from __future__ import annotations

import click

from hoax_tracker.cli.common import open_instance, print_json

ROLES = ("officer", "approver", "administrator", "auditor")


@click.group()
def officer() -> None:
    """Add, list and disable officers; give a new password."""


@officer.command("add")
@click.argument("email")
@click.option("--name", default="", help="The person's name.")
@click.option("--role", "roles", multiple=True, type=click.Choice(ROLES), default=("officer",), show_default=True)
@click.option("--unit", "unit_code", default="diskominfo", show_default=True, help="Code of the person's unit.")
def add_officer(email: str, name: str, roles: tuple[str, ...], unit_code: str) -> int:
    """Add an officer; the password is made here and printed once."""
    import sqlalchemy as sa

    from hoax_tracker.accounts import officers
    from hoax_tracker.clock import utc_now
    from hoax_tracker.core.database.transactions import write_transaction
    from hoax_tracker.errors import NotFoundError
    from hoax_tracker.models import RoleName, Unit, db

    password = officers.generate_password()
    with open_instance(), write_transaction():
        unit = db.session.scalar(sa.select(Unit).where(Unit.code == unit_code))
        if unit is None:
            raise NotFoundError(f"no unit with the code {unit_code!r}")
        named = [RoleName(role) for role in roles]
        officers.add_officer(email, name, named, unit=unit, password=password, by=None, now=utc_now())
    click.echo(f"{email} {password}")
    return 0


@officer.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def list_officers(as_json: bool) -> int:
    """List the officers with their roles and units."""
    import sqlalchemy as sa

    from hoax_tracker.models import Officer, db

    with open_instance():
        for person in db.session.scalars(sa.select(Officer).order_by(Officer.email)):
            roles = [role.name for role in person.roles]
            if as_json:
                shown = {"email": person.email, "name": person.name, "roles": roles, "unit": person.unit.code}
                print_json(shown | {"active": person.active})
            else:
                state = "" if person.active else "  (disabled)"
                click.echo(f"{person.email}  {person.name}  {','.join(roles)}  {person.unit.code}{state}")
    return 0


@officer.command("disable")
@click.argument("email")
def disable_officer(email: str) -> int:
    """Close an account; what the officer did stays."""
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
    """Give a new password, printed once; open sessions of the account end."""
    from hoax_tracker.accounts import officers
    from hoax_tracker.clock import utc_now
    from hoax_tracker.core.database.transactions import write_transaction

    with open_instance(), write_transaction():
        password = officers.reset_password(officers.require_officer_by_email(email), by=None, now=utc_now())
    click.echo(f"{email} {password}")
    return 0
