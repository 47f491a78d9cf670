"""Codes of an app (TOTP, RFC 6238): six digits that change every half minute, made from a secret and the time.

Pure functions; ``factors.py`` keeps the secret and remembers which codes are used.
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
    """How a code fits an app's secret at a moment."""

    RIGHT = "right"
    USED = "used"
    OFF = "off"  # right at another moment: a clock is wrong, or the code is old
    WRONG = "wrong"


@dataclass(frozen=True)
class CodeMatch:
    """How a code fits; ``step`` is the half minute it belongs to, where it belongs to one."""

    fit: CodeFit
    step: int | None = None


def generate_secret() -> str:
    """Return a new secret of 160 random bits, in base 32."""
    return pyotp.random_base32()


def step_at(moment: datetime) -> int:
    """Return the number of the half minute."""
    return int(moment.timestamp() // STEP.total_seconds())


def moment_of_step(step: int) -> datetime:
    """Return when a half minute begins."""
    return datetime.fromtimestamp(step * STEP.total_seconds(), tz=UTC)


def match_code(secret: str, code: str, now: datetime, *, last_step: int | None, burnt_step: int | None) -> CodeMatch:
    """Return how a code fits; the nearest half minute counts.

    ``last_step``: up to there all codes are used. ``burnt_step``: that one is, too.
    """
    present = step_at(now)
    step = find_step(secret, code, present)
    if step is None:
        return CodeMatch(CodeFit.WRONG)
    if step == burnt_step or (last_step is not None and step <= last_step):
        return CodeMatch(CodeFit.USED, step)
    return CodeMatch(CodeFit.RIGHT if abs(step - present) <= DRIFT_STEPS else CodeFit.OFF, step)


def find_step(secret: str, code: str, present: int) -> int | None:
    """Return the half minute nearest to the present one that a code belongs to, None for none."""
    generator = pyotp.HOTP(secret)
    steps = sorted(range(present - SEEN_STEPS, present + SEEN_STEPS + 1), key=lambda step: abs(step - present))
    # All are compared, however early one fits: how long it takes tells nothing.
    fitting = [step for step in steps if hmac.compare_digest(generator.at(step).encode(), code.encode())]
    return fitting[0] if fitting else None


def seal_secret(secret: str, officer_id: int, key: str) -> bytes:
    """Return the secret sealed together with whose it is: moved to another officer's row, it opens nothing."""
    return encrypt_bytes(json.dumps([officer_id, secret]).encode(), key)


def open_secret(sealed: bytes, officer_id: int, key: str, *, max_age: timedelta | None = None) -> str:
    """Return the secret. Raises DecryptionError for another key, another officer's, or one sealed too long ago."""
    seconds = None if max_age is None else int(max_age.total_seconds())
    owner, secret = json.loads(decrypt_bytes(sealed, key, max_age_s=seconds))
    if owner != officer_id:
        raise DecryptionError("a secret of another officer")
    return str(secret)


def provisioning_uri(secret: str, email: str) -> str:
    """Return the address that an app reads from the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def draw_qr_code(uri: str) -> Markup:
    """Return the QR code as inline SVG, which no policy forbids."""
    drawn = segno.make(uri, error="m", micro=False).svg_inline(border=0, omitsize=True, svgclass=None, lineclass=None)
    return Markup(drawn)  # nosec B704  # noqa: S704 - made of numbers alone


def group_letters(secret: str) -> str:
    """Return the secret in groups of four, to be typed."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
