"""Whether somebody speaks of themselves, or of one of their own, in danger: they need a person, not a verdict.

Who wants to die is shown whom to call (``asks_for_care``). So is who is beaten, robbed or threatened, and whose child
is missing (``asks_for_help``). Page and chat read both here.

What is told of others as news ("seorang siswa bunuh diri karena …") is no such message, and is answered like any other:
only an intent, or one's own trouble, counts. Lamps, water, telephones and pigs die, too. In doubt it is such a message,
because the way to check the news still stands below the numbers.

The words are ours, Indonesian, Kupang Malay and English; tests/check/answers/care_sentences.csv measures them. The line
is the Ministry of Health's, 119, extension 8.
"""

from __future__ import annotations

import re

from classifiers.text.normalise import word_tokens
from hoax_tracker.match_index import HEAD_CHARACTERS

EMERGENCY_NUMBER, CARE_LINE, CARE_EXTENSION = "112", "119", "8"
LONGEST_WORDS = 60
"""Words of a message that speaks of oneself; longer ones pass on what others wrote."""
WORDS_BEFORE = 4
"""Words before a cue among which its subject stands: "lampu di rumah beta | sonde mau hidup lai"."""
_ME = "(?:saya|aku|ak|beta|bet|gue|gua|gw|kami|katong|ketong|kita)"
_SELF = f"(?:{_ME}|sa)"
_OWNED = "(?:pung|punk|punya|pu|pe)"
_NOT = "(?:tidak|tak|tdk|gak|ga|nggak|ngga|enggak|sonde|sondeh|sond|son|nda|tir|tar|belum|balom|blm)"
_NOW = "(?:lagi|lai|le|leh)"
_WANTS = "(?:mau|mo|ingin|pengen|pingin|pengin|kepingin|berniat|niat|hendak|rencana|coba|mencoba)"
_ADVERB = "(?:su|so|sudah|cuma|hanya|memang|rasanya|lebih baik|benar benar|selalu|sering|jadi)"
_BETTER = "(?:(?:lebih|lebe|lebi) (?:baik|bae|bagus)|mending|mendingan)"
_LIFE = "(?:hidup(?:ku)?|idup|idop)"
_USE = "(?:guna|gunanya|arti|artinya|harapan|alasan)"
_HEIGHT = "(?:jembatan|gedung|menara|tower|atap|lantai|jurang|tebing)"
_END = (
    rf"(?:bunuh diri|bundir|(?:meng)?akhiri (?:saja |sa )?(?:{_LIFE}|nyawa)|gantung diri"
    rf"|(?:habisi|kasi abis|kasi habis) (?:\S+ )?(?:{_LIFE}|nyawa|diri)"
    rf"|(?:loncat|lompat|terjun) (?:sa |saja )?(?:dari|di|ke) (?:\S+ )?{_HEIGHT}"
    r"|minum (?:racun|baygon|pestisida)|(?:iris|potong|sayat) (?:\S+ )?nadi"
    r"|(?:hilang|pergi) (?:untuk )?(?:dari dunia|selamanya))"
)
_KIN = (
    "(?:ade|adik|anak|ana|ayah|bapa|bapak|bayi|cucu|ibu|istri|kaka|kakak|kakek|keponakan|laki|mama|maitua|mertua|nenek"
    "|oma|opa|paitua|papa|ponakan|suami|tante)"
)
_NO_DEATH = (
    "(?:aer|air|cape|gaya|katawa|kelaparan|kepanasan|ketawa|kutu|lampu|langkah|lapar|lemas|listrik|malu|panas|penasaran"
    "|rasa|suri|tertawa|total)"
)
_DIE = f"(?:mati|meninggal)(?! {_NO_DEATH} )"
_DESPAIR = re.compile(
    rf" {_WANTS} (?:\S+ )?{_END} | {_SELF} (?:{_ADVERB} )*{_WANTS} {_DIE} | {_WANTS} mati (?:sa|saja|aja) "
    rf"| (?:{_ME}|dia|{_KIN}) (?:\S+ ){{0,3}}?{_WANTS} {_DIE} | (?:mati|meninggal) (?:lebih|lebe) (?:bae|baik|enak) "
    rf"| {_NOT} {_WANTS} (?:ada|tinggal) (?:{_NOW} )?di dunia |^ {_WANTS} {_DIE} | biar(?:kan)? {_SELF} mati "
    rf"| {_SELF} (?:{_ADVERB} )*{_WANTS} (?:meng)?akhiri (?:semuanya|semua ini) "
    rf"| (?:su|sudah|ada) minum (?:racun|baygon|pestisida) "
    rf"| {_BETTER} (?:{_SELF} |pi |sa |saja )*{_DIE} | {_BETTER} {_SELF} (?:{_NOT} (?:ada|hidup)|hilang) "
    rf"| bunuh diri (?:sa|saja|aja) "
    rf"| {_NOT} {_WANTS} {_LIFE} {_NOW} | {_SELF} (?:{_ADVERB} )*{_NOT} {_WANTS} {_LIFE} (?=$|{_NOW}|sa |saja )"
    rf"| {_NOT} (?:kuat|sanggup|tahan) (?:{_NOW} |untuk |jalani |menjalani )*{_LIFE} (?!dekat|di dekat|tanpa)"
    rf"| (?:cape|capek|lelah|letih|bosan|jenuh|malas|muak) (?:deng |dengan |jalani |menjalani |rasa |sama )*{_LIFE} "
    rf"| {_NOT} (?:ada|punya) (?:{_NOW} )?{_USE} (?:{_NOW} |{_SELF} |untuk |buat |par |di )*{_LIFE} "
    rf"| {_LIFE} (?:{_SELF} |ini |su |sudah )*(?:{_NOT} ada (?:{_NOW} )?{_USE}|{_NOT} berguna|{_NOT} berarti) "
    rf"| (?:untuk|buat|par) apa (?:{_NOW} )?{_SELF} (?:masih )?{_LIFE} "
    r"| (?:kill|killing|hurt|hurting|harm|hang) myself | (?:end|ending|take|taking) my (?:own )?life | suicidal "
    r"| (?:want|wants|going|wanna) (?:to )?(?:die|commit suicide|kill (?:him|her)self) "
    r"| (?:do not|dont|don t) want to live | (?:tired of|no reason for|no point in) living "
    r"| better off dead | jump off (?:the|a) (?:bridge|building) "
)
_THING_WORDS = """
    ac aer air akta anjing ayam babi bansos bantuan beras buku dana data dompet gaji hp ijazah ikan internet jagung
    jaringan jatah kabel kambing kartu keran kk komputer kran ktp lampu laptop ledeng listrik mesin meteran mobil motor
    nama oto pdam pln pohon pompa saldo sapi sepeda sim sinyal stnk tanaman tas ternak televisi toko tv uang
    usaha warung wifi
"""
_THINGS = frozenset(_THING_WORDS.split())
"""What dies, lives or is lost in another sense: its owner is no cause for worry."""
_NEWS_WORDS = """
    apakah artis benarkah beredar berita betulkah bupati dengar diduga dikabarkan dilaporkan ditemukan dprd gubernur
    heboh hoaks hoax kabar kabarnya katanya konon korban mahasiswa mahasiswi menteri napi oknum pasien pejabat pelajar
    pemuda polda polisi polresta presiden pria rakyat remaja sd seorang siswa siswi sma smk smp tahanan tewas video
    viral wali walikota wanita warga
"""
_TOLD_AS_NEWS = frozenset(_NEWS_WORDS.split())
"""Of whom news tells, and how."""
_PASSES_ON = frozenset(("bagikan", "sebar", "sebarkan", "share", "teruskan", "viralkan"))
_OWN = f"(?:{_KIN} (?:\\S+ )?{_ME}|{_ME} {_OWNED} (?:\\S+ )?{_KIN}|{_KIN}ku|anak tetangga)"
_ATTACKER = (
    f"(?:{_KIN}|begal|dia|guru|ipar|majikan|maling|mantan|om|orang|pacar|paman|pencuri|perampok|preman|tetangga)"
)
_HITS = (
    "(?:aniaya|menganiaya|bacok|bakar|bunuh|cekik|mencekik|culik|hajar|kejar|mengejar|pukul|pukuli|mukul|memukul"
    "|memukuli|perkosa|memperkosa|rampok|sekap|siksa|tampar|menampar|tendang|menendang|tikam|todong|tusuk)"
)
_IS_HIT = (
    "(?:(?:dapa|kena) (?:pukul|tikam|bacok|siksa|rampok)|dianiaya|dibacok|dibegal|diculik|dihajar|dijambret|diperkosa"
    "|dipukul|dipukuli|dirampok|disekap|disiksa|ditampar|ditikam|ditodong|ditusuk|diancam (?:mau )?dibunuh)"
)
_TROUBLE = re.compile(
    rf" {_ATTACKER} (?:\S+ ){{0,3}}?(?:ancam |mengancam )?(?:mau )?{_HITS} (?:lai |lagi |terus )?"
    rf"(?:{_ME}(?! {_OWNED} )|{_OWN}) "
    rf"| (?:{_ME}|{_OWN}) (?:\S+ ){{0,2}}?{_IS_HIT} | (?:ancam|mengancam) (?:mau )?bunuh (?:{_ME}|{_OWN}) "
    rf"| {_OWN} (?:\S+ ){{0,4}}?(?:hilang|ilang)(?! (?:(?:dari|di) (?:daftar|data|dtks|kk|sistem)|arah|hak|semangat))"
    rf" | {_OWN} (?:\S+ ){{0,2}}?{_NOT} pulang (?:\S+ ){{0,3}}?(?:dari|sejak|su|sudah) "
    rf"| (?:maling|pencuri|perampok|preman|parang|pisau|dobrak|serang) (?:\S+ ){{0,3}}?(?:kos|rumah) {_ME} "
    r"| (?:husband|boyfriend|father|man|somebody|someone) (?:\S+ ){0,3}?(?:beats|beating|hit|hits|hitting) (?:me|us) "
    r"| my (?:son|daughter|child|kid|baby) (?:\S+ ){0,2}?(?:missing|lost|kidnapped) "
)


