"""Passwords must be long and hard to guess, also for locals, and are judged in bounded time."""

from __future__ import annotations

import random
import time

import pytest
from apiflask import APIFlask

from hoax_tracker.accounts import officers, passwords
from hoax_tracker.errors import InvalidInputError


@pytest.mark.parametrize(
    "password",
    [
        "sepeda lampu mangga awan",
        "2k4m-8pqr-xx7t-9wzd",
        "x" * 3 + "Vq7#bLw2!tR",
        "ember besi jatuh ke sumur " * 4,
    ],
)
def test_a_good_one_is_taken_without_rules_about_signs(app: APIFlask, password: str) -> None:
    assert passwords.require_good_password(password, "Rambu Contoh", "rambu@kupang.example")


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("Vq7#bLw2!tR", "paling sedikit 12"),
        ("x" * 129, "paling panjang 128"),
        ("aaaaaaaaaaaaaaaa", "mudah ditebak"),
        ("kupangkabashoaks", "mudah ditebak"),
        ("KupangKabas2026", "mudah ditebak"),
        ("K0t4Kup4ng2026", "mudah ditebak"),
        ("diskominfokupang", "mudah ditebak"),
        ("rahasia123456", "mudah ditebak"),
        ("nusatenggaratimur", "mudah ditebak"),
        ("RambuContoh2026", "mudah ditebak"),
        ("rambu.contoh123", "mudah ditebak"),
    ],
)
def test_a_bad_one_is_refused_in_words(app: APIFlask, password: str, words: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        passwords.require_good_password(password, "Rambu Contoh", "rambu.contoh@kupang.example")
    assert words in str(refused.value.user_message)
    assert refused.value.field == "password"


def test_it_is_the_owners_name_that_makes_it_weak(app: APIFlask) -> None:
    assert passwords.score_password("Wulandhari-Praba") >= passwords.MIN_SCORE
    assert passwords.score_password("Wulandhari-Praba", ["Wulandhari Praba"]) < passwords.MIN_SCORE


def test_those_that_the_demo_makes_are_good(app: APIFlask) -> None:
    assert all(passwords.require_good_password(officers.generate_password()) for _ in range(20))


def test_a_megabyte_is_refused_at_once(app: APIFlask) -> None:
    begun = time.process_time()
    for letter in ("a", "1l|i!", "\ufdfa"):  # the last one grows eighteenfold when it is normalised
        with pytest.raises(InvalidInputError):
            passwords.require_good_password(letter * 1_000_000)
    assert time.process_time() - begun < 0.2


@pytest.mark.slow
def test_the_longest_that_is_judged_takes_a_bounded_time(app: APIFlask) -> None:
    """What zxcvbn is worst at: letters that stand for many others, repeated."""
    chance = random.Random(1)
    passwords.score_password("warm")
    worst = 0.0
    for letters in ("1l|i!", "aA4@", "p@$5s0", "ab", "kupang", "qwertyuiop"):
        for _ in range(20):
            password = "".join(chance.choice(letters) for _ in range(passwords.MAX_LENGTH))
            begun = time.process_time()
            passwords.find_password_fault(password, [letters] * 5)
            worst = max(worst, time.process_time() - begun)
    assert worst < 1


def test_the_librarys_own_forms_judge_the_same(app: APIFlask) -> None:
    util = app.extensions["security"].password_util
    faults, _password = util.validate("kupangkabas2026", True, email="x@kupang.example")
    assert faults
    assert "mudah ditebak" in faults[0]
    assert util.validate("sepeda lampu mangga awan", True)[0] is None
    assert util.validate("x" * 1_000_000, True)[0]
