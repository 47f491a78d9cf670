"""The checklist on texts of two megabytes: it ends, and finds in ordinary texts what it found before."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product

import pytest
from apiflask import APIFlask

from hoax_tracker.app import PAGE_LIMIT_BYTES
from hoax_tracker.clarify import checklist, corrections, service
from hoax_tracker.clarify.content import FIELD_LENGTH_LIMITS, ClarificationContent, overlong_fields
from hoax_tracker.models import Claim
from hoax_tracker.organisation.public_contacts import EMAIL_PATTERN
from tests.clarify.conftest import Drafting
from tests.clarify.test_checklist import WHOLE

# What the checklist looked for before long texts were thought of; short texts show what it must find.
UNBOUNDED_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
UNBOUNDED_BLANK = re.compile(r"«[^»\n]*\.\.\.[^»\n]*»|«[^»\n]*…[^»\n]*»")
UNBOUNDED_GAP = re.compile(r"«[^»\n]*\s(?:…|\.\.\.)»")


def short_texts(signs: str, longest: int) -> list[str]:
    """Return all texts of some signs."""
    return ["".join(text) for length in range(longest + 1) for text in product(signs, repeat=length)]


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["a", "«", "«…", "«a ...", "a.", "@a", "a@", "« …", "«\n", "…»", " "])
def test_two_megabytes_without_a_pause_are_read(app: APIFlask, unit: str) -> None:
    text = unit * (PAGE_LIMIT_BYTES // len(unit))
    content = replace(WHOLE, summary=text, findings=text)
    assert [item.field for item in checklist.personal_data_items(content) if not item.met] == []
    assert [item.field for item in checklist.template_blank_items(content) if not item.met] == []
    for end in (" surat@warga.example", "» «kapan …»"):
        ended = replace(WHOLE, summary=text + end)
        items = checklist.personal_data_items(ended) + checklist.template_blank_items(ended)
        assert "summary" in [item.field for item in items if not item.met], "and what stands at the end is still found"


def test_what_looks_like_an_address_is_still_found() -> None:
    for text in short_texts("a@.-", 7):
        assert EMAIL_PATTERN.findall(text) == UNBOUNDED_EMAIL.findall(text), text
    longest = f"{'a' * 64}@{'b' * 63}.example"
    assert EMAIL_PATTERN.findall(f"Kirim ke {longest}, segera") == [longest]
    assert EMAIL_PATTERN.findall(f"a{longest}") == [longest], "a longer name is no way to hide it"


def test_what_a_template_leaves_open_is_still_found() -> None:
    for text in short_texts("«»….\na", 6) + short_texts("«».", 9):
        assert checklist.find_template_blanks(text, checklist.TEMPLATE_BLANK) == UNBOUNDED_BLANK.findall(text), text
    for text in short_texts("«»… a", 6) + short_texts("«». ", 7):  # in one line, as title and summary are
        assert checklist.find_template_blanks(text, checklist.TEMPLATE_GAP) == UNBOUNDED_GAP.findall(text), text


@pytest.mark.parametrize("field", FIELD_LENGTH_LIMITS)
def test_a_field_over_its_limit_is_told_only_that(
    claim: Claim, published: Drafting, field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, limit = published(claim), FIELD_LENGTH_LIMITS[field]
    faulty = "NIK 5371010101010001, «kapan …» "
    within = replace(service.clarification_content(page), **{field: faulty.ljust(limit, "a")})  # type: ignore[arg-type]
    assert field in [name for name, _message in service.list_incomplete_fields(page, within)]
    beyond = replace(within, **{field: faulty.ljust(PAGE_LIMIT_BYTES, "«")}, wordings=("Aer mati",))  # type: ignore[arg-type]
    assert overlong_fields(beyond) == [field]
    given_to_checklist = []
    build_checklist = checklist.build_checklist

    def build_and_remember(
        content: ClarificationContent, *args: object, **seen: object
    ) -> list[checklist.ChecklistItem]:
        given_to_checklist.append(content)
        return build_checklist(content, *args, **seen)  # type: ignore[arg-type]

    monkeypatch.setattr(checklist, "build_checklist", build_and_remember)
    faults = corrections.list_correction_faults(page, beyond, "Diperjelas")
    assert faults == [(field, f"Paling banyak {limit} huruf.")]
    assert [overlong_fields(content) for content in given_to_checklist] == [[]]


def test_other_faults_are_named_beside_an_overlong_field(claim: Claim, published: Drafting) -> None:
    page = published(claim)
    typed = replace(service.clarification_content(page), title="a" * 301, conclusion="", verdict=None)
    assert [name for name, _message in service.list_incomplete_fields(page, typed)] == ["verdict", "conclusion"]
    wordy = replace(typed, title=page.title, wordings=("a" * 301,))
    assert [name for name, _message in service.list_incomplete_fields(page, wordy)] == ["verdict", "conclusion"]
