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

    with open_instance(has_keys=False) as app:
        settings = app.extensions["settings"]
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
