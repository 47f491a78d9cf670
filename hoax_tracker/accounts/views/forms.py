"""Forms of an officer's own account."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, PasswordField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import EqualTo

from hoax_tracker.authority.row_acts import Values
from hoax_tracker.core.web.edit_forms import (
    ChoiceField,
    EditForm,
    clean_input_text,
    max_length_rule,
    required_rule,
)

LANGUAGE_NAMES = [SelectChoice("id", "Bahasa Indonesia"), SelectChoice("en", "English")]


class ProfileForm(EditForm):
    """An officer's own name, language and mail setting."""

    name = StringField(_l("Nama"), [required_rule(), max_length_rule(120)], filters=[clean_input_text])
    language = ChoiceField(_l("Bahasa"), choices=LANGUAGE_NAMES)
    gets_mail = BooleanField(_l("Kirim kabar dan ringkasan pagi lewat email"))

    def values(self) -> Values:
        """Return the entered values."""
        return {"name": self.name.data, "language": self.language.data, "gets_mail": self.gets_mail.data}


class NewPasswordForm(EditForm):
    """A new password, entered twice."""

    password = PasswordField(_l("Kata sandi baru"), [required_rule()])
    again = PasswordField(_l("Sekali lagi"), [EqualTo("password", _l("Keduanya belum sama. Ketik sekali lagi."))])


class ChangePasswordForm(NewPasswordForm):
    """A new password and the present one."""

    old = PasswordField(_l("Yang sekarang"), [required_rule()])


class ForgottenPasswordForm(EditForm):
    """The address that a password link is requested for."""

    email = EmailField(_l("Email dinas"), [required_rule(), max_length_rule(255)])
