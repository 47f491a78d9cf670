"""``audit``: verify the log of officers' acts, and manage its key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hoax_tracker.cli.common import elapsed_time, open_instance, print_json

if TYPE_CHECKING:
    from hoax_tracker.core.audit.audit_log import ChainHead
    from hoax_tracker.core.audit.chain_check import ChainVerification


@click.group()
def audit() -> None:
    """The tamper-evident log of officers' acts."""


@audit.command("verify")
@click.option("--head", "noted", metavar="N:DIGEST", help="A head noted before: of a morning letter, or of /tentang.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def verify_audit(noted: str | None, as_json: bool) -> int:
    """Check every link and every seal of the chain; --head also detects a cut-off end."""
    from hoax_tracker.core.audit.chain_check import check_head, describe_chain_fault, verify_chain

    head = _read_head_option(noted) if noted else None
    with open_instance(), elapsed_time("audit verify"):
        verification = verify_chain()
        if head is not None and verification.fault is None:
            verification = check_head(verification, head)
    if as_json:
        print_json(_verification_object(verification))
    elif verification.broken_at is None:
        click.echo(f"whole: {verification.rows} rows, last hash {verification.last_hash}")
        click.echo(
            f"head {verification.head}, sealed from row {verification.sealed_from} on"
            if verification.head
            else "nothing recorded"
        )
    else:
        click.echo(f"broken at row {verification.broken_at} after {verification.rows} whole rows", err=True)
        click.echo(f"row {verification.broken_at}: {describe_chain_fault(verification)}", err=True)
    return 0 if verification.broken_at is None else 1


def _verification_object(verification: ChainVerification) -> dict[str, Any]:
    """Return the result in the form that ``--json`` prints."""
    from hoax_tracker.core.audit.chain_check import describe_chain_fault

    return {
        "rows": verification.rows,
        "broken_at": verification.broken_at,
        "last_hash": verification.last_hash,
        "head": str(verification.head) if verification.head else None,
        "sealed_from": verification.sealed_from,
        "fault": verification.fault.value if verification.fault else None,
        "description": describe_chain_fault(verification),
    }


def _read_head_option(text: str) -> ChainHead:
    """Return the given head. Raises click's error for anything else."""
    from hoax_tracker.core.audit.audit_log import parse_head

    head = parse_head(text)
    if head is None:
        raise click.BadParameter("a number, a colon and 64 hex digits, as the letter and /tentang show it")
    return head


@audit.command("new-key")
@click.option("--by", "email", required=True, metavar="EMAIL", help="The administrator who does this.")
@click.option("--reason", required=True, help="Why; the log keeps it.")
def start_key(email: str, reason: str) -> int:
    """Let the audit key of this host seal the log from here on, where the previous key is lost.

    The log records who did it and why. Older rows are sealed as they are now; whether they were changed under the lost
    key, nobody can prove any more. To replace a key that is not lost, remove it first.
    """
    from hoax_tracker.accounts.officers import require_officer_by_email
    from hoax_tracker.clock import utc_now
    from hoax_tracker.errors import NotAllowedError
    from hoax_tracker.operations.instance_keys import start_new_audit_key

    with open_instance(has_keys=False) as settings:
        person = require_officer_by_email(email)
        if not (person.active and person.is_administrator):
            raise NotAllowedError(f"{email} is no administrator")
        if not start_new_audit_key(settings, reason, by=person, now=utc_now()):
            click.echo(
                "this host's audit key seals the log already. To replace it: take audit_key out of the data folder, or "
                "set another HOAX_TRACKER_AUDIT_KEY, and run this again"
            )
            return 0
    click.echo("recorded: bring the other hosts the same audit_key, then start them; keep a copy of it elsewhere")
    return 0
