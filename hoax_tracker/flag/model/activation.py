"""The act of putting another model into use: it orders what the desk sees, so a second person confirms it.

The fall-back to the shipped model where the one in use cannot be read stays automatic (registry.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _, lazy_gettext as _l

from hoax_tracker.authority.acts import Act, ActClass, Shown, register_act
from hoax_tracker.core.web.template_filters import format_number
from hoax_tracker.flag.model import model_files
from hoax_tracker.models import Officer, Proposal

ACT = "model"
FEW_DECISIONS = 100
"""Below so many decisions, the interval of a comparison is wider than what tells our models apart."""


def _apply_model(proposal: Proposal, by: Officer | None, now: datetime) -> Mapping[str, Any]:
    """Put the version into use, in the current transaction."""
    from hoax_tracker.flag.model import registry  # scikit-learn comes along: never before the fork

    return registry.activate_version(proposal, by, now)


def _read_used_version(_proposal: Proposal) -> dict[str, Any]:
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
                gain=format_number(values["gain"], 3),
                low=format_number(low, 3),
                high=format_number(high, 3),
            )
        )
        if values["decisions"] < FEW_DECISIONS:
            effect.append(_("Keputusannya terlalu sedikit untuk memastikan."))
    else:
        effect.append(_("Belum dibandingkan dengan keputusan petugas di sini."))
    before = _("Model %(number)s", number=replaced) if replaced else "–"
    after = _("Model %(number)s", number=values["version"])
    lines = ((str(_("Model yang dipakai")), before, after), *_queue_lines(values))
    return Shown(after, " ".join(effect), lines, ("flag.month", {}))


def _queue_lines(values: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield what enters and leaves the queue: the texts of the last thirty days that the two models judge otherwise."""
    if "previewed" not in values:  # proposed by the program before, or nothing was in use
        return
    shown = {
        "added": _("Masuk antrean, dari %(count)s kiriman 30 hari terakhir", count=values["previewed"]),
        "dropped": _("Keluar dari antrean bila belum disentuh siapa pun"),
    }
    for name, label in shown.items():
        titles = values[f"{name}_titles"]
        more = values[name] - len(titles)
        rows = [f"«{title}»" for title in titles] + ([_("dan %(count)s lagi", count=more)] if more else [])
        summary = "\n".join([_("%(count)s kiriman", count=values[name]), *rows]) if values[name] else "–"
        yield str(label), *(("–", summary) if name == "added" else (summary, "–"))


register_act(
    Act(
        ACT,
        _l("Model yang dipakai"),
        ActClass.PUBLIC,
        apply=_apply_model,
        show=show_model,
        read_current=_read_used_version,
        audited=lambda values: {name: value for name, value in values.items() if not name.endswith("_titles")},
    )
)
