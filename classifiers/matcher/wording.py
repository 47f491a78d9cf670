"""Is a message, but for small talk, the very wording that officers judged?

Only then does a verdict stand on the message itself. So nothing else counts as the same: no other order of the words,
none replaced, left out or put in, not even one that matching takes for a stop word ("sebelum", "dilarang", "tanpa"),
and nothing behind the part that is read.
"""

from __future__ import annotations

from classifiers.matcher.reading import LENGTH_LIMIT, Reader

_SMALL_TALK_WORDS = """
halo hai selamat pagi siang sore malam salam admin min bapak ibu bapa mama kakak kaka om tante saudara semua teman kawan
mohon tolong info informasi kabar berita pesan diteruskan teruskan terusan forward fwd sebarkan share bagikan viralkan
grup sebelah dari wa whatsapp apakah benar benarkah betul betulkah batul ko kah ya iya e ee nih ini itu katanya kabarnya
konon terima kasih makasih penting terbaru breaking news
"""
_SMALL_TALK = frozenset(_SMALL_TALK_WORDS.split())
"""Words in which a message is passed on or asked about. None of them can change what it tells."""


def is_wording(text: str, wording: str, reader: Reader) -> bool:
    """Tell whether a text is a wording with nothing but small talk before, within or behind it."""
    if max(len(text), len(wording)) > LENGTH_LIMIT:
        return False
    told = _words_told(wording, reader)
    return bool(told) and told == _words_told(text, reader)


def _words_told(text: str, reader: Reader) -> list[str]:
    return [word for word in reader.read(text).words if word not in _SMALL_TALK]
