"""The act of putting another model into use: it orders what the desk sees, so a second person confirms it.

The fall-back to the shipped model where the one in use cannot be read stays automatic (registry.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from hoax_tracker.authority.acts import Act, ActClass, Shown, register_act
from hoax_tracker.flag.model import model_files
from hoax_tracker.models import Officer, Proposal

ACT = "model"
FEW_DECISIONS = 100
"""Below so many decisions, the interval of a comparison is wider than what tells our models apart."""


def apply_model(proposal: Proposal, by: Officer | None, now: datetime) -> Mapping[str, Any]:
    """Put the version into use, in the current transaction."""
    from hoax_tracker.flag.model import registry  # scikit-learn comes along: never before the fork

    return registry.activate_version(proposal, by, now)


def read_used_version(_proposal: Proposal) -> dict[str, Any]:
    """Return which version is in use now."""
    used = model_files.find_active_version()
    return {"version": used.id if used else None}


def show_model(proposal: Proposal) -> Shown:
    """Put the change of the model in words: what was measured, how sure that is, and what speaks against it."""
    values, replaced = proposal.values, proposal.before["version"]
    effect = [_("Semua kiriman dinilai ulang olehnya; ia mengurutkan, ia tidak memutuskan."), *values["objections"]]
    if "gain" in values:
        low, high = values["gain_ci"]
        effect.append(
            _(
                "Pada %(count)s keputusan petugas: selisih skor %(gain)s (%(low)s sampai %(high)s; di atas nol lebih "
                "baik).",
                count=values["decisions"],
                gain=values["gain"],
                low=low,
                high=high,
            )
        )
        if values["decisions"] < FEW_DECISIONS:
            effect.append(_("Keputusannya terlalu sedikit untuk memastikan."))
    else:
        effect.append(_("Belum dibandingkan dengan keputusan petugas di sini."))
    before = _("Model %(number)s", number=replaced) if replaced else "–"
    after = _("Model %(number)s", number=values["version"])
    return Shown(after, " ".join(effect), ((str(_("Model yang dipakai")), before, after),), ("flag.month", {}))


register_act(
    Act(
        ACT,
        _l("Model yang dipakai"),
        ActClass.PUBLIC,
        apply=apply_model,
        show=show_model,
        read_current=read_used_version,
    )
)
