"""Ticket numbers are random, readable and tolerant of typing errors."""

from __future__ import annotations

import math

import pytest

from hoax_tracker.check.reports.submission import (
    GROUP_LENGTH,
    TICKET_GROUPS,
    TICKET_LETTERS,
    new_ticket,
    read_ticket,
    ticket_digest,
)


def test_a_ticket_holds_at_least_80_random_bits() -> None:
    assert len(set(TICKET_LETTERS)) == len(TICKET_LETTERS)
    assert TICKET_GROUPS * GROUP_LENGTH * math.log2(len(TICKET_LETTERS)) >= 80
    tickets = {new_ticket() for _ in range(500)}
    assert len(tickets) == 500
    used = set("".join(tickets)) - {"-"}
    assert used == set(TICKET_LETTERS)  # 10,000 letters drawn: every one of 23 turns up
    assert {len(group) for one in tickets for group in one.split("-")} == {GROUP_LENGTH}


def test_no_letters_that_are_mixed_up() -> None:
    for pair in ("0O", "1I", "2Z", "5S", "8B", "UV"):
        assert len(set(pair) & set(TICKET_LETTERS)) <= 1


def test_a_ticket_may_be_typed_in_any_way() -> None:
    ticket = new_ticket()
    for typed in (
        ticket,
        ticket.lower(),
        ticket.replace("-", ""),
        ticket.replace("-", " "),
        f"  {ticket}\n",
        ticket.replace("-", "–"),
        ". ".join(ticket.split("-")),
        " ".join(ticket),
    ):
        assert read_ticket(typed) == ticket


@pytest.mark.parametrize("typed", ["", "K7QD", "0" * 20, "Ü" * 20, "C" * 21, "C" * 100_000, "' or 1=1 --", "٣" * 20])
def test_what_cannot_be_a_ticket(typed: str) -> None:
    assert read_ticket(typed) is None


def test_the_digest_does_not_hold_the_ticket() -> None:
    ticket = new_ticket()
    assert len(ticket_digest(ticket)) == 64
    assert ticket.replace("-", "").lower() not in ticket_digest(ticket)
