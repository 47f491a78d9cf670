"""What the database itself refuses, on SQLite and PostgreSQL, whatever the program does.

- A row that residents read in the city's name stands on a proposal that a second person confirmed (or on the data that
  is shipped), and no word of it changes without another one.
- Nobody confirms what they wrote in, nor what somebody proposed who is tied to them (``officer_tie``, 90 days).
- A settled proposal never changes, and no proposal or tie is deleted: who depends on whom is never forgotten.

The triggers are made by the migrations and again after each, because SQLite drops those of a table that is made anew.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import sqlalchemy as sa

TIE_DAYS = 90
"""For so long a person is not independent of whoever made, reset, reopened or moved their account."""


@dataclass(frozen=True)
class GuardedTable:
    """A table whose rows are public where ``public`` holds ("{row}" stands for the row).

    ``columns`` are what residents read: they change only with another confirmation, or where ``unless`` holds.
    ``acts``: what the confirmed proposal was about. ``may_stand_alone``: one of a power act, which takes effect without
    a second person where nobody else is there.
    """

    table: str
    acts: tuple[str, ...]
    public: str
    columns: tuple[str, ...]
    unless: str = "1 = 0"
    may_stand_alone: bool = False


EDITED = "{row}.edited_at is not null"
GUARDED_TABLES = (
    GuardedTable(
        "clarification",
        ("clarification", "correction", "retraction", "objection"),
        "{row}.status in ('published', 'corrected', 'retracted')",
        (
            "status",
            "slug",
            "title",
            "summary",
            "verdict",
            "claim_quote",
            "picture",
            "wordings",
            "findings",
            "conclusion",
            "unit_id",
        ),
        # What one person published in an emergency goes again where nobody confirmed it.
        "new.status = 'retracted' and exists (select 1 from proposal p where p.id = old.confirmation_id"
        " and p.stands_until is not null and p.outcome in ('refused', 'withdrawn'))",
    ),
    GuardedTable(
        "clarification_revision",
        ("clarification", "correction", "retraction", "objection"),
        "1 = 1",
        ("kind", "note", "content", "number", "clarification_id"),
    ),
    GuardedTable(
        "objection",
        ("objection",),
        "{row}.outcome is not null",
        ("outcome", "reason", "decided_at", "working_days", "clarification_id"),
    ),
    GuardedTable("judged_claim", ("clarification", "decision"), "1 = 1", ("claim_id", "clarification_id")),
    GuardedTable(
        "media_fingerprint",
        ("recording",),
        f"({{row}}.is_known or {EDITED})",
        ("sha256", "claim_id", "is_known"),
    ),
    GuardedTable("official_channel", ("channel",), f"({{row}}.is_listed or {EDITED})", ("owner", "is_listed", "value")),
    GuardedTable(
        "explainer", ("explainer",), f"({{row}}.is_shown or {EDITED})", ("title", "summary", "body", "cues", "is_shown")
    ),
    GuardedTable("public_contacts", ("contacts",), EDITED, ("address", "telephone", "email", "website", "emergency")),
    GuardedTable(
        "unit", ("unit",), EDITED, ("name", "short_name", "kind", "parent_id", "is_active"), may_stand_alone=True
    ),
    GuardedTable("unit_topic", ("topic",), EDITED, ("unit_id",)),
    GuardedTable("district", ("district",), EDITED, ("name", "aliases")),
    GuardedTable("programme", ("programme",), EDITED, ("name", "aliases", "unit_id")),
    GuardedTable("source", ("source",), "{row}.kind = 'claim_review'", ("name", "kind")),
    GuardedTable("report_recipients", ("recipients",), EDITED, ("addresses",)),
    # What an officer writes in a conversation; its words are sealed, and sealed anew with another key.
    GuardedTable("chat_reply", ("chat_reply",), "substr({row}.key, 1, 8) = 'officer:'", ("key",)),
    GuardedTable(
        "tipline_channel",
        ("tipline_channel",),
        f"({{row}}.is_in_service or {EDITED})",
        (
            "name",
            "account_id",
            "account",
            "base_url",
            "auth_header",
            "business_id",
            "template_name",
            "template_language",
            "is_polled",
            "is_in_service",
        ),
    ),
)
SETTLED_COLUMNS = (
    "act",
    "subject",
    "note",
    "proposed_by_id",
    "proposed_at",
    "stands_until",
    "outcome",
    "settled_by_id",
    "settled_at",
    "settled_reason",
)


def create_guards(connection: sa.Connection) -> None:
    """Make all triggers that are missing, in the connection's transaction."""
    is_sqlite = connection.dialect.name == "sqlite"
    inspector = sa.inspect(connection)
    tables = set(inspector.get_table_names())
    if "proposal" not in tables:
        return
    present = [part for one in GUARDED_TABLES if one.table in tables and (part := _present_part(one, inspector))]
    for name, table, moment, condition, words in _list_rules(is_sqlite, present):
        if table in tables:
            _create_trigger(connection, name, table, moment, condition, words)


