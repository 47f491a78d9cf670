"""Who may approve: every reason for a refusal, on plain facts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hoax_tracker.clarify.approval_policy import Person, Refusal, Work, refusal
from hoax_tracker.models import RoleName

OFF, A, M = RoleName.OFFICER, RoleName.APPROVER, RoleName.ADMINISTRATOR
ROOT, DINKES, PUSKESMAS, PDAM = 1, 2, 3, 4
# Of which units the people of each are no judges (tests/claims/test_recusal.py).
UNITS = {ROOT: {ROOT}, DINKES: {DINKES, PUSKESMAS}, PUSKESMAS: {PUSKESMAS, DINKES}, PDAM: {PDAM}}


def person(key: int, *roles: RoleName, unit: int = ROOT) -> Person:
    """A person of a unit."""
    return Person(key, frozenset(roles), frozenset(UNITS[unit]))


def test_an_approver_approves_what_another_wrote() -> None:
    assert refusal(person(2, A), Work(1), []) is None


def test_nobody_approves_their_own_work_whatever_their_roles() -> None:
    assert refusal(person(1, OFF, A, M), Work(1), [], "saya sendiri") is Refusal.AUTHOR


def test_an_officer_does_not_approve() -> None:
    assert refusal(person(2, OFF), Work(1), []) is Refusal.NO_ROLE
    assert refusal(person(2), Work(1), [], "alasan") is Refusal.NO_ROLE


def test_the_accused_unit_and_those_under_and_above_it_do_not_approve() -> None:
    work = Work(1, frozenset({DINKES}))
    assert refusal(person(2, A, unit=DINKES), work, []) is Refusal.ACCUSED_UNIT
    assert refusal(person(2, A, unit=PUSKESMAS), work, []) is Refusal.ACCUSED_UNIT
    assert refusal(person(2, A, unit=PDAM), work, []) is None
    assert refusal(person(2, A), work, []) is None
    assert refusal(person(2, A, unit=DINKES), Work(1, frozenset({PUSKESMAS})), []) is Refusal.ACCUSED_UNIT
    assert refusal(person(2, A), Work(1, frozenset({PUSKESMAS})), []) is None


def test_an_administrator_steps_in_only_where_nobody_else_can_and_says_why() -> None:
    work, admin = Work(1, frozenset({DINKES})), person(2, M)
    able, accused, author = person(3, A), person(4, A, unit=DINKES), person(1, OFF, A)
    assert refusal(admin, work, [able], "alasan") is Refusal.OTHERS_CAN
    assert refusal(admin, work, [accused, author], "") is Refusal.REASON_MISSING
    assert refusal(admin, work, [accused, author], " \n") is Refusal.REASON_MISSING
    assert refusal(admin, work, [accused, author], "Hanya satu penyetuju, dan ia dari Dinkes.") is None


def test_an_administrator_who_is_an_approver_needs_no_reason() -> None:
    assert refusal(person(2, A, M), Work(1), [person(3, A)]) is None


def test_an_administrator_of_the_accused_unit_comes_last() -> None:
    work, own = Work(1, frozenset({DINKES})), person(2, M, unit=DINKES)
    assert refusal(own, work, [person(3, M)], "alasan") is Refusal.ACCUSED_UNIT
    assert refusal(own, work, [person(3, M, unit=PUSKESMAS)], "alasan") is None
    assert refusal(own, work, [], "") is Refusal.REASON_MISSING


roles = st.frozensets(st.sampled_from([OFF, A, M]))
people = st.builds(
    lambda key, held, unit: Person(key, held, frozenset(UNITS[unit])),
    st.integers(1, 5),
    roles,
    st.sampled_from(list(UNITS)),
)


@given(
    people, st.lists(people, max_size=5), st.frozensets(st.sampled_from(list(UNITS)), max_size=2), st.text(max_size=3)
)
def test_what_holds_for_any_people(one: Person, others: list[Person], accused: frozenset[int], reason: str) -> None:
    code = refusal(one, Work(1, accused), others, reason)
    if one.id == 1:
        assert code is Refusal.AUTHOR
    elif code is None:
        by_role = RoleName.APPROVER in one.roles and not one.units & accused
        assert by_role or (RoleName.ADMINISTRATOR in one.roles and reason.strip())
        if not by_role:
            assert not any(A in p.roles and p.id != 1 and not p.units & accused for p in others)
