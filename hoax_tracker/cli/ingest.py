"""``ingest``, ``check`` and ``source``: incoming items, and the public's answers."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hoax_tracker.cli.common import open_instance, print_json, progress_bar
from hoax_tracker.clock import utc_now
from hoax_tracker.core import memory
from hoax_tracker.errors import InvalidInputError

if TYPE_CHECKING:
    from hoax_tracker.ingest.sources.preview import SourcePreview


@click.command()
@click.option("--all", "everything", is_flag=True, help="Read every active source now, due or not.")
@click.option("--source", "name", help="Read the source of this name.")
@click.option("--url", help="Read this feed once; it is kept as a source without schedule.")
@click.option(
    "--file",
    "paths",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read feed files.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def ingest(everything: bool, name: str | None, url: str | None, paths: tuple[Path, ...], as_json: bool) -> int:
    """Read sources that are due (or those named), store new items, and flag them."""
    from hoax_tracker import pipeline
    from hoax_tracker.core.database.transactions import write_transaction
    from hoax_tracker.core.fetch.addresses import parse_target
    from hoax_tracker.ingest.service import ensure_source_at_url, require_source_by_name

    if sum(map(bool, (everything, name, url, paths))) > 1:
        raise click.UsageError("choose one of --all, --source, --url, --file")
    memory.share_one_arena()
    with open_instance() as settings, progress_bar("ingest") as progress:
        now = utc_now()
        if paths:
            run = pipeline.run_from_files(paths, settings, now, progress)
        elif name:
            run = pipeline.run_one_source(require_source_by_name(name), settings, now, progress)
        elif url:
            parse_target(url, settings.fetch_allow)  # an address that is never fetched does not become a source
            with write_transaction():
                source = ensure_source_at_url(url, now)
            run = pipeline.run_one_source(source, settings, now, progress)
        else:
            run = (pipeline.run_all_sources if everything else pipeline.run_due_sources)(settings, now, progress)
    if as_json:
        print_json(run.as_json())
    else:
        _print_run(run.as_json())
    return 1 if run.outcome.failed else 0


def _print_run(run: dict[str, object]) -> None:
    """Print a run for a person. Errors go to stderr."""
    click.echo(
        f"{run['sources']} sources, {run['entries']} entries: {run['new']} new, {run['duplicates']} known, "
        f"{run['flagged']} flagged, {run['seconds']} s"
    )
    for failed in run["failed"]:  # type: ignore[attr-defined]
        click.echo(f"failed: {failed['source']}: {failed['error']}", err=True)


@click.command()
@click.argument("text", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(text: str | None, as_json: bool) -> int:
    """Answer TEXT (or standard input) against the published clarifications of this instance."""
    from hoax_tracker.check.answers.channel_facts import channel_heading
    from hoax_tracker.check.answers.service import answer_as_json, answer_message
    from hoax_tracker.match_index import current_match_index

    with open_instance():
        current_match_index().keep()
        checked = answer_message(text if text is not None else sys.stdin.read(), utc_now())
        answer = answer_as_json(checked)
        channel_lines = [f"{channel_heading(fact)}: {fact.mention.written}" for fact in checked.channels]
    if as_json:
        print_json(answer)
    else:
        click.echo(
            {"match": "Sudah diklarifikasi", "possible": "Belum pasti sama", "none": "Belum ada klarifikasi"}[
                answer["decision"]
            ]
        )
        for match in answer["matches"]:
            page = match["clarification"]
            click.echo(f"  {match['probability']:.2f}  {page['verdict']}  {page['title']}  {page['url']}")
        if "withdrawn" in answer:
            click.echo(f"Ditarik {answer['withdrawn']['at']}: {answer['withdrawn']['url']}")
        if answer["under_review"]:
            click.echo(f"Sedang diperiksa sejak {answer['under_review']['since']}")
        for line in channel_lines:
            click.echo(line)
    return 0


@click.group()
def source() -> None:
    """Add, list and pause sources; import and export OPML."""


@source.command("add")
@click.argument("url")
@click.option("--name", help="How the source is called (default: what it calls itself).")
@click.option("--local", "is_local", is_flag=True, help="It writes about Kota Kupang only.")
@click.option(
    "--fact-checker", "is_fact_checker", is_flag=True, help="It reviews claims: never flagged. Proposed only."
)
@click.option("--look", "only_look", is_flag=True, help="Show what is there, and save nothing.")
def add_source(url: str, name: str | None, is_local: bool, is_fact_checker: bool, only_look: bool) -> int:
    """Find out what URL is, show its entries, and read it on schedule.

    URL: a feed, a site that names its feed, an account or hashtag of Mastodon, a channel of YouTube or Telegram, an
    account of Bluesky, a subreddit, a search of Google News (or google-news:WORDS); docs/sources.md lists them.
    """
    from hoax_tracker.core.fetch import Politeness
    from hoax_tracker.core.fetch.site_locks import InteractiveFetcher
    from hoax_tracker.ingest.sources import edits
    from hoax_tracker.ingest.sources.address_kinds import Bridges
    from hoax_tracker.ingest.sources.preview import preview_source
    from hoax_tracker.models import SourceKind

    with open_instance() as settings:
        now = utc_now()
        bridges, seen = Bridges(settings.rsshub, settings.rss_bridge), None
        try:
            with InteractiveFetcher(Politeness(settings.fetch_allow), now) as caller:
                seen = preview_source(url, caller, bridges, now)
            place = edits.SourcePlace(seen.kind, seen.url, seen.page)
            _print_source_preview(seen)
        except InvalidInputError as error:
            if only_look:
                raise
            with InteractiveFetcher(Politeness(settings.fetch_allow), now) as caller:
                place = edits.resolve_source_place(url, caller, bridges, now)
            edits.require_valid_source(None, name or url[:200], place.url, settings.fetch_allow)
            click.echo(f"not readable yet: {error.user_message}", err=True)
        if only_look:
            return 0
        name = name or (seen.name if seen else url[:200])
        place = replace(place, kind=SourceKind.CLAIM_REVIEW) if is_fact_checker else place
        added = edits.add_source(name, place, is_local=is_local, allow=settings.fetch_allow, by=None, now=now)
    click.echo(f"added: {name}" if added else f"proposed, a second person confirms it: {name}")
    return 0


def _print_source_preview(seen: SourcePreview) -> None:
    """Print the content behind an address."""
    click.echo(f"{seen.kind.label}: {seen.name}\n  {seen.found_at}\n  {len(seen.feed.entries)} entries")
    for entry in seen.first:
        when = f"{entry.published_at:%Y-%m-%d %H:%M}" if entry.published_at else " " * 16
        click.echo(
            f"  {when}  {(entry.title or entry.text)[:90].splitlines()[0] if entry.title or entry.text else '-'}"
        )
    for problem in seen.feed.problems:
        click.echo(f"  ! {problem}", err=True)


@source.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def list_sources(as_json: bool) -> int:
    """List the sources with their health."""
    import sqlalchemy as sa

    from hoax_tracker.models import Source, db

    with open_instance():
        for row in db.session.scalars(sa.select(Source).order_by(Source.name)):
            state = "paused" if not row.is_active else f"failing ({row.failures})" if row.failures else "ok"
            if as_json:
                facts = {"name": row.name, "url": row.url, "state": state, "error": row.last_error}
                print_json(facts | {"local": row.is_local})
            else:
                click.echo(f"{state:12} {row.name}  {row.url or ''}  {row.last_error or ''}".rstrip())
    return 0


@source.command("pause")
@click.argument("name")
@click.option("--resume", is_flag=True, help="Read it on schedule again.")
def pause_source(name: str, resume: bool) -> int:
    """Stop reading a source on schedule; its items stay."""
    from hoax_tracker.ingest.service import require_source_by_name
    from hoax_tracker.ingest.sources import edits

    with open_instance():
        edits.set_source_active(require_source_by_name(name).id, resume, by=None, now=utc_now())
    click.echo(f"{'resumed' if resume else 'paused'}: {name}")
    return 0


@source.command("posts")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", required=True, help="The source that the posts go to; made where there is none.")
@click.option(
    "--column", "given", multiple=True, metavar="FIELD=COLUMN", help="Which column is what, where names differ."
)
@click.option(
    "--look", "only_look", is_flag=True, help="Show which column is what and the first posts, and save nothing."
)
def import_posts(path: Path, name: str, given: tuple[str, ...], only_look: bool) -> int:
    """Store the posts of a CSV or XLSX file exported by a social media monitoring tool, or of a WhatsApp chat.

    FIELD: text, title, url, id, author, published, likes, shares, replies, views. An empty COLUMN leaves it out.
    """
    from hoax_tracker.ingest.spreadsheets.importer import import_posts
    from hoax_tracker.ingest.spreadsheets.posts import POST_FIELDS, guess_columns, read_posts_from_table
    from hoax_tracker.ingest.spreadsheets.reader import read_uploaded_table

    with open_instance():
        table, now = read_uploaded_table(path.read_bytes()), utc_now()
        mapped = guess_columns(table)
        for assignment in given:
            field, _, column = assignment.partition("=")
            if field not in POST_FIELDS or (column and column not in table.columns):
                raise click.UsageError(
                    f"{assignment}: columns are {', '.join(table.columns)}; fields {', '.join(POST_FIELDS)}"
                )
            mapped[field] = column
        mapped = {field: column for field, column in mapped.items() if column}
        if only_look:
            feed = read_posts_from_table(table, mapped, now)
            for field, column in mapped.items():
                click.echo(f"{field:10} {column}")
            for entry in feed.entries[:5]:
                click.echo(f"  {(entry.title or entry.text).splitlines()[0][:100]}")
            problems = feed.problems
        else:
            result = import_posts(table, mapped, name, by=None, now=now)
            click.echo(f"{result.new} new, {result.known} known already")
            problems = result.problems
    for problem in problems:
        click.echo(f"  ! {problem}", err=True)
    return 0


@source.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_sources(path: Path) -> int:
    """Add the sources of an OPML file."""
    from hoax_tracker.ingest.sources import edits
    from hoax_tracker.ingest.sources.address_kinds import Bridges

    with open_instance() as settings:
        bridges = Bridges(settings.rsshub, settings.rss_bridge)
        result = edits.import_opml(path.read_bytes(), bridges, allow=settings.fetch_allow, by=None, now=utc_now())
    left_out = f", {len(result.left_out)} left out" if result.left_out else ""
    click.echo(f"{result.added} added, {result.known} known already{left_out}")
    for problem in filter(None, (result.fault, *result.believed, *result.left_out)):
        click.echo(f"  ! {problem}", err=True)
    return 0


@source.command("export")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
def export_sources(path: Path) -> int:
    """Write the sources to an OPML file."""
    from hoax_tracker.ingest.sources import opml

    with open_instance():
        path.write_bytes(opml.export_sources())
    click.echo(f"written: {path}")
    return 0