def drop_guards(connection: sa.Connection) -> None:
    """Drop all triggers, so that a migration may change rows; ``create_guards`` brings them back."""
    is_sqlite = connection.dialect.name == "sqlite"
    tables = set(sa.inspect(connection).get_table_names())
    for name, table, *_rest in _list_rules(is_sqlite):
        if is_sqlite:
            connection.exec_driver_sql(f"drop trigger if exists {name}")
        elif table in tables:
            connection.exec_driver_sql(f"drop trigger if exists {name} on {table}")
            connection.exec_driver_sql(f"drop function if exists {name}()")


def list_unconfirmed(connection: sa.Connection) -> list[tuple[str, int]]:
    """Return (table, number) of public rows that stand on no confirmation: none, unless somebody changed the file."""
    found: list[tuple[str, int]] = []
    if not sa.inspect(connection).has_table("proposal"):  # a copy from before there were any
        return found
    for guarded in GUARDED_TABLES:
        public, stands = guarded.public.format(row="r"), _stands(guarded, "r")
        query = f"select count(*) from {guarded.table} r where {public} and not {stands}"  # noqa: S608
        if count := connection.exec_driver_sql(query).scalar_one():
            found.append((guarded.table, int(count)))
    return found


def _present_part(guarded: GuardedTable, inspector: sa.Inspector) -> GuardedTable | None:
    """Return the guarded table with the columns that it has at this migration; None while it knows no confirmation."""
    present = {column["name"] for column in inspector.get_columns(guarded.table)}
    if "confirmation_id" not in present:
        return None
    return replace(guarded, columns=tuple(name for name in guarded.columns if name in present))


def _list_rules(
    is_sqlite: bool, guarded_tables: Collection[GuardedTable] = GUARDED_TABLES
) -> list[tuple[str, str, str, str, str]]:
    """Return (name, table, moment, condition under which it is refused, words) of every trigger."""
    differs = "is not" if is_sqlite else "is distinct from"
    rules = [rule for guarded in guarded_tables for rule in _table_rules(guarded, is_sqlite, differs)]
    cast = "" if is_sqlite else "::text"  # JSON has no equality on PostgreSQL
    changed = " or ".join(f"old.{name} {differs} new.{name}" for name in SETTLED_COLUMNS)
    changed += "".join(f" or old.{name}{cast} {differs} new.{name}{cast}" for name in ('"values"', "before"))
    rules += [
        (
            "guard_proposal_settled",
            "proposal",
            "update",
            f"old.outcome <> 'open' and ({changed})",
            "a settled proposal never changes",
        ),
        (
            "guard_claim_answered",
            "claim",
            "update of status",
            "new.status = 'clarified' and old.status <> 'clarified' and not exists"
            " (select 1 from judged_claim j where j.claim_id = new.id and j.ended_at is null)",
            "no second person confirmed the answer to this claim",
        ),
        ("guard_proposal_kept", "proposal", "delete", "1 = 1", "no proposal is deleted"),
        ("guard_hand_kept", "proposal_hand", "delete", "1 = 1", "no proposal is deleted"),
        ("guard_tie_kept", "officer_tie", "delete", "1 = 1", "no tie is deleted"),
        ("guard_tie_fixed", "officer_tie", "update", "1 = 1", "no tie is changed"),
        (
            "guard_proposal_independent",
            "proposal",
            "update",
            f"old.outcome = 'open' and new.outcome = 'confirmed' and {_depends(is_sqlite)}",
            "confirmed by somebody who is not independent",
        ),
        (
            "guard_proposal_shipped",
            "proposal",
            "insert",
            "new.outcome = 'shipped' and new.act not in ('shipped', 'earlier')",
            "only what is shipped needs nobody",
        ),
        (
            "guard_hand_independent",
            "proposal_hand",
            "insert",
            "exists (select 1 from proposal p where p.id = new.proposal_id and p.outcome = 'confirmed'"
            " and p.settled_by_id = new.officer_id)",
            "confirmed by somebody who wrote in it",
        ),
    ]
    return rules


