"""``insight``: what the early warning would have told."""

from __future__ import annotations

from typing import Any

import click

from hoax_tracker.cli.common import elapsed_time, print_json


@click.group()
def insight() -> None:
    """Measure the early warning."""


@insight.command()
@click.option("--seed", default=2026, show_default=True, help="Of the first simulated year.")
@click.option(
    "--years", default=1, show_default=True, type=click.IntRange(1, 100), help="How many, one seed after another."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def replay(seed: int, years: int, as_json: bool) -> None:
    """Replay simulated years with planted waves: how many are told, how soon, and how many alarms are false.

    Needs no database, and changes nothing.
    """
    from hoax_tracker.insight.early_warning.replay import replay_years, summarise_replay

    with elapsed_time("insight replay"):
        result = summarise_replay(replay_years(seed, years))
    if as_json:
        print_json({"seed": seed, "years": years, **result})
        return
    for line in describe_replay(result):
        click.echo(line)


def describe_replay(result: dict[str, Any]) -> list[str]:
    """Return the figures as lines."""
    low, high = result["false_alarms_a_week_ci"]
    return [
        f"planted waves: {result['waves']} in {result['weeks']} weeks",
        f"recall: {describe_recall(result)}",
        *(f"  {kind}: {describe_recall(figures)} of {figures['waves']}" for kind, figures in result["by_kind"].items()),
        f"delay: {result['delay_h_median']} hours for half of them, {result['delay_h_p90']} for nine of ten",
        f"false alarms: {result['false_alarms']}, {result['false_alarms_a_week']} a week ({low} to {high})",
    ]


def describe_recall(figures: dict[str, Any]) -> str:
    """Return a recall with its interval."""
    low, high = figures["recall_ci"]
    return f"{figures['recall']:.1%} ({low:.1%} to {high:.1%})"
