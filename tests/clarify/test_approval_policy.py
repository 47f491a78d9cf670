"""Who may approve: every reason for a refusal, on plain facts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hoax_tracker.clarify.approval_policy import ApprovalRefusal, ApprovalSubject, ApproverFacts, approval_refusal
from hoax_tracker.models import RoleName

OFF, A, M = RoleName.OFFICER, RoleName.APPROVER, RoleName.ADMINISTRATOR
ROOT, DINKES, PUSKESMAS, PDAM = 1, 2, 3, 4
# Of which units the people of each are no judges (tests/claims/test_recusal.py).
UNITS = {ROOT: {ROOT}, DINKES: {DINKES, PUSKESMAS}, PUSKESMAS: {PUSKESMAS, DINKES}, PDAM: {PDAM}}


def person(key: int, *roles: RoleName, unit: int = ROOT) -> ApproverFacts:
    """A person of a unit."""
    return ApproverFacts(key, frozenset(roles), frozenset(UNITS[unit]))


def test_an_approver_approves_what_another_wrote() -> None:
    assert approval_refusal(person(2, A), ApprovalSubject(1), []) is None


def test_nobody_approves_their_own_work_whatever_their_roles() -> None:
    assert approval_refusal(person(1, OFF, A, M), ApprovalSubject(1), [], "saya sendiri") is ApprovalRefusal.AUTHOR


def test_an_officer_does_not_approve() -> None:
    assert approval_refusal(person(2, OFF), ApprovalSubject(1), []) is ApprovalRefusal.NO_ROLE
    assert approval_refusal(person(2), ApprovalSubject(1), [], "alasan") is ApprovalRefusal.NO_ROLE


def test_the_accused_unit_and_those_under_and_above_it_do_not_approve() -> None:
    work = ApprovalSubject(1, frozenset({DINKES}))
    assert approval_refusal(person(2, A, unit=DINKES), work, []) is ApprovalRefusal.ACCUSED_UNIT
    assert approval_refusal(person(2, A, unit=PUSKESMAS), work, []) is ApprovalRefusal.ACCUSED_UNIT
    assert approval_refusal(person(2, A, unit=PDAM), work, []) is None
    assert approval_refusal(person(2, A), work, []) is None
    assert (
        approval_refusal(person(2, A, unit=DINKES), ApprovalSubject(1, frozenset({PUSKESMAS})), [])
        is ApprovalRefusal.ACCUSED_UNIT
    )
    assert approval_refusal(person(2, A), ApprovalSubject(1, frozenset({PUSKESMAS})), []) is None


def test_an_administrator_steps_in_only_where_nobody_else_can_and_says_why() -> None:
    work, admin = ApprovalSubject(1, frozenset({DINKES})), person(2, M)
    able, accused, author = person(3, A), person(4, A, unit=DINKES), person(1, OFF, A)
    assert approval_refusal(admin, work, [able], "alasan") is ApprovalRefusal.OTHERS_CAN
    assert approval_refusal(admin, work, [accused, author], "") is ApprovalRefusal.REASON_MISSING
    assert approval_refusal(admin, work, [accused, author], " \n") is ApprovalRefusal.REASON_MISSING
    assert approval_refusal(admin, work, [accused, author], "Hanya satu penyetuju, dan ia dari Dinkes.") is None


def test_an_administrator_who_is_an_approver_needs_no_reason() -> None:
    assert approval_refusal(person(2, A, M), ApprovalSubject(1), [person(3, A)]) is None


def test_an_administrator_of_the_accused_unit_comes_last() -> None:
    work, own = ApprovalSubject(1, frozenset({DINKES})), person(2, M, unit=DINKES)
    assert approval_refusal(own, work, [person(3, M)], "alasan") is ApprovalRefusal.ACCUSED_UNIT
    assert approval_refusal(own, work, [person(3, M, unit=PUSKESMAS)], "alasan") is None
    assert approval_refusal(own, work, [], "") is ApprovalRefusal.REASON_MISSING


roles = st.frozensets(st.sampled_from([OFF, A, M]))
people = st.builds(
    lambda key, held, unit: ApproverFacts(key, held, frozenset(UNITS[unit])),
    st.integers(1, 5),
    roles,
    st.sampled_from(list(UNITS)),
)


@given(
    people, st.lists(people, max_size=5), st.frozensets(st.sampled_from(list(UNITS)), max_size=2), st.text(max_size=3)
)
def test_what_holds_for_any_people(
    one: ApproverFacts, others: list[ApproverFacts], accused: frozenset[int], reason: str
) -> None:
    code = approval_refusal(one, ApprovalSubject(1, accused), others, reason)
    if one.id == 1:
        assert code is ApprovalRefusal.AUTHOR
    elif code is None:
        by_role = RoleName.APPROVER in one.roles and not one.units & accused
        assert by_role or (RoleName.ADMINISTRATOR in one.roles and reason.strip())
        if not by_role:
            assert not any(A in p.roles and p.id != 1 and not p.units & accused for p in others)
