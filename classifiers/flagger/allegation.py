"""Does a text accuse somebody of wrongdoing? Such a text is never given to the accused office alone.

Words of wrongdoing and the flagger's own kind "allegation" speak for it, each alone: one claim too many is answered by
PPID Utama, while one too few lets an office answer for itself. An officer sets it right either way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.pipeline import Pipeline

from classifiers.flagger.calibrated_linear import Judged
from classifiers.flagger.features import table_of

LIKELY = 0.2
"""The flagger's share for the kind "allegation". By cross-validation over stories 76 % of our allegations lie above it
or use one of the words; of complaints 13 %, of criticism 11 %, of misinformation 3 %."""
KIND = "0 allegation"

# Our own list: what one says of an official who takes, sells, hides or favours.
_WRONGS = (
    r"(?:di|meng)?korup\w*|koruptor|pungli|pungutan liar|suap|disuap|menyuap|penyuapan|sogok\w*|disogok|menyogok|"
    r"gratifikasi|uang pelicin|uang kunci|uang rokok|uang damai|uang kamar|uang lelah|uang terima kasih|jatah preman|"
    r"nepotisme|kolusi|titipan pejabat|keluarga pejabat|kerabat pejabat|anak pejabat|keponakan pejabat|"
    r"mark[ -]?up|digelembungkan|penggelembungan|fiktif|gelapkan|digelapkan|menggelapkan|penggelapan|dikorup|"
    r"diselewengkan|menyelewengkan|penyelewengan|penyimpangan|disunat|disalahgunakan|menyalahgunakan|"
    r"penyalahgunaan|diperas|memeras|pemerasan|dipalak|memalak|jual beli jabatan|jual beli kursi|jual beli kios|"
    r"jual beli nilai|mafia|kongkalikong|persekongkolan|benturan kepentingan|main mata|kebal hukum|"
    r"oknum|katong curiga|kami curiga|patut dicurigai|usut|diusut|mengusut|kantong mana|kantong siapa|"
    r"siapa yang untung|sapa yang untung|ke mana uang|ke mana dana|uangnya ke mana|dananya ke mana|politisasi bantuan"
)
_ACCUSES = re.compile(rf"\b(?:{_WRONGS})\b", re.IGNORECASE)


def speaks_of_wrongdoing(text: str) -> bool:
    """Tell whether a text has one of the words."""
    return _ACCUSES.search(text) is not None


def shares(judged: Judged) -> npt.NDArray[np.float64]:
    """Return the flagger's (n,) shares for the kind "allegation"; 0 where it was not taught that kind."""
    kinds = list(judged.kinds)
    return judged.shares[:, kinds.index(KIND)] if KIND in kinds else np.zeros(len(judged.log_odds))


def accuses(hoax: Pipeline, texts: Sequence[str]) -> list[bool]:
    """Tell of each text whether it accuses somebody of wrongdoing."""
    if not texts:
        return []
    found = shares(hoax.named_steps["judge"].judge(table_of(hoax.named_steps["features"], texts)))
    return [is_accusation(text, share) for text, share in zip(texts, found, strict=True)]


def is_accusation(text: str, share: float) -> bool:
    """Tell whether a text with this share for the kind "allegation" accuses somebody of wrongdoing."""
    return bool(share >= LIKELY) or speaks_of_wrongdoing(text)
