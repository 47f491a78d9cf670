"""What a refusal in a crowd costs: ``python -m benchmarks refusals``.

The web application is asked in this process, without a server: a form as the box posts it while no further message may
wait. ``refused_ms``: of the processor, the median of some rounds, and the same where Flask refuses (who sends another
cookie).
"""

from __future__ import annotations

import logging
import time
from statistics import median

from flask import Flask
from werkzeug.test import EnvironBuilder

from benchmarks.instance import temporary_instance
from hoax_tracker.check.answers.admission import Admission

ROUNDS, ASKED = 5, 200
AIM_MS = 0.3
MESSAGE = "Mulai Senin besok air PDAM se-Kota Kupang mati total tujuh hari karena pipa induk pecah di Tarus, batul ko?"


def measure_refusals() -> dict[str, float]:
    """Return milliseconds of the processor for a refusal."""
    with temporary_instance() as (app, _folder):
        logging.getLogger("hoax_tracker").setLevel(logging.ERROR)
        app.extensions["admission"] = Admission(places=0)
        found = {name: measure_refusal(app, cookie) for name, cookie in (("", ""), ("_by_flask", "lain=1"))}
    return {f"refused{name}_ms": round(taken, 3) for name, taken in found.items()} | {"aim_ms": AIM_MS}


def measure_refusal(app: Flask, cookie: str) -> float:
    """Return the median milliseconds of a refusal to who sends a cookie."""
    return median(time_refusals(app, cookie) for _ in range(ROUNDS))


def time_refusals(app: Flask, cookie: str) -> float:
    """Return the mean milliseconds of a refusal in one round; each has another message."""
    asked = [message_environ(f"{MESSAGE} {number}", cookie) for number in range(ASKED)]
    begun = time.process_time()
    for environ in asked:
        list(app.wsgi_app(environ, require_refusal))
    return (time.process_time() - begun) * 1000 / ASKED


def message_environ(text: str, cookie: str) -> dict[str, object]:
    """Return a posted form as the box sends it."""
    form = EnvironBuilder("/cek", method="POST", data={"teks": text}, content_type="multipart/form-data")
    return form.get_environ() | ({"HTTP_COOKIE": cookie} if cookie else {})


def require_refusal(status: str, _headers: object, *_error: object) -> None:
    """Raise ValueError for any other answer."""
    if not status.startswith("503"):
        raise ValueError(status)
