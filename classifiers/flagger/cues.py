"""Cues: named signs of urgency, hearsay, requests for money and the like. Training decides how much each weighs.

Phrases are lower-case Indonesian, as ``text.normalise`` renders a text, with Kupang Malay and chat spellings
translated. ``*`` matches any word, ``#`` any number. All lists are our own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from classifiers.text.lexicon import Lexicon
from classifiers.text.memo import TEXT_CACHE_SIZE
from classifiers.text.normalise import tokenise_text
from classifiers.text.phrases import WILDCARD_NUMBER, WILDCARD_WORD, Hit, PhraseIndex


@dataclass(frozen=True)
class Cue:
    """A cue: ``label`` is the Indonesian text for officers, ``phrases`` are separated by ``|``."""

    name: str
    label: str
    phrases: str = ""


AUTHORITIES = ("bmkg", "pvmbg", "polisi", "kepolisian", "polresta", "polres", "polsek", "kapolresta", "kapolres",
               "kapolsek", "polda", "kapolda")  # fmt: skip
"""Police and weather service. Hoaxes and reports name them alike, so the flagger ignores the names; only what these
authorities say is a cue."""

# Speakers with first-hand knowledge, and the verbs and prepositions that attribute a statement to them.
_SPEAKERS = (*AUTHORITIES, "pdam", "bpbd", "dishub", "dinas", "puskesmas", "petugas", "lurah", "camat", "rt")
_SAYING_VERBS = ("berkata", "bicara", "menyatakan", "menyampaikan", "menegaskan", "menjelaskan", "mengumumkan",
        "umumkan", "mengimbau", "mengingatkan", "mencatat", "minta", "meminta", "mengeluarkan", "keluarkan",
        "mencabut")  # fmt: skip
_ATTRIBUTION_WORDS = ("kata", "menurut", "info", "informasi", "rilis", "keterangan")


def _named_source_phrases() -> str:
    after = [f"{who} {by_now}{say}" for who in _SPEAKERS for by_now in ("", "su ", "sudah ") for say in _SAYING_VERBS]
    by = [f"{by} {who}" for by in _ATTRIBUTION_WORDS for who in (*_SPEAKERS, "ketua")]
    return "|".join([*after, *by])


PHRASE_CUES: tuple[Cue, ...] = (
    Cue(
        "urgency",
        "mendesak atau memberi tenggat sempit",
        "segera|sekarang juga|hari ini juga|malam ini juga|saat ini juga|detik ini|buruan|cepat cepat|secepatnya|"
        "paling lambat|selambat lambatnya|sebelum terlambat|sebelum jam #|sebelum pukul #|sampai jam # malam|"
        "hanya hari ini|kuota terbatas|terakhir hari ini|besok terakhir|jangan tunda|jangan tunggu|"
        "sebelum magrib|dalam # menit|dalam # jam|batas waktu|mulai besok|mulai malam ini|malam ini|besok pagi|"
        "sebelum tengah malam|tinggal hari ini",
    ),
    Cue(
        "share",
        "meminta untuk disebarkan",
        "sebarkan|sebar|sebarluaskan|disebarkan|viralkan|share|dishare|teruskan|diteruskan|meneruskan|"
        "kirim ke semua|kirim ke grup|bagikan ke|bagikan kepada|beri tahu semua|kasih tahu semua|"
        "kasih tahu keluarga|memberi tahu|beritahu keluarga|infokan ke|kabari keluarga|kabari semua|"
        "tolong sampaikan|jangan berhenti di|lanjutkan ke",
    ),
    Cue(
        "secrecy",
        "menyebut ada yang dirahasiakan",
        "rahasia|dirahasiakan|diam diam|jangan bilang|jangan sampai tahu|tidak diumumkan|sengaja tidak|"
        "belum diumumkan|tidak diberitakan|media diam|media bungkam|ditutup tutupi|ditutupi|disembunyikan|"
        "tidak ditempel|tanpa pengumuman|tidak lewat|jangan lewat|tidak boleh dibicarakan|jangan tanya|"
        "tidak berani bicara|takut ketahuan|dihapus|sudah dihapus|keburu dihapus|sebelum dihapus|tidak disurati",
    ),
    Cue(
        "anonymous",
        "mengandalkan sumber tanpa nama",
        "orang dalam|sumber terpercaya|seorang sumber|sumber yang|enggan disebut|tidak mau disebut|"
        "akun tanpa nama|teman kerja|kata teman|teman saya|dari teman|ada teman|saudara saya|sepupu saya|"
        "ipar saya|om saya|tante saya|kakak saya|adik saya|tetangga saya|tetangga|dari grup|grup sebelah|"
        "grup arisan|grup keluarga|grup gereja|dari status|di status|teman perawat|teman dokter|orang kantor|"
        "orang dinas|orang pemkot|satpam|sopir|seorang pekerja|pesan suara|voice note|vn|selebaran|"
        "tangkapan layar|screenshot|sebuah akun|rekaman|video itu|foto itu|yang kirim",
    ),
    Cue(
        "hearsay",
        "menyampaikan kabar yang didengar",
        "katanya|kabarnya|konon|disebut|disebutkan|disebut sebut|dikabarkan|beredar|kabar|dengar dengar|"
        "saya dengar|dengar dari|isunya|kata orang|orang bilang|orang berkata|dapat info|dapat kabar|info dari|"
        "kabar dari|bilang begitu|berkata begitu|mereka berkata|dia berkata|berkata bahwa|mereka bilang|"
        "setahu saya|yang saya tahu|baru dapat|barusan dapat|baru tahu|ternyata|rupanya|belum diketahui|"
        "tidak disebutkan|bukan saya yang",
    ),
    Cue(
        "asks_money",
        "meminta uang",
        "transfer|ditransfer|mentransfer|setor|menyetor|disetor|biaya administrasi|uang administrasi|"
        "biaya pendaftaran|uang muka|di muka|biaya pengganti|ganti ongkos|ongkos kirim|uang pas|uang kursi|"
        "uang jaminan|uang pelicin|menebus|tebus|amplop|bawa uang|siapkan uang|bayar rp|bayar #|membayar rupiah|"
        "bayar rupiah|biaya rupiah|dengan biaya|tanpa kuitansi|iuran wajib|wajib bayar|wajib membayar|"
        "wajib setor|sumbangan wajib|menyumbang rupiah|kirim pulsa|pulsa",
    ),
    Cue(
        "asks_data",
        "meminta data pribadi",
        "foto ktp|selfie|swafoto|nomor rekening|nomor atm|kartu atm|kode otp|otp|pin|kode verifikasi|"
        "nama ibu kandung|nomor kk|fotokopi buku rekening|buku tabungan|buku rekening|bpkb asli|kk asli|ktp asli|"
        "surat tanah|sandi|password|isi nik|nik dan|data diri|isi data|isi formulir|kirim nik|kirim foto|"
        "kode yang masuk|kode enam angka|stnk|hubungi nomor wa|nomor wa|wa di bawah|nomor di bawah|klik|"
        "tautan ini|link ini|isi di",
    ),
    Cue(
        "threat",
        "mengancam dengan akibat",
        "dicoret|diblokir|didenda|denda|hangus|dicabut|dinonaktifkan|terhapus|dihapuskan|tidak berlaku lagi|"
        "tidak berlaku|disita|ditarik|tidak dilayani|tidak akan dilayani|otomatis|tidak boleh ikut|dianggap|"
        "dikeluarkan|dipidana|ditangkap|ditahan|dipenjara|kena sanksi|kena denda|disegel|dibongkar|digusur|"
        "dipotong|tidak bisa mengurus|hilang hak|dibakar",
    ),
    Cue(
        "reward",
        "menjanjikan uang atau barang",
        "gratis|cuma cuma|hadiah|bagi bagi|pembagian|dibagikan|langsung cair|cair|pencairan|tanpa seleksi|"
        "tanpa tes|tanpa syarat|tanpa ujian|bantuan tunai|uang tunai|ganti rugi|kompensasi|santunan|kuota|"
        "penerima|berhak|dapat uang|dapat bantuan|terima uang|lowongan|lulus otomatis|diangkat langsung|"
        "penghapusan|pemutihan",
    ),
    Cue(
        "danger",
        "menyebut bahaya",
        "meninggal|mati semua|tewas|keracunan|beracun|racun|lumpuh|kejang|cacat|mandul|menular|wabah|virus|"
        "penculik|penculikan|diculik|culik|dibunuh|begal|perampok|komplotan|bom|meledak|gempa|tsunami|"
        "banjir besar|jebol|longsor|kebakaran|rusuh|kerusuhan|perang|darurat|bahaya|berbahaya|awas|hati hati|"
        "waspada|korban",
    ),
    Cue(
        "totality",
        "berkata tentang semua orang atau untuk selamanya",
        "semua|seluruh|setiap|tanpa kecuali|tanpa terkecuali|total|selamanya|seumur hidup|sampai kapan pun|"
        "tidak ada lagi|pasti|sudah pasti|dijamin|100 persen|# persen|serentak",
    ),
    Cue(
        "proof_claim",
        "menjamin kebenarannya sendiri",
        "bukan hoaks|bukan hoax|asli|valid|fakta|bukti|terbukti|sudah terbukti|ada buktinya|suratnya ada|"
        "saya lihat sendiri|lihat sendiri|benar benar|ini benar|sumpah|serius|info valid|sudah banyak|"
        "sudah ada yang|sudah dicoba",
    ),
    Cue(
        "debunk",
        "membantah atau meluruskan kabar",
        "hoaks|hoax|tidak benar|bohong|palsu|membantah|bantah|dibantah|meluruskan|klarifikasi|mengklarifikasi|"
        "menegaskan|tidak pernah mengeluarkan|jangan percaya|jangan mudah percaya|cek dulu|cek fakta|penipuan|"
        "mengatasnamakan|sudah dicek|sudah dikonfirmasi|bukan kebijakan|stop sebar|jangan sebar|jangan disebar|"
        "hapus posting|keliru|tidak sesuai fakta|penelusuran|kabar itu salah|berita itu salah|mengaku|"
        "bukan suara|bukan dari",
    ),
    Cue(
        "named_source",
        "menyebut siapa yang memastikan",
        f"{_named_source_phrases()}|merilis|sudah dikonfirmasi|memastikan|dipastikan",
    ),
    Cue(
        "new_rule",
        "menyebut aturan atau perubahan baru",
        "tidak lagi|mulai #|per #|mulai bulan depan|mulai minggu depan|mulai tahun depan|mulai minggu ini|"
        "mulai bulan ini|mulai semester|mulai senin|mulai rabu|mulai jumat|diganti|dihapus|diwajibkan|wajib|"
        "dilarang|larangan|aturan baru|peraturan baru|kebijakan baru|hanya untuk|khusus untuk|tidak berhak|"
        "akan digabung|akan dihapus|akan ditutup|dinaikkan|dipotong|resmi naik|dikenakan|dikenai|dibatalkan|"
        "berubah menjadi",
    ),
    Cue(
        "pending_proof",
        "menyebut bukti yang belum ada",
        "menyusul|suratnya menyusul|surat resminya|edarannya belum|belum ada nomor|belum ditempel|suratnya belum|"
        "belum diumumkan|tanpa nama|tidak diketahui|tidak ada pengumuman|aturannya baru|menunggu tanda tangan|"
        "sudah diteken|diteken|sudah teken|meneken|sudah tanda tangan|dari status|perhitungan|ramalan|diramal|"
        "mimpi|pendeta|paranormal",
    ),
    Cue(
        "resolved",
        "mengabarkan bahwa urusan sudah selesai",
        "sudah ketemu|sudah ditemukan|sudah pulang|sudah dapat|sudah normal|sudah mengalir|sudah keluar|"
        "sudah selesai|sudah dibuka|sudah jalan|sudah surut|sudah aman|sudah tertangani|sudah dijemput|"
        "kembali dibuka|selamat",
    ),
    Cue(
        "source_contact",
        "menyebut sumber resmi, loket atau cara menghubungi",
        "sumber|info resmi|informasi resmi|akun resmi|laman resmi|situs resmi|kanal resmi|call center|"
        "pusat panggilan|hotline|hubungi kantor|hubungi kelurahan|hubungi posko|loket|kantor kelurahan|"
        "kantor lurah|kantor camat|di puskesmas|papan pengumuman|papan informasi|surat edaran|nomor surat|"
        "peraturan daerah|perda|perwali|peraturan wali kota|keputusan|menurut data|berdasarkan data|kata kepala|"
        "ujar|jelas|kata lurah|kata camat|kepala dinas|kepala bidang|juru bicara|humas|ketua rt|pak rt|ibu rt|"
        "kader|bidan|petugas|112|pengumuman|edaran|tanda tangan|ttd",
    ),
    Cue(
        "schedule",
        "memberi jadwal",
        "pukul|jam # sampai|jam #|wita|senin|selasa|rabu|kamis|jumat|sabtu|minggu|tanggal #|januari|februari|"
        "maret|april|mei|juni|juli|agustus|september|oktober|november|desember|jadwal|dijadwalkan|jadwal ulang|"
        "setiap hari|jam kerja|jam pelayanan",
    ),
    Cue(
        "courtesy",
        "bersopan santun seperti pengumuman",
        "mohon maaf|mohon pengertian|mohon maklum|demikian|terima kasih|makasih|dengan hormat|kepada yth|"
        "yang terhormat|selamat pagi|selamat siang|selamat sore|selamat malam|salam sejahtera|shalom|"
        "assalamualaikum|diberitahukan|disampaikan|kami informasikan|menginformasikan|diimbau|dihimbau|dimohon|"
        "mohon|harap|silakan|bapak ibu|tuhan memberkati",
    ),
    Cue(
        "first_person",
        "bercerita tentang pengalaman sendiri",
        "saya|kami|kita|aku|rumah saya|rumah kami|anak saya|ibu saya|bapak saya|mama saya|istri saya|suami saya|"
        "gang kami|lorong kami|rt kami|tempat kami|tempat saya|kompleks kami|depan rumah|sini",
    ),
    Cue(
        "complaint",
        "mengeluhkan layanan",
        "belum juga|belum diperbaiki|belum diangkut|belum jalan|belum jadi|belum ada|tidak pernah datang|"
        "tidak mengalir|tidak jalan|sudah # hari|sudah # minggu|sudah # bulan|hari ke|minggu ke|bertahun tahun|"
        "berbulan bulan|berminggu minggu|antre|antrean|menunggu|tunggu|lapor|melapor|dilaporkan|tidak ditanggapi|"
        "tidak dijawab|tidak diangkat|lambat|lama sekali|bau|busuk|rusak|berlubang|lubang|gelap|kotor|tagihan|"
        "disuruh|pulang lagi|bolak balik|dilempar|sampai kapan|kapan diperbaiki|tolong diperbaiki|"
        "tolong perhatikan|mohon perhatian|mohon tindak lanjut|tidak ada kabar|macet|bising|kecewa",
    ),
    Cue(
        "opinion",
        "menyatakan pendapat",
        "menurut saya|menurut kami|bagi saya|saya rasa|saya pikir|saya kira|sebaiknya|seharusnya|harusnya|"
        "mestinya|semestinya|percuma|sia sia|malu|memalukan|aneh|lucu|ironis|miris|jangan cuma|jangan hanya|"
        "janji|pencitraan|seremonial|gagal|kegagalan|tidak becus|tidak peduli|prioritas|lebih baik|lebih penting|"
        "daripada|padahal|tapi|kalau memang|mana|buat apa|untuk apa|apa gunanya|kenapa|mengapa|bukannya|wajar|"
        "pantas|heran|bosan|capek|lelah|cukup sudah|omong kosong|sekadar",
    ),
    Cue(
        "question",
        "bertanya",
        "apakah|apa benar|apa betul|betulkah|benarkah|betul tidak|benar tidak|benar kah|ada yang tahu|mau tanya|"
        "numpang tanya|bertanya|izin bertanya|ada yang sudah|bagaimana|siapa|berapa|kah|di mana|apa iya|masa",
    ),
    Cue(
        "accusation",
        "menuduh ada penyimpangan atau menuntut pemeriksaan",
        "korupsi|dikorupsi|koruptor|pungli|pungutan|setoran|fee|suap|sogok|nepotisme|titipan|keluarga pejabat|"
        "orang dekat|markup|mark up|fiktif|dugaan|diduga|menduga|oknum|penyimpangan|penyelewengan|diselewengkan|"
        "kejanggalan|janggal|audit|diaudit|usut|mengusut|diusut|periksa|diperiksa|selidiki|transparan|"
        "transparansi|dibuka ke publik|buka data|lpj|pertanggungjawaban|kejaksaan|inspektorat|penegak hukum|"
        "ombudsman|bpk|kpk|menuntut|mendesak|tuntutan|aksi|demo|unjuk rasa|mahasiswa|aliansi|lsm|tender|proyek|"
        "kontraktor|anggaran|dana|uang rakyat|ke mana uang|ke mana dana",
    ),
    Cue(
        "joke",
        "bercanda atau menyindir",
        "wkwk|wkwkwk|haha|hahaha|hehe|xixi|alias|konon kabarnya|rekor|piala|juara|lomba|kategori|museum|wisata|"
        "spot foto|objek wisata|kolam renang|kolam ikan|mancing|memancing|lele|budidaya|festival|penghargaan|"
        "muri|selamat kepada|terima kasih kepada|inovasi|canggih|level|edisi|episode|sinetron|drama|zodiak|jodoh|"
        "mantan|pacar|kambing|ayam|sapi|ubi|pelatihan|resmi dinobatkan|dinobatkan|diluncurkan|meluncurkan|"
        "sumber tepercaya sekali",
    ),
    Cue(
        "report_verb",
        "memberitakan dengan narasumber",
        "mengatakan|menyatakan|menjelaskan|menyampaikan|menyebut|menuturkan|mengungkapkan|kata wali kota|"
        "kata sekda|rapat|paripurna|dprd|membahas|meresmikan|melantik|menyerahkan|meninjau|mengapresiasi|"
        "menargetkan|realisasi|miliar|apbd|kegiatan|sosialisasi|pemerintah kota|anggota dewan|fraksi|komisi",
    ),
    Cue(
        "help",
        "meminta pertolongan bagi orang tertentu",
        "butuh darah|donor|donor darah|golongan darah|pmi|hilang|anak hilang|ditemukan|mencari keluarga|"
        "hubungi keluarga|terakhir terlihat|ciri ciri|memakai baju|baju|tolong bantu|mohon bantuan|dompet|"
        "pemilik|belum pulang|tersesat",
    ),
    Cue(
        "service_detail",
        "memberi rincian layanan",
        "bawa ktp|membawa ktp|bawa kk|fotokopi|tidak dipungut biaya|tanpa biaya|tanpa dipungut|syarat|"
        "persyaratan|layanan|pelayanan|pendaftaran|perbaikan pipa|pemadaman|pemeliharaan|perawatan|gangguan|"
        "bergilir|giliran|mobil tangki|normal kembali|kembali normal|setelah perbaikan|pengalihan|"
        "jalur alternatif|lewat jalan|ditutup sementara|sementara|libur|buka|imunisasi|posyandu|kerja bakti|"
        "gotong royong|tampung|pantau|siaga|mengungsi|evakuasi",
    ),
)

STYLE_CUES: tuple[Cue, ...] = (
    Cue("question_mark", "memakai tanda tanya"),
    Cue("numbers", "menyebut angka"),
    Cue("money", "menyebut jumlah uang"),
    Cue("clock_time", "menyebut jam atau tanggal dengan angka"),
    Cue("link", "memuat tautan"),
    Cue("laughter", "memakai emoji tertawa"),
    Cue("no_source", "tidak menyebut sumber atau jadwal"),
)

CUE_NAMES: tuple[str, ...] = tuple(cue.name for cue in (*PHRASE_CUES, *STYLE_CUES))
CUE_LABELS: Mapping[str, str] = {cue.name: cue.label for cue in (*PHRASE_CUES, *STYLE_CUES)}

ASKING_CUES = frozenset(("asks_money", "asks_data"))
"""Cues of a text that asks its reader for money or personal data."""

_CUE_POSITIONS = {name: position for position, name in enumerate(CUE_NAMES)}
_NAMED_SOURCE_CUE = _CUE_POSITIONS["named_source"]
NEGATION_WORDS = frozenset(("tidak", "belum", "bukan", "tanpa", "enggan", "menolak"))
_LAUGHING_EMOJI = re.compile("[\U0001f602\U0001f923\U0001f606\U0001f604\U0001f61c\U0001f92a\U0001f605]")
# The regex engine scans for the leading character set. The lookbehind runs only on its hits.
_CLOCK_OR_DATE = re.compile(r"[0-9](?<!\w[0-9])[0-9]?(?:[.:][0-9]{2}|/[0-9]{1,2})\b")
MONEY_WORDS = frozenset(("rupiah", "rp", "ribu", "rb", "juta", "jt", "miliar", "triliun"))


@lru_cache(maxsize=16)
def _cue_phrase_index(lexicon: Lexicon) -> PhraseIndex:
    """Return the index of all cue phrases, normalised with a lexicon."""
    phrases = [(phrase, position) for position, cue in enumerate(PHRASE_CUES) for phrase in cue.phrases.split("|")]
    return PhraseIndex([(_understand_phrase(phrase, lexicon), position) for phrase, position in phrases])


def _understand_phrase(phrase: str, lexicon: Lexicon) -> list[str]:
    words = ([word] if word in (WILDCARD_WORD, WILDCARD_NUMBER) else lexicon.meaning(word) for word in phrase.split())
    return [understood for group in words for understood in group]


@lru_cache(maxsize=TEXT_CACHE_SIZE)
def find_cue_phrases(text: str, lexicon: Lexicon, words: int) -> list[Hit]:
    """Return the cue phrases among the first ``words`` words of a text. The list is cached: do not change it."""
    head = tokenise_text(text, lexicon).words[:words]
    return [
        hit
        for hit in _cue_phrase_index(lexicon).find(head)
        if hit.key != _NAMED_SOURCE_CUE or not _is_denied(head, hit.start)
    ]


def _is_denied(words: Sequence[str], start: int) -> bool:
    """Tell whether a negation precedes a phrase: "belum dipastikan", "tidak menurut lurah"."""
    return start > 0 and words[start - 1] in NEGATION_WORDS


def count_cues(text: str, words: Sequence[str], hits: Sequence[Hit]) -> list[int]:
    """Return the count of each of ``CUE_NAMES`` in a text.

    ``words``: the normalised words of ``text``; ``hits``: the cue phrases in them.
    """
    shown = [0] * len(CUE_NAMES)
    for key, _, _ in hits:
        shown[key] += 1
    shown[_CUE_POSITIONS["question_mark"]] = text.count("?")
    shown[_CUE_POSITIONS["numbers"]] = len([word for word in words if word[0].isdigit()])
    shown[_CUE_POSITIONS["money"]] = len([word for word in words if word in MONEY_WORDS])
    shown[_CUE_POSITIONS["clock_time"]] = len(_CLOCK_OR_DATE.findall(text))
    shown[_CUE_POSITIONS["link"]] = int("URL" in words)
    shown[_CUE_POSITIONS["laughter"]] = 0 if text.isascii() else len(_LAUGHING_EMOJI.findall(text))
    shown[_CUE_POSITIONS["no_source"]] = int(
        not shown[_CUE_POSITIONS["source_contact"]] and not shown[_CUE_POSITIONS["schedule"]]
    )
    return shown


def saturate_counts(shown: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Map counts c to c / (c + 1), in 0..1."""
    return shown / (shown + 1)