def asks_for_care(text: str) -> bool:
    """Tell whether a message speaks of wanting to die."""
    return _speaks_for_own(text, _DESPAIR)


def asks_for_help(text: str) -> bool:
    """Tell whether a message speaks of violence against its sender or theirs, or of one of theirs who is missing."""
    return _speaks_for_own(text, _TROUBLE)


def passes_on(text: str) -> bool:
    """Tell whether a message asks to be passed on: it may be the trouble of somebody whom nobody here knows."""
    return not _PASSES_ON.isdisjoint(word_tokens(text[:HEAD_CHARACTERS]))


def _speaks_for_own(text: str, cues: re.Pattern[str]) -> bool:
    """Tell whether a short message has a cue that is about a person, and is no news about others."""
    words = word_tokens(text[:HEAD_CHARACTERS])
    if not 0 < len(words) <= LONGEST_WORDS:
        return False
    spoken, is_news = f" {' '.join(words)} ", not _TOLD_AS_NEWS.isdisjoint(words)
    return any(_is_about_own(spoken, cue, is_news=is_news) for cue in cues.finditer(spoken))


def _is_about_own(spoken: str, cue: re.Match[str], *, is_news: bool) -> bool:
    """Tell whether a cue is about a person and, where the message tells news, about its sender or one of theirs."""
    before = spoken[: cue.start()].split()[-WORDS_BEFORE:]
    has_own_subject = re.match(f" {_SELF} ", cue[0]) and re.search(f" {_SELF} ", f" {' '.join(before)} ")
    nearest = before[-2:] if has_own_subject else before
    if not _THINGS.isdisjoint((*nearest, *cue[0].split())):
        return False
    return not is_news or re.search(f" {_ME} ", f" {' '.join(before)} {cue[0]} ") is not None
