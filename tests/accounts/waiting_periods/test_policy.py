"""Who ends a wait: everybody who might, against every change."""

from __future__ import annotations

import pytest

from hoax_tracker.accounts.waiting_periods.policy import (
    POWERS_OF_ROLE,
    ConfirmationRefusal,
    Confirmer,
    confirmation_refusal,
    rejection_refusal,
)
from hoax_tracker.models import RoleName

PERSON, MAKER, OTHER = 1, 2, 3


def administrator(key: int, *, is_waiting: bool = False, is_named_second: bool = False) -> Confirmer:
    return Confirmer(key, True, is_named_second, is_waiting)


def second(key: int, *, is_waiting: bool = False) -> Confirmer:
    return Confirmer(key, False, True, is_waiting)


@pytest.mark.parametrize(
    ("who", "made_by", "refusal"),
    [
        (administrator(OTHER), [MAKER], None),
        (second(OTHER), [MAKER], None),
        (administrator(MAKER), [MAKER], ConfirmationRefusal.OWN_ACT),
        (administrator(PERSON), [MAKER], ConfirmationRefusal.OWN_ACCOUNT),
        (administrator(PERSON), [PERSON], ConfirmationRefusal.OWN_ACCOUNT),
        (administrator(OTHER, is_waiting=True), [MAKER], ConfirmationRefusal.WAITING),
        (second(OTHER, is_waiting=True), [MAKER], ConfirmationRefusal.WAITING),
        (Confirmer(OTHER, False, False, False), [MAKER], ConfirmationRefusal.NO_ROLE),
        (administrator(OTHER), [MAKER, OTHER], ConfirmationRefusal.OWN_ACT),
        (administrator(OTHER), [None], ConfirmationRefusal.BY_COMMAND),
        (administrator(OTHER, is_named_second=True), [None], ConfirmationRefusal.BY_COMMAND),
        (second(OTHER), [None], None),
        (second(OTHER), [MAKER, None], None),
        (administrator(OTHER), [MAKER, None], ConfirmationRefusal.BY_COMMAND),
        (second(PERSON), [None], ConfirmationRefusal.OWN_ACCOUNT),
    ],
)
def test_who_confirms(who: Confirmer, made_by: list[int | None], refusal: ConfirmationRefusal | None) -> None:
    assert confirmation_refusal(who, PERSON, made_by) is refusal


def test_who_made_it_may_take_it_back_and_nobody_else_without_the_role() -> None:
    assert rejection_refusal(administrator(MAKER), PERSON) is None
    assert rejection_refusal(administrator(PERSON), PERSON) is ConfirmationRefusal.OWN_ACCOUNT
    assert rejection_refusal(administrator(OTHER, is_waiting=True), PERSON) is ConfirmationRefusal.WAITING
    assert rejection_refusal(Confirmer(OTHER, False, False, False), PERSON) is ConfirmationRefusal.NO_ROLE


def test_every_role_says_what_it_lets_do() -> None:
    assert set(POWERS_OF_ROLE) == set(RoleName)
