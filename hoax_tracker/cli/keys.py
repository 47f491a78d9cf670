"""``keys``: the keys that the hosts of the instance must have."""

from __future__ import annotations

import click

from hoax_tracker.cli.common import open_instance


@click.group()
def keys() -> None:
    """The keys that every host of this instance must have."""


@keys.command("accept")
@click.option("--yes", is_flag=True, help="Do not ask.")
def accept(yes: bool) -> int:
    """Make the keys of this host those of the instance, where the old ones are lost or replaced on purpose.

    First lists what can no longer be read. Stop the other hosts before, and bring them the keys afterwards.
    """
    from hoax_tracker.clock import utc_now
    from hoax_tracker.operations import instance_keys

    with open_instance(has_keys=False) as settings:
        lost = instance_keys.consequences(settings)
        if not lost:
            click.echo("this host has the keys of the instance")
        for line in lost:
            click.echo(line)
        if lost and not yes:
            click.confirm("Accept the keys of this host?", abort=True)
        instance_keys.accept_keys(settings, utc_now())
        click.echo("recorded: bring the other hosts the same keys, then start them")
    return 0


@keys.command("rotate")
def rotate() -> int:
    """Make a new contact key, which encrypts from now on; the older ones still decrypt.

    Stop the hosts before, bring each the new file contact_key afterwards, start them, and run `keys reseal`.
    """
    from hoax_tracker.clock import utc_now
    from hoax_tracker.operations import key_rotation

    with open_instance(has_keys=False) as settings:
        key_rotation.rotate_contact_key(settings, utc_now())
    click.echo("rotated: bring the other hosts the same contact_key, start all, then: hoax-tracker keys reseal")
    return 0


@keys.command("reseal")
def reseal() -> int:
    """Encrypt anew, with the newest contact key, what older ones sealed. It may be interrupted and run again."""
    from hoax_tracker.clock import utc_now
    from hoax_tracker.operations import key_rotation

    unreadable = 0
    with open_instance() as settings:
        for column in key_rotation.reseal_all(settings, utc_now()):
            click.echo(f"{column.name}: {column.resealed} encrypted anew")
            if column.unreadable:
                click.echo(
                    f"{column.name}: {column.unreadable} that none of the keys opens, left as they are", err=True
                )
            unreadable += column.unreadable
    return 1 if unreadable else 0
