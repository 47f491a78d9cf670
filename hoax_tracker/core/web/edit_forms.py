"""Shared parts of the officers' edit forms: messages, conflicts, and input that outlives an error or a session."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

from flask import Blueprint, Response, make_response, render_template, request
from flask_babel import gettext as _, lazy_gettext as _l
from flask_security import current_user
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from wtforms import HiddenField, SelectField, SelectMultipleField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from hoax_tracker.core.audit.tracked_edits import values_digest
from hoax_tracker.core.web.downloads import MAX_OFFICER_REQUEST_BYTES, MAX_REQUEST_BYTES, accept_request_files
from hoax_tracker.errors import EditConflictError, InvalidInputError

REQUIRED_MESSAGE = _l("Isian ini wajib diisi.")


def required_rule() -> DataRequired:
    """Return the validator that refuses empty or blank input."""
    return DataRequired(REQUIRED_MESSAGE)


def max_length_rule(characters: int) -> Length:
    """Return the validator for the maximum length, which is the column's."""
    return Length(max=characters, message=_l("Paling banyak %(max)d huruf."))


CHOICE_MESSAGE = _l("Pilih salah satu dari daftar.")


class ChoiceField(SelectField):  # type: ignore[misc]
    """A select field with Indonesian error messages; ``offer`` sets its choices."""

    def __init__(self, label: Any, validators: Any = None, **kwargs: Any) -> None:
        super().__init__(
            label, validators, invalid_value_message=CHOICE_MESSAGE, invalid_choice_message=CHOICE_MESSAGE, **kwargs
        )

    def offer(self, choices: Iterable[tuple[Any, Any]]) -> None:
        """Set the choices from (value, label) pairs; None is the empty choice."""
        self.choices = [SelectChoice("" if value is None else str(value), label) for value, label in choices]


class CheckboxesField(SelectMultipleField):  # type: ignore[misc]
    """A few checkboxes. The value is sorted, so that the same choice is always the same value."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: Any, choices: Iterable[tuple[str, Any]], **kwargs: Any) -> None:
        offered = [SelectChoice(value, name) for value, name in choices]
        super().__init__(label, choices=offered, invalid_choice_message=CHOICE_MESSAGE, **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Store the ticked values."""
        self.data = sorted(set(valuelist))

    def pre_validate(self, form: Any) -> None:
        """Require at least one tick. A validator would mark every box as required."""
        super().pre_validate(form)
        if not self.data:
            raise ValidationError(_("Pilih paling sedikit satu."))


def read_row_id(value: Any) -> int | None:
    """Return the id of a choice, None for the empty choice."""
    return int(value) if value not in ("", None) else None


def clean_input_text(value: str | None) -> str | None:
    """Return the text without outer blanks, repeated blanks and invisible characters."""
    return None if value is None else "".join(part for part in " ".join(value.split()) if part.isprintable())


def read_long_text(text: str | None) -> str:
    """Return the typed text with its line breaks in one form, whatever the browser sent; "" for none."""
    return (text or "").replace("\r\n", "\n").strip()


class LinesField(TextAreaField):  # type: ignore[misc]
    """A list of short texts, one per line. Blank lines and case-insensitive repeats are dropped."""

    def _value(self) -> str:
        return "\n".join(self.data or [])

    def process_formdata(self, valuelist: list[str]) -> None:
        """Split the typed text into lines."""
        lines = (clean_input_text(line) or "" for line in (valuelist[0] if valuelist else "").splitlines())
        self.data = list({line.casefold(): line for line in lines if line}.values())


class EditForm(FlaskForm):  # type: ignore[misc]
    """A form that edits one row.

    ``seen`` is the digest of the values it showed; ``status`` the HTTP status of the response; ``fault`` an error about
    the whole form; ``stored`` (label, value) pairs that another person saved meanwhile.
    """

    seen = HiddenField()
    status = 200
    fault = ""
    stored: tuple[tuple[str, str], ...] = ()

    @classmethod
    def over(cls, values: Mapping[str, Any], **more: Any) -> Self:
        """Return the form filled with the values, or with the submitted input."""
        return cls(data=values, seen=values_digest(values), **more)

    def attempt(self, act: Callable[[], Any], present: Callable[[], Mapping[str, Any]] | None = None) -> bool:
        """Run ``act`` if the form was submitted and is valid; False where the form must be shown (again).

        ``present`` returns the currently stored values. They are shown after a conflict, so that whoever submits again
        has seen them.
        """
        if not self.validate_on_submit():
            self.status = 422 if self.is_submitted() else 200
            return False
        try:
            act()
        except InvalidInputError as error:
            self.refuse(error)
        except EditConflictError as error:
            self.status, self.fault = 409, str(error.user_message)
            if present is not None:
                self.show_stored(present())
        return self.status == 200

    def read_required(self, name: str) -> str:
        """Return the text of a field that a button needs which does not send the whole form.

        Raises InvalidInputError for an empty one.
        """
        if not self[name].data:
            raise InvalidInputError(f"{name} is empty", user_message=str(REQUIRED_MESSAGE), field=name)
        return str(self[name].data)

    def refuse(self, error: InvalidInputError) -> None:
        """Show the error beside its field, or above the form where it names none."""
        self.status = 422
        if error.field in self:
            self[error.field].errors = [*self[error.field].errors, str(error.user_message)]
        else:
            self.fault = str(error.user_message)

    def show_stored(self, values: Mapping[str, Any]) -> None:
        """Store, for display, the saved values that differ from the typed ones."""
        fields = [self[name] for name, value in values.items() if name in self and self[name].data != value]
        self.stored = tuple(
            (str(field.label.text), _format_stored_value(field, values[field.name])) for field in fields
        )
        self.seen.data = values_digest(values)


def _format_stored_value(field: Any, value: Any) -> str:
    """Return a stored value as display text: a choice by its label, a list on one line."""
    if isinstance(field, SelectField):
        values = value if isinstance(value, list) else [value]
        return ", ".join(str(choice.label) for choice in field.choices if field.coerce(choice.value) in values) or "–"
    if isinstance(value, bool):
        return str(_("ya") if value else _("tidak"))
    return ", ".join(value) if isinstance(value, list) else str(value or "–")


OWN_FIELDS = ("csrf_token",)


def preserve_typed_input(bp: Blueprint) -> None:
    """Make the forms of a blueprint survive the end of a session."""
    bp.before_request(_answer_if_signed_out)
    bp.register_error_handler(CSRFError, _handle_expired_form)


def _answer_if_signed_out() -> Response | None:
    """Return the typed input of a form sent without a session.

    Other requests lead to the sign-in page as usual.
    """
    if request.method != "POST" or current_user.is_authenticated:
        return None
    return _render_typed_input(401)


def _handle_expired_form(_error: Any) -> Response:
    """Return the typed input of a form whose token ended with the session."""
    return _render_typed_input(401 if not current_user.is_authenticated else 400)


def _render_typed_input(status: int) -> Response:
    """Return the page with the typed input, left out where another site may have sent it."""
    ours = request.headers.get("Sec-Fetch-Site") == "same-origin"
    # What was typed stands beside a file that is lost.
    accept_request_files(MAX_OFFICER_REQUEST_BYTES if ours else MAX_REQUEST_BYTES)
    typed = [(name, value) for name, value in request.form.items(multi=True) if name not in OWN_FIELDS]
    page = render_template(
        "accounts/expired.html", typed=typed if ours else [], signed_in=current_user.is_authenticated
    )
    return make_response(page, status)
