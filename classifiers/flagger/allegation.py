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
from classifiers.flagger.features import vectorise_texts

LIKELY_ALLEGATION_SHARE = 0.2
"""The flagger's share for the kind "allegation". By cross-validation over stories 76 % of our allegations lie above it
or use one of the words; of complaints 13 %, of criticism 11 %, of misinformation 3 %."""
ALLEGATION_KIND = "0 allegation"

# Our own list: what one says of an official who takes, sells, hides or favours.
_WRONGDOING_WORDS = (
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
_WRONGDOING_PATTERN = re.compile(rf"\b(?:{_WRONGDOING_WORDS})\b", re.IGNORECASE)


def has_wrongdoing_words(text: str) -> bool:
    """Tell whether a text has one of the words."""
    return _WRONGDOING_PATTERN.search(text) is not None


def allegation_shares(judged: Judged) -> npt.NDArray[np.float64]:
    """Return the flagger's (n,) shares for the kind "allegation"; 0 where it was not taught that kind."""
    kinds = list(judged.kinds)
    return (
        judged.shares[:, kinds.index(ALLEGATION_KIND)] if ALLEGATION_KIND in kinds else np.zeros(len(judged.log_odds))
    )


def predict_accusations(hoax: Pipeline, texts: Sequence[str]) -> list[bool]:
    """Tell of each text whether it accuses somebody of wrongdoing."""
    if not texts:
        return []
    found = allegation_shares(hoax.named_steps["judge"].judge(vectorise_texts(hoax.named_steps["features"], texts)))
    return [is_accusation(text, share) for text, share in zip(texts, found, strict=True)]


def is_accusation(text: str, share: float) -> bool:
    """Tell whether a text with this share for the kind "allegation" accuses somebody of wrongdoing."""
    return bool(share >= LIKELY_ALLEGATION_SHARE) or has_wrongdoing_words(text)
