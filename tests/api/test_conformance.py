"""schemathesis asks the API whatever its description allows, and what it does not, and finds nothing wrong."""

from __future__ import annotations

from typing import Any

import hypothesis
import pytest
import schemathesis
from apiflask import APIFlask
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from hoax_tracker.api.documentation import POST_EXAMPLES, READ_EXAMPLES
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.flag.model import model_files
from hoax_tracker.models import ClarificationRevision, ClarificationStatus, Officer, db
from hoax_tracker.organisation import reference_data
from tests import factories
from tests.factories import NOW

# Each operation is asked this often with what is allowed and with what is not, beside the edges of every field.
EXAMPLES = 8
REPORTS = "/api/v1/reports"
UNDECIDED_CHECKS = {REPORTS: [positive_data_acceptance]}
"""No pattern says which link and which contact a report takes: they are looked at more closely, and may be refused."""


@pytest.fixture
def api_schema(app: APIFlask, officer: Officer, approver: Officer) -> Any:
    """The description of an instance with a public and a withdrawn page."""
    with write_transaction():
        model_files.register_shipped_model(NOW)
        reference_data.load_reference_data()
    for status in (ClarificationStatus.PUBLISHED, ClarificationStatus.RETRACTED):
        page = factories.make_clarification(officer, approver, status=status)
        people = {"author_id": officer.id, "approver_id": approver.id}
        revision = ClarificationRevision(clarification_id=page.id, number=1, kind=status, content={}, made_at=NOW)
        for name, value in people.items():
            setattr(revision, name, value)
        db.session.add(revision)
        db.session.commit()
    return schemathesis.openapi.from_wsgi("/api/openapi.json", app)


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_the_api_is_as_it_is_described(api_schema: Any, mode: GenerationMode) -> None:
    operations = [result.ok() for result in api_schema.get_all_operations()]
    assert len(operations) == len({*READ_EXAMPLES, *POST_EXAMPLES})
    for operation in operations:
        has_input = operation.query or operation.path_parameters or operation.body
        if operation.path != REPORTS and (mode is GenerationMode.POSITIVE or has_input):
            ask_operation(operation, mode)


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_reports_are_as_they_are_described(api_schema: Any, mode: GenerationMode) -> None:
    """Apart: to make texts by the pattern of all letters that there are takes ten seconds."""
    ask_operation(api_schema[REPORTS]["POST"], mode)


def ask_operation(operation: Any, mode: GenerationMode) -> None:
    """Ask an operation with what its description allows, or does not; all checks hold of each answer."""

    @hypothesis.settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None)
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        case.call_and_validate(excluded_checks=UNDECIDED_CHECKS.get(operation.path, []))

    ask()