def _table_rules(guarded: GuardedTable, is_sqlite: bool, differs: str) -> list[tuple[str, str, str, str, str]]:
    """Return the triggers of one guarded table."""
    public_new, public_old = guarded.public.format(row="new"), guarded.public.format(row="old")
    stands = _stands(guarded, "new")
    cast = "" if is_sqlite else "::text"  # JSON has no equality on PostgreSQL
    changed = " or ".join(f"old.{name}{cast} {differs} new.{name}{cast}" for name in guarded.columns)
    unchanged = f"(new.confirmation_id is null or not (new.confirmation_id {differs} old.confirmation_id))"
    name, words = f"guard_{guarded.table}", f"no second person confirmed this {guarded.table}"
    return [
        (f"{name}_added", guarded.table, "insert", f"({public_new}) and not {stands}", words),
        (
            f"{name}_changed",
            guarded.table,
            "update",
            f"(({public_new}) or ({public_old})) and ({changed}) and ({unchanged} or not {stands})"
            f" and not ({guarded.unless})",
            words,
        ),
    ]


def _stands(guarded: GuardedTable, row: str) -> str:
    """Return the condition that the row stands on a confirmation of its kind."""
    acts = ", ".join(f"'{act}'" for act in guarded.acts)
    outcomes = "'confirmed', 'alone'" if guarded.may_stand_alone else "'confirmed'"
    return (
        f"exists (select 1 from proposal p where p.id = {row}.confirmation_id"  # noqa: S608 - names of our own
        f" and ((p.act in ({acts}) and (p.outcome in ({outcomes}) or p.stands_until is not null))"
        " or p.outcome = 'shipped'))"
    )


def _depends(is_sqlite: bool) -> str:
    """Return the condition that whoever confirms a proposal wrote in it, or is tied to somebody who did."""
    since = (
        f"datetime(new.settled_at, '-{TIE_DAYS} days')" if is_sqlite else f"new.settled_at - interval '{TIE_DAYS} days'"
    )
    tied_at = "datetime(t.tied_at)" if is_sqlite else "t.tied_at"
    hands = (
        "select h.officer_id from proposal_hand h where h.proposal_id = new.id"
        " union select new.proposed_by_id where new.proposed_by_id is not null"
    )
    return (
        f"(new.settled_by_id is null or new.settled_by_id in ({hands})"  # noqa: S608 - names of our own
        f" or exists (select 1 from officer_tie t where {tied_at} > {since} and ("
        f"(t.officer_id = new.settled_by_id and (t.maker_id in ({hands})"
        " or (t.maker_id is null and new.proposed_by_id is null)))"
        f" or (t.maker_id = new.settled_by_id and t.officer_id in ({hands})))))"
    )


def _create_trigger(connection: sa.Connection, name: str, table: str, moment: str, condition: str, words: str) -> None:
    """Make one trigger that refuses a statement where the condition holds."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            f"create trigger if not exists {name} before {moment} on {table} when {condition}"
            f" begin select raise(abort, '{words}'); end"
        )
        return
    given = "old" if moment == "delete" else "new"
    connection.exec_driver_sql(
        f"create or replace function {name}() returns trigger language plpgsql as $$ begin if {condition} then"
        f" raise exception '{words}' using errcode = 'check_violation'; end if; return {given}; end $$"
    )
    connection.exec_driver_sql(
        f"create or replace trigger {name} before {moment} on {table} for each row execute function {name}()"
    )
