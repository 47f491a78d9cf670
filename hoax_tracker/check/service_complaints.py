"""Whether a message is a complaint about a service: somebody lacks something, where they are, now.

"Sampah di gang kami tidak diangkut" is no news that somebody could judge. It belongs to SP4N-LAPOR, and whoever sends
it here waits for nothing. In doubt it is news: a hoax about the water must find the way to report it. So a complaint is
short and names what is broken; it tells no cause, plan or scope, and neither hears it from others nor asks whether it
is so.

The words are ours, Indonesian, Kupang Malay and English; tests/check/test_service_complaints.py measures them on the
labelled texts.
"""

from __future__ import annotations

import re

from classifiers.text.normalise import word_tokens
from hoax_tracker.match_index import HEAD_CHARACTERS

LONGEST_WORDS = 60
_NOT = "(?:tidak|tak|tdk|sonde|son|belum|blm|nda|jarang)"
_OWN = r"(?:beta|kami|katong|kita|rumah|saya|sa|sini)"
_TROUBLES = (
    ("sampah", rf"(?:{_NOT} (?:\S+ )?(?:di)?angk[ua]t\S*|menumpuk|bertumpuk|numpuk|penuh|tumpah|bau|busuk|berserakan)"),
    ("(?:truk|oto|mobil|petugas) sampah", rf"{_NOT} (?:\S+ )?(?:datang|lewat|naik|masuk|muncul)\S*"),
    ("(?:air|aer|ledeng|keran|kran|pdam)", rf"(?:{_NOT} (?:jalan|keluar|mengalir|hidup)|mati)"),
    ("lampu (?:jalan|merah|taman|lorong|gang)", rf"(?:mati|padam|rusak|gelap|kedip|{_NOT} (?:menyala|hidup))"),
    ("(?:jalan|jalanan|lorong|gang|trotoar|aspal)", "(?:rusak|berlubang|lubang|becek|hancur)"),
    ("(?:got|selokan|drainase|saluran|parit)", "(?:mampet|tersumbat|buntu|bau|meluap|penuh)"),
    ("(?:antre|antri|antrean|antrian|nomor)", rf"{_NOT} (?:\S+ )?dipanggil"),
    (
        "(?:ktp|kk|akta|kia|ijin|izin|berkas)",
        rf"(?:{_NOT} (?:jadi|selesai|keluar|dicetak|cetak)\S*|salah (?:cetak|nama))",
    ),
    (
        "(?:pelayanan|loket|petugas|pegawai|admin)",
        rf"(?:lambat|lama|lelet|kasar|{_NOT} (?:melayani|dilayani|balas|membalas))",
    ),
)
_ENGLISH = (
    "(?:(?:garbage|trash|rubbish|waste|bins?) (?:\\S+ ){0,6}?(?:not|isn t|wasn t|never|hasn t|haven t|no one|nobody)"
    " (?:\\S+ ){0,2}?(?:collected|picked|taken|emptied)"
    "|(?:not|never|nobody|no one) (?:\\S+ )?(?:collect|collects|collected|picks?|picked|empt(?:y|ied)) (?:\\S+ ){0,3}?"
    "(?:garbage|trash|rubbish|waste)"
    "|(?:street ?lights?|street lamps?|traffic lights?) (?:\\S+ ){0,3}?(?:out|broken|off|dead|not working)"
    "|(?:no|without) water (?:\\S+ ){0,3}?(?:home|house)"
    "|(?:road|street|sidewalk) (?:\\S+ ){0,3}?(?:broken|potholes?|damaged)"
    "|potholes? (?:\\S+ ){0,4}?(?:road|street)|(?:drain|sewer|gutter) (?:\\S+ ){0,3}?(?:blocked|clogged|overflowing))"
)
_COMPLAINED = re.compile(
    "|".join(
        rf"(?<= ){thing} (?:\S+ ){{0,9}}?{state} |(?<= ){state} (?:\S+ ){{0,3}}?{thing} " for thing, state in _TROUBLES
    )
    + f"|(?<= ){_ENGLISH} "
)
_WATER = re.compile(r" (?:air|aer|ledeng|keran|kran|pdam) ")
_LIVED_THROUGH = re.compile(
    rf" {_OWN} | (?:su|so|sudah|sejak|dari) (?:\S+ ){{0,2}}?"
    r"(?:hari|minggu|bulan|jam|kemarin|kamareng|pagi|semalam|tadi) "
)
"""At whose home, or how long by now: who tells that waits for water, and does not warn of what is to come."""
_NEWS_WORDS = """
    according akan akibat anggaran announced apakah awas bakal bayar because benarkah beracun beredar besok betul
    betulkah bohong dicuri diduga dikabarkan diracun disengaja ditutup dong fakta fitnah gara gratis hati heard
    hoaks hoax info infonya isi isu kabar kabarnya kalau kalo karena kata katanya keracunan klarifikasi ko konon
    korban korupsi lilin lusa mangkali meninggal menteri mulai nanti oknum pengumuman poisoned racun rencana resmi
    rumor rumour samua says sebab sebarkan selama seluruh semua sengaja serentak siap status sumber tagal tampung
    tercemar teruskan tetap tewas tomorrow true tutup viral viralkan virus waspada whether will
"""
_TOLD_AS_NEWS = frozenset(_NEWS_WORDS.split())
_NEWS_SIGNS = re.compile(r"https?:|www\.|\bRp|(?i:kota kupang|wali ?kota|pemkot|ntt\b)")


def is_service_complaint(text: str) -> bool:
    """Tell whether a message complains of a service, and tells no news."""
    head = text[:HEAD_CHARACTERS]
    words = word_tokens(head)
    if not words or len(words) > LONGEST_WORDS or _TOLD_AS_NEWS.intersection(words) or _NEWS_SIGNS.search(head):
        return False
    spoken = f" {' '.join(words)} "
    if _WATER.search(spoken) and not _LIVED_THROUGH.search(spoken):
        return False  # that a whole part of the city has no water is told as news
    return _COMPLAINED.search(spoken) is not None
