"""App codes (TOTP, RFC 6238): six digits derived from a secret and the time, new every 30 seconds.

Pure functions; ``factors.py`` stores the secret and remembers used codes.
"""

from __future__ import annotations

import enum
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyotp
import segno
from markupsafe import Markup

from hoax_tracker.core.encryption import DecryptionError, decrypt_bytes, encrypt_bytes

ISSUER = "Kupang Kabas Hoaks"
STEP = timedelta(seconds=30)
DRIFT_STEPS = 1
"""RFC 6238, 5.2: a phone's clock differs a little, and a code is typed in some seconds."""
SEEN_STEPS = 20
"""How far a wrong clock is recognised, to say so: ten minutes."""
SETUP_TIME = timedelta(hours=1)


class CodeFit(enum.Enum):
    """How a code matches an app's secret at a moment."""

    RIGHT = "right"
    USED = "used"
    OFF = "off"  # right at another moment: a clock is wrong, or the code is old
    WRONG = "wrong"


@dataclass(frozen=True)
class CodeMatch:
    """How a code matches; ``step`` is the 30-second step it belongs to, None where it matches none."""

    fit: CodeFit
    step: int | None = None


def generate_secret() -> str:
    """Return a new base-32 secret of 160 random bits."""
    return pyotp.random_base32()


def step_at(moment: datetime) -> int:
    """Return the number of the 30-second step that contains the moment."""
    return int(moment.timestamp() // STEP.total_seconds())


def moment_of_step(step: int) -> datetime:
    """Return when a step begins."""
    return datetime.fromtimestamp(step * STEP.total_seconds(), tz=UTC)


def match_code(secret: str, code: str, now: datetime, *, last_step: int | None, burnt_step: int | None) -> CodeMatch:
    """Return how a code matches; among several steps the nearest one counts.

    All codes up to ``last_step`` count as used, and so does that of ``burnt_step``.
    """
    present = step_at(now)
    step = _find_step(secret, code, present)
    if step is None:
        return CodeMatch(CodeFit.WRONG)
    if step == burnt_step or (last_step is not None and step <= last_step):
        return CodeMatch(CodeFit.USED, step)
    return CodeMatch(CodeFit.RIGHT if abs(step - present) <= DRIFT_STEPS else CodeFit.OFF, step)


def _find_step(secret: str, code: str, present: int) -> int | None:
    """Return the step nearest to the present one whose code this is, or None."""
    generator = pyotp.HOTP(secret)
    steps = sorted(range(present - SEEN_STEPS, present + SEEN_STEPS + 1), key=lambda step: abs(step - present))
    # All are compared, however early one fits: how long it takes tells nothing.
    fitting = [step for step in steps if hmac.compare_digest(generator.at(step).encode(), code.encode())]
    return fitting[0] if fitting else None


def seal_secret(secret: str, officer_id: int, key: str) -> bytes:
    """Return the secret encrypted with its owner's id, so that it is useless in another officer's row."""
    return encrypt_bytes(json.dumps([officer_id, secret]).encode(), key)


def open_secret(sealed: bytes, officer_id: int, key: str, *, max_age: timedelta | None = None) -> str:
    """Return the secret.

    Raises DecryptionError for another key, another officer's secret, or one past ``max_age``.
    """
    seconds = None if max_age is None else int(max_age.total_seconds())
    owner, secret = json.loads(decrypt_bytes(sealed, key, max_age_s=seconds))
    if owner != officer_id:
        raise DecryptionError("a secret of another officer")
    return str(secret)


def provisioning_uri(secret: str, email: str) -> str:
    """Return the URI that the QR code contains for the app."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def draw_qr_code(uri: str) -> Markup:
    """Return the QR code as inline SVG, which the content security policy permits."""
    drawn = segno.make(uri, error="m", micro=False).svg_inline(border=0, omitsize=True, svgclass=None, lineclass=None)
    return Markup(drawn)  # noqa: S704 - made of numbers alone


def group_letters(secret: str) -> str:
    """Return the secret in groups of four letters, for typing."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
