"""The password policy: at least twelve characters, and not easy to guess.

zxcvbn estimates the number of guesses. It uses its own English word lists, our regional word list
(data/language/password_words.txt), and the person's name and address. Capitals, digits and symbols are not required.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from flask_security import PasswordUtil

from hoax_tracker.core.paths import data_file_path
from hoax_tracker.errors import InvalidInputError

MIN_LENGTH = 12
MAX_LENGTH = 128
JUDGED_LENGTH = 48
"""zxcvbn takes longer than in proportion: it judges the beginning, which is enough where that is good already."""
MIN_SCORE = 4
"""Of 0 to 4: at least 10^10 guesses. With 3, any three easy words would do, "petugaskupang1" among them."""


class PasswordRules(PasswordUtil):
    """Our password checks in place of the library's, so that its own forms apply them as well."""

    def validate(self, password: str, is_register: bool, **kwargs: Any) -> tuple[list[str] | None, str]:
        """Return the faults as display text (None: no fault), and the normalised password that is hashed."""
        user = kwargs.get("user")
        about = (user.name, user.email) if user is not None else (value for value in kwargs.values() if value)
        fault = find_password_fault(password, map(str, about))
        return ([fault] if fault else None), self.normalize(password[: MAX_LENGTH + 1])


def require_good_password(password: str, *about: str) -> str:
    """Return the normalised password. Raises InvalidInputError for a short, long or easily guessed one."""
    fault = find_password_fault(password, about)
    if fault:
        raise InvalidInputError("password refused", user_message=fault, field="password")
    return normalize_password(password)


def normalize_password(password: str) -> str:
    """Return the password in the form that is hashed: one encoding for letters that have several."""
    return str(current_app.extensions["security"].password_util.normalize(password))


def find_password_fault(password: str, about: Iterable[str]) -> str | None:
    """Return the password's fault as display text. ``about`` holds texts about its owner that others know."""
    if len(password) > MAX_LENGTH:  # first, so that nothing is done with a megabyte
        return str(_("Kata sandi paling panjang %(n)s huruf. Pendekkan.", n=MAX_LENGTH))
    if len(password) < MIN_LENGTH:
        return str(_("Kata sandi harus paling sedikit %(n)s huruf atau angka.", n=MIN_LENGTH))
    if score_password(password, about) < MIN_SCORE:
        return str(
            _("Kata sandi ini mudah ditebak. Empat kata yang tidak berhubungan lebih kuat, dan lebih mudah diingat.")
        )
    return None


def score_password(password: str, about: Iterable[str] = ()) -> int:
    """Return how hard the password is to guess, 0 to 4."""
    from zxcvbn import zxcvbn  # its lists take a while to load, and few processes judge a password

    own = [word for text in about for word in _words_of_owner(text)]
    return int(zxcvbn(password[:JUDGED_LENGTH], user_inputs=[*own, *_regional_words()])["score"])


def _words_of_owner(text: str) -> list[str]:
    """Return a name or address whole, in parts, and without separators.

    An attacker tries each of these first.
    """
    whole = text.casefold()[:255]
    parts = [part for part in re.split(r"[\W_]+", whole) if len(part) > 2]
    return [*parts, "".join(parts), *("".join(pair) for pair in pairwise(parts)), whole, whole.split("@")[0]]


@cache
def _regional_words() -> tuple[str, ...]:
    """Return the regional words, most likely first."""
    return tuple(data_file_path("language", "password_words.txt").read_text(encoding="utf-8").split())
