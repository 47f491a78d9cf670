"""Where an edit form leads once what it holds was proposed."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response


def redirect_proposed(act: str, *, is_proposed: bool) -> Response:
    """Lead to what waits for a second person, where the proposal just made stands."""
    if is_proposed:
        flash(_("Diusulkan. Orang kedua yang menyetujuinya; sampai itu tidak ada yang berubah."), "done")
    else:
        flash(_("Tidak ada yang diubah."), "done")
    return redirect(url_for("proposals.listing", jenis=act), 303)
