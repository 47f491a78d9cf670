"""Games of one person against an honest office that never confirms anything.

A game begins with an officer who has a random set of roles in a random unit. They send forms, post to routes, type
commands, make accounts, and let days pass. Nothing that residents read changes, no contact of who reported the accused
unit reaches its branch, and no trace is erased. 20 games are played in the gate and six on PostgreSQL (``PLAYER_GAMES``
says another number), 2,000 and 200 in ``make test-long``.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from hoax_tracker.authority import confirmers, guards, proposals
from hoax_tracker.clarify import service as clarify
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit import chain_check
from hoax_tracker.models import RoleName, db
from tests import databases, factories
from tests.authority.office import SECRET, Office, count_traces, open_office, public_face
from tests.authority.player import DOMAIN, Player
from tests.conftest import settings_for
from tests.mail_server import turn_mail_on
from tests.shared_app import SharedApp

GAMES = int(os.environ.get("PLAYER_GAMES", "6" if databases.ON_POSTGRESQL else "20"))
MOVES = 25
ROLES = (RoleName.OFFICER, RoleName.APPROVER, RoleName.ADMINISTRATOR)
UNITS = ("diskominfo", "dinkes", "pkm-bakti", "pdam")
ACCUSED = ("dinkes", "pkm-bakti")


class Clock:
    """The time of a game, for every module of the program."""

    def __init__(self) -> None:
        self.now = utc_now()

    def __call__(self) -> datetime:
        """Return the time; each reading is a little later, so that rows keep their order."""
        self.now += timedelta(milliseconds=1)
        return self.now


@contextmanager
def turned_clock(clock: Clock) -> Iterator[None]:
    """Let every module of the program read this clock."""
    patch = pytest.MonkeyPatch()
    for name, module in sorted(sys.modules.items()):
        if name.startswith("hoax_tracker.") and name != utc_now.__module__ and hasattr(module, "utc_now"):
            patch.setattr(module, "utc_now", clock)
    try:
        yield
    finally:
        patch.undo()


def make_game(renew: Callable[[], Any]) -> type[RuleBasedStateMachine]:
    """Return the game on databases that ``renew`` lays anew, with the application that reads them."""

    class Game(RuleBasedStateMachine):
        """One person against the office."""

        def __init__(self) -> None:
            super().__init__()
            self.app, self.release = renew()
            self.clock = Clock()
            self.turned = turned_clock(self.clock)
            self.turned.__enter__()
            turn_mail_on(self.app)
            self.office: Office = open_office(self.clock())
            self.player: Player | None = None
            self.unit = ""

        @initialize(
            seed=st.integers(0, 10**9),
            roles=st.sets(st.sampled_from(ROLES), min_size=1),
            unit=st.sampled_from(UNITS),
        )
        def begin(self, seed: int, roles: set[RoleName], unit: str) -> None:
            """Let the player be somebody."""
            self.player, self.unit = Player(self.app, random.Random(seed)), unit
            self.player.begin(tuple(sorted(roles, key=lambda role: role.value)), unit)

        @rule()
        def send_a_form(self) -> None:
            """Send a form that a page offers."""
            assert self.player is not None
            self.player.play_form()

        @rule()
        def post_raw(self) -> None:
            """Post to a route without its page."""
            assert self.player is not None
            self.player.play_raw()

        @rule()
        def type_a_command(self) -> None:
            """Type a command on the server."""
            assert self.player is not None
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("HOAX_TRACKER_DATA", str(self.app.extensions["settings"].data_folder))
                patch.chdir(self.app.extensions["settings"].data_folder)  # some commands write files
                if databases.ON_POSTGRESQL:
                    patch.setenv("DATABASE_URL", self.app.extensions["settings"].database_url)
                self.player.play_command()

        @rule()
        def make_a_friend(self) -> None:
            """Invite an account of one's own."""
            assert self.player is not None
            self.player.make_friend()

        @rule()
        def write_a_page(self) -> None:
            """Write a page and submit it."""
            assert self.player is not None
            self.player.write_page()

        @rule()
        def answer_a_claim(self) -> None:
            """Give a claim the answer of a published page, or take it away."""
            assert self.player is not None
            self.player.link_claim()

        @rule()
        def confirm_everything(self) -> None:
            """Confirm all that waits, as every account that one has."""
            assert self.player is not None
            self.player.confirm_everything()

        @rule()
        def open_letters(self) -> None:
            """Open what arrived in the player's mailboxes."""
            assert self.player is not None
            self.player.open_letters()

        @rule(hours=st.sampled_from((1, 25, 24 * 8, 24 * 95)))
        def let_time_pass(self, hours: int) -> None:
            """Let time pass: the honest office is there each day, and the worker does what is due."""
            days = max(1, hours // 24)
            for _day in range(min(days, 3)):
                self.clock.now += timedelta(hours=hours / min(days, 3))
                note_presence(self.clock())
            proposals.take_effect_alone(self.clock())
            clarify.withdraw_unconfirmed_pages(self.clock())
            if self.player is not None:
                for email, password in list(self.player.passwords.items()):
                    self.player.sign_in(email, password)
                self.player.moves.append(f"{hours} hours pass")

        @invariant()
        def nothing_public_changed(self) -> None:
            """What residents read is what two people confirmed."""
            db.session.rollback()
            face = public_face(self.office)
            changed = {name: value for name, value in face.items() if self.office.face.get(name) != value}
            gone = set(self.office.face) - set(face)
            assert (changed, gone) == ({}, set()), self.told("residents read something else")

        @invariant()
        def no_secret_reached_the_accused(self) -> None:
            """Who reported the accused unit is read by nobody of its branch."""
            if self.player is not None and self.unit in ACCUSED:
                seen = [where for where, text in self.player.read if SECRET in text]
                assert not seen, self.told(f"the accused read who reported them: {seen}")

        @invariant()
        def no_trace_is_erased(self) -> None:
            """The log, the proposals and the ties only grow."""
            events, made, ties = count_traces()
            before = (self.office.events, self.office.proposals, self.office.ties)
            kept = events >= before[0] and made >= before[1] and ties >= before[2]
            assert kept, self.told("a trace was erased")
            self.office.events, self.office.proposals, self.office.ties = events, made, ties

        def told(self, what: str) -> str:
            """Return a report of the game."""
            return "\n".join([what, f"unit {self.unit}", *(self.player.moves if self.player else [])])

        def teardown(self) -> None:
            """End the game: the log is whole, and no public row stands on nothing."""
            try:
                db.session.rollback()
                assert guards.list_unconfirmed(db.session.connection()) == []
                assert chain_check.verify_chain().fault is None
            finally:
                db.session.rollback()
                self.turned.__exit__(None, None, None)
                self.release()

    return Game


def note_presence(now: datetime) -> None:
    """Let the honest people sign in: they are there, and confirm nothing."""
    from hoax_tracker.core.audit import audit_log
    from hoax_tracker.models import Officer

    people = db.session.scalars(db.select(Officer).where(~Officer.email.endswith(DOMAIN))).unique().all()
    for person in people:
        audit_log.record_event("signed_in", f"officer:{person.id}", officer=person, now=now)
    db.session.commit()


@pytest.fixture
def play(prepared: Path, instance_folder: Path, shared_app: SharedApp) -> Iterator[Callable[..., None]]:
    """Return a function that plays games, each on an office of its own."""

    def renew(guarded: bool) -> tuple[Any, Callable[[], None]]:
        databases.replace_instance(prepared, instance_folder)
        app = shared_app.renew(settings_for(instance_folder))
        pushed = app.app_context()
        pushed.push()
        guards.drop_guards(db.session.connection())
        if guarded:
            guards.create_guards(db.session.connection())
        else:
            # What the table itself refuses: a proposal confirmed by its author.
            postgresql = "alter table proposal drop constraint ck_proposal_confirmed_by_another"
            unheld = postgresql if databases.ON_POSTGRESQL else "pragma ignore_check_constraints = on"
            db.session.execute(db.text(unheld))
        db.session.commit()

        def release() -> None:
            shared_app.release()
            pushed.pop()

        return app, release

    def go(games: int, *, guarded: bool = True, moves: int = MOVES, always_the_same: bool = False) -> None:
        how = settings(
            max_examples=games,
            stateful_step_count=moves,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=always_the_same,
            database=None,
            # What is known to be lost need not be told in the fewest moves.
            phases=[Phase.generate] if always_the_same else settings().phases,
            print_blob=True,
        )
        run_state_machine_as_test(make_game(lambda: renew(guarded)), settings=how)

    yield go
    databases.drop_databases_in(instance_folder.parent)


@pytest.mark.slow
def test_one_person_changes_nothing(play: Callable[..., None]) -> None:
    play(GAMES)


@pytest.mark.long
def test_one_person_changes_nothing_in_two_thousand_games(play: Callable[..., None]) -> None:
    play(200 if databases.ON_POSTGRESQL else 2_000)


@pytest.mark.sqlite  # is about the player, not about what holds him
@pytest.mark.slow
def test_the_player_wins_where_nothing_holds_them(play: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirmers, "find_refusal", lambda *_about: None)
    monkeypatch.setattr(proposals, "find_refusal", lambda *_about: None)
    with pytest.raises(AssertionError):
        play(30, guarded=False, always_the_same=True)


def test_the_player_reaches_every_route_that_writes(app: Any) -> None:
    player = Player(app, random.Random(1))
    factories.make_officer(f"pemain@{DOMAIN}", RoleName.OFFICER)
    paths = {path for _turn in range(8) for path in player.list_paths("POST")}
    assert len(paths) > 100
