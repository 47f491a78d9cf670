"""Detect texts that accuse somebody of wrongdoing. The accused office never answers such a text alone.

A text is an allegation when it uses a word of wrongdoing, or when the flagger's share for "allegation" is high. One
signal is enough: a false positive costs PPID Utama an answer, a false negative lets an office answer for itself. An
officer can correct either.
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
"""Threshold on the flagger's share for "allegation". In cross-validation over stories 81 % of our allegations lie above
it or use a word of wrongdoing; so do 12 % of complaints, 9 % of criticism and 3 % of misinformation
(``python -m benchmarks.learning allegation``)."""
ALLEGATION_KIND = "0 allegation"

# Our own list: words for bribery, embezzlement, nepotism and cover-up.
_WRONGDOING_WORDS = (
    r"(?:di|meng)?korup\w*|koruptor|pungli|pungutan liar|suap|disuap|menyuap|penyuapan|sogok\w*|disogok|menyogok|"
    r"gratifikasi|uang pelicin|uang kunci|uang rokok|uang damai|uang kamar|uang lelah|uang terima kasih|jatah preman|"
    r"nepotisme|kolusi|titipan pejabat|keluarga pejabat|kerabat pejabat|anak pejabat|keponakan pejabat|"
    r"mark[ -]?up|digelembungkan|penggelembungan|fiktif|gelapkan|digelapkan|menggelapkan|penggelapan|dikorup|"
    r"diselewengkan|menyelewengkan|penyelewengan|penyimpangan|disunat|disalahgunakan|menyalahgunakan|"
    r"penyalahgunaan|diperas|memeras|pemerasan|dipalak|memalak|jual beli jabatan|jual beli kursi|jual beli kios|"
    r"jual beli nilai|mafia|kongkalikong|persekongkolan|benturan kepentingan|main mata|kebal hukum|"
    r"oknum|katong curiga|kami curiga|patut dicurigai|usut|diusut|mengusut|kantong mana|kantong siapa|"
    r"siapa yang untung|sapa yang untung|ke mana uang|ke mana dana|uangnya ke mana|dananya ke mana|politisasi bantuan|"
    r"menutup-?\s?nutupi|(?:di)?tutup-?\s?tutupi|tutup2i?|tutup mulut|(?:mem|di)?bungkam|(?:meny|dis)embunyikan|"
    r"(?:di|me(?:ny)?)?suruh?(?:\s\w+){0,2}\s(?:diam|tutup mulut|bungkam)|"
    r"(?:meng|di)?intimidasi|(?:tekan|menekan|ancam|mengancam) (?:kami|katong|warga)"
)
_WRONGDOING_PATTERN = re.compile(rf"\b(?:{_WRONGDOING_WORDS})\b", re.IGNORECASE)


def has_wrongdoing_words(text: str) -> bool:
    """Tell whether a text contains a word of wrongdoing."""
    return _WRONGDOING_PATTERN.search(text) is not None


def allegation_shares(judged: Judged) -> npt.NDArray[np.float64]:
    """Return the (n,) shares for the kind "allegation", 0..1; zeros where the flagger was trained without that kind."""
    kinds = list(judged.kinds)
    return (
        judged.shares[:, kinds.index(ALLEGATION_KIND)] if ALLEGATION_KIND in kinds else np.zeros(len(judged.log_odds))
    )


def predict_accusations(hoax: Pipeline, texts: Sequence[str]) -> list[bool]:
    """Return for each text whether it accuses somebody of wrongdoing. ``hoax``: a fitted misinformation pipeline."""
    if not texts:
        return []
    shares = allegation_shares(hoax.named_steps["judge"].judge(vectorise_texts(hoax.named_steps["features"], texts)))
    return [is_accusation(text, share) for text, share in zip(texts, shares, strict=True)]


def is_accusation(text: str, share: float) -> bool:
    """Tell whether a text accuses somebody; ``share``: its share for the kind "allegation", 0..1."""
    return bool(share >= LIKELY_ALLEGATION_SHARE) or has_wrongdoing_words(text)
