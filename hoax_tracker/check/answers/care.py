"""Whether somebody says that they, or somebody near them, want to end their life: they need a person, not a verdict.

What is told of others as news ("seorang siswa bunuh diri karena …") is no such message, and is answered like any other:
only an intent counts. In doubt it is one, because the way to check the news still stands below the numbers.

The words are ours, Indonesian, Kupang Malay and English. The line is the Ministry of Health's, 119, extension 8.
"""

from __future__ import annotations

import re

from classifiers.text.normalise import word_tokens
from hoax_tracker.match_index import HEAD_CHARACTERS

EMERGENCY_NUMBER, CARE_LINE, CARE_EXTENSION = "112", "119", "8"
LONGEST_WORDS = 60
"""Words of a message that speaks of oneself; longer ones pass on what others wrote."""
_SELF = "(?:saya|aku|ak|beta|sa|gue|gua|gw|kami)"
_WANTS = "(?:mau|mo|ingin|pengen|pingin|pengin|kepingin|berniat|niat|hendak|rencana|coba|mencoba)"
_ADVERB = "(?:su|sudah|cuma|hanya|memang|rasanya|lebih baik|benar benar|selalu|sering|jadi)"
_END = "(?:bunuh diri|(?:meng)?akhiri hidup|akhiri saja hidup|gantung diri)"
_INTENT = re.compile(
    rf" {_WANTS} (?:\S+ )?{_END} | {_SELF} (?:{_ADVERB} )*{_WANTS} mati | {_SELF} (?:\S+ )?(?:lebih baik|mending) mati "
    rf"| (?:tidak|tak|gak|nggak|sonde) {_WANTS} hidup lagi | bunuh diri (?:saja|sa) "
    r"| (?:kill|killing|hurt|hurting|harm|hang) myself | (?:end|ending|take|taking) my (?:own )?life | suicidal "
    r"| (?:want|wants|going|wanna) (?:to )?(?:die|commit suicide|kill (?:him|her)self) "
    r"| (?:do not|dont|don t) want to live "
)


def asks_for_care(text: str) -> bool:
    """Tell whether a message speaks of wanting to die."""
    words = word_tokens(text[:HEAD_CHARACTERS])
    return 0 < len(words) <= LONGEST_WORDS and _INTENT.search(f" {' '.join(words)} ") is not None
