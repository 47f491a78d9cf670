"""Make repeats and near-misses of a claim in its plain form, for training the pair reader.

A retelling drops words, tells some in others (``data/language/same_words.txt``), misspells some and puts small talk
around; a copy has the claim's words but for one that tells nothing, or a phrase elsewhere; a change replaces one
detail, verb or name, or negates a verb. Real messages are mostly either; these fill the gap between, and for real texts
a claim with one told detail changed is the nearest thing to a near-miss that somebody wrote.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise

_OPENINGS = (
    "mohon diteruskan", "info dari grup sebelah", "selamat pagi bapak ibu", "diteruskan", "tolong sebarkan", "viral",
    "info penting", "maaf sekadar berbagi", "awas", "ada kabar", "tadi saya dengar", "katanya", "teman saya bilang",
    "selamat malam semua izin meneruskan", "saya dapat dari grup keluarga", "shalom bapak mama", "perhatian",
    "dapat info dari tetangga", "breaking news",
)  # fmt: skip
_ENDINGS = (
    "tolong bagikan ke keluarga", "semoga bermanfaat", "terima kasih", "hati hati semua", "sebarkan", "tuhan berkati",
    "jaga keluarga kita", "mohon maaf kalau sudah pernah dikirim", "kasihan rakyat kecil", "saya juga kaget",
    "pemerintah tolong perhatikan", "bikin susah saja", "apa kata dunia", "om saya kerja di situ",
)  # fmt: skip
_QUESTIONS_BEFORE = ("apakah benar", "benarkah", "apa betul", "mau tanya", "izin bertanya apa benar", "saya dengar")
_QUESTIONS_AFTER = ("betul kah", "batul ko", "benar tidak", "hoaks atau fakta", "betul ko sonde", "apa iya", "beneran")
_DENIALS_BEFORE = (
    "hoaks", "tidak benar", "klarifikasi", "cek fakta salah", "kabar bohong", "polisi bantah", "dinas membantah",
    "awas hoaks", "jangan percaya", "pemkot tegaskan tidak benar", "bantahan resmi", "penjelasan soal isu",
    "dinas membantah kabar bahwa", "pemkot membantah isu", "wali kota membantah", "kadis bantah kabar",
    "disangkal dinas", "tidak ada rencana", "sonde betul", "itu bohong", "sudah dicek dan tidak benar bahwa",
    "pemerintah menyangkal kabar", "dinas menegaskan tidak benar bahwa", "lurah bilang tidak betul", "info palsu",
)  # fmt: skip
_DENIALS_AFTER = (
    "itu hoaks", "adalah kabar bohong", "ternyata tidak benar", "sudah dibantah", "jangan percaya", "itu fitnah",
    "dipastikan hoaks oleh polisi", "sudah diklarifikasi dinas",
)  # fmt: skip
_OPPOSITE_PAIRS = """
naik turun, tutup buka, ditutup dibuka, gratis berbayar, wajib dilarang, boleh dilarang, semua sebagian, menang kalah,
meninggal selamat, meninggal dirawat, ditangkap dibebaskan, menolak menerima, mendukung menentang, dibangun dibongkar,
dijual disewakan, diberhentikan diangkat, ditambah dikurangi, pindah tutup, dipotong ditambah, dihapus diperpanjang,
mati menyala, membuka menutup, pria wanita, anak lansia, laki perempuan, siswa guru, sd smp, pagi malam, siang malam,
utara selatan, lama baru, besar kecil, membeli menjual, masuk libur, datang pergi, hidup mati, positif negatif,
aman berbahaya, sebelum sesudah, hanya semua, pertama terakhir, penuh kosong, dengan tanpa, memungut memberi,
dipungut diberi, ditagih diberi, membayar menerima, bayar terima, menyetor menerima, diminta diberi, meminta memberi,
mengambil memberi, diambil diberi, mewajibkan melarang, melarang mengizinkan, dilarang diizinkan, dilarang disuruh,
ditolak diterima, menjual membeli, jual beli, memotong menambah, menambah mengurangi, menaikkan menurunkan,
dinaikkan diturunkan, disita dikembalikan, menyita mengembalikan, mengungsi pulang, memulangkan mengirim,
mendatangkan memulangkan, dicopot dilantik, dipecat diangkat, dicabut diterbitkan, mencabut memasang, dicabut dipasang,
minimal maksimal, kurang lebih, oleh untuk, pagi sore, memperpanjang memotong, mempercepat menunda,
dipercepat ditunda, menghapus menambah, lulus gagal, untung rugi, hadir absen, memuji menghina, menyembuhkan menularkan
"""
_BEGINNINGS = frozenset(("di", "ke", "dari", "pada", "mulai", "sejak", "selama", "hingga", "sampai",
                        "karena", "akibat", "untuk", "bagi", "pi"))  # fmt: skip
"""Words that begin a phrase which may stand elsewhere in its sentence."""
_LONGEST_MOVED = 5
_FILLERS = (
    "ini", "itu", "ya", "juga", "memang", "sudah", "su", "dong", "e", "katanya", "kabarnya", "sekarang", "to", "ni",
    "tu", "loh", "akan", "segera", "cepat", "pokoknya", "pun", "nanti", "kan", "ternyata", "langsung", "tolong",
    "sebuah", "telah", "yang",
)  # fmt: skip
"""What stands in the middle of a text and changes nothing of what it tells."""
_NEGATIONS = frozenset(("tidak", "belum", "bukan", "jangan"))
_PUT_IN = ("tidak", "sonde", "belum", "tidak jadi", "batal", "tidak akan")
_KEPT = frozenset(("tidak", "bukan", "belum", "jangan", "semua", "hanya", "seluruh", "sebagian", "rp", "persen"))
"""Stop words that change what a claim tells."""
_CLASSES = (
    "hari minggu bulan tahun jam",
    "ribu juta miliar",
    "januari februari maret april mei juni juli agustus september oktober november desember",
    "senin selasa rabu kamis jumat sabtu minggu",
    "pagi siang sore malam",
)
_CLASS_OF = {word: words.split() for words in reversed(_CLASSES) for word in words.split()}
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_VERB_PREFIXES = ("me", "di", "ber", "ter")
_SHORTEST_CONTENT_WORD = 4
_LONGEST_PHRASE, _MOST_REPLACED = 4, 3
"""Words of a phrase that is told in others, and how many phrases of a text are."""
_LEAST_LETTERS = 6
"""Letters of a phrase that is told in others: shorter words mean too much else ("habis" is "setelah" and "gone")."""


class Reteller:
    """Makes retellings, changes and denials with a seeded generator."""

    def __init__(
        self, stop_words: Collection[str], claims: Iterable[str], same_words: Iterable[Collection[str]], seed: int
    ) -> None:
        """Take the stop words, claims whose words may replace one another, and groups of phrases that say the same."""
        self._chance = random.Random(seed)  # noqa: S311 - a reproducible sample, not a secret
        self._stop_words = stop_words
        self._opposites = _opposites()
        self._same = _by_phrase(same_words)
        by_shape: defaultdict[tuple[str, bool], set[str]] = defaultdict(set)
        for word in {word for claim in claims for word in claim.split() if self._has_content(word)}:
            by_shape[_shape(word)].add(word)
        self._alike = {shape: sorted(words) for shape, words in by_shape.items()}

    def retell(self, claim: str) -> str:
        """Return a repeat of a claim."""
        retelling = claim
        if self._chance.random() < 0.4:
            retelling = self._shortened(retelling)
        if self._chance.random() < 0.6:
            retelling = self.tell_in_other_words(retelling)
        if self._chance.random() < 0.5:
            retelling = self._misspelt(retelling, 0.08)
        return self.surround(retelling) if self._chance.random() < 0.7 else retelling

    def copy(self, claim: str) -> str:
        """Return a repeat that has the claim's words, but for one or two more or fewer, or a phrase elsewhere."""
        copied = claim.split()
        if self._chance.random() < 0.4:
            copied = self._moved(copied)
        for _ in range(self._chance.choice((0, 1, 1, 2, 3))):
            way = self._chance.choice((self._filled, self._filled, self._without_filler, self._repeated))
            copied = way(copied)
        text = " ".join(copied)
        if self._chance.random() < 0.2:
            text = self._misspelt(text, 0.05)
        return self.surround(text) if self._chance.random() < 0.35 else text

    def tell_in_other_words(self, text: str) -> str:
        """Return a text with some phrases told in other words that say the same."""
        words = text.split()
        spans = [
            (start, stop)
            for start in range(len(words))
            for stop in range(start + 1, min(start + _LONGEST_PHRASE, len(words)) + 1)
            if " ".join(words[start:stop]) in self._same
        ]
        self._chance.shuffle(spans)
        replaced: list[tuple[int, int]] = []
        for start, stop in spans:
            if all(stop <= other or end <= start for other, end in replaced):
                replaced.append((start, stop))
        chosen = sorted(replaced[: self._chance.randint(1, _MOST_REPLACED)], reverse=True)
        for start, stop in chosen:
            words[start:stop] = [self._chance.choice(self._same[" ".join(words[start:stop])])]
        return " ".join(words)

    def surround(self, text: str) -> str:
        """Return a text as a question, or with small talk before and behind it."""
        kind = self._chance.random()
        if kind < 0.2:
            return f"{self._chance.choice(_QUESTIONS_BEFORE)} {text}"
        if kind < 0.4:
            return f"{text} {self._chance.choice(_QUESTIONS_AFTER)}"
        before = self._chance.sample(_OPENINGS, self._chance.choice((0, 1, 1, 2)))
        behind = self._chance.sample(_ENDINGS, self._chance.choice((0, 1, 2, 3)))
        return " ".join([*before, text, *behind])

    def deny(self, claim: str) -> str:
        """Return a text that says of a claim that it is false."""
        if self._chance.random() < 0.5:
            claim = self.tell_in_other_words(claim)
        if self._chance.random() < 0.6:
            return f"{self._chance.choice(_DENIALS_BEFORE)} {claim}"
        return f"{claim} {self._chance.choice(_DENIALS_AFTER)}"

    def near_miss(self, claim: str, other: str) -> str | None:
        """Return a changed claim as somebody would pass it on; ``other``: a claim to take words from."""
        changed = self.change(claim, other)
        if changed is None:
            return None
        if self._chance.random() < 0.6:
            changed = self.tell_in_other_words(changed)
        return changed if self._chance.random() < 0.5 else self.surround(self._misspelt(changed, 0.03))

    def change(self, claim: str, other: str, changeable: Collection[str] | None = None) -> str | None:
        """Return a claim with one thing changed, or None; ``changeable``: the only words that may be changed."""
        words = claim.split()
        ways = [self._other_number, self._other_of_class, self._negated, *[self._other_word] * 3]
        ways += [self._opposite] * 2
        self._chance.shuffle(ways)
        free = [place for place, word in enumerate(words) if changeable is None or word in changeable]
        for way in ways:
            if (changed := way(words, free, other)) and changed != words:
                return " ".join(changed)
        return None

    def _other_number(self, words: list[str], free: list[int], other: str) -> list[str] | None:
        numbers = [place for place in free if _NUMBER.fullmatch(words[place])]
        if not numbers:
            return None
        place = self._chance.choice(numbers)
        value = float(words[place])
        way = self._chance.random()
        if way < 0.4:
            value *= self._chance.choice((2, 3, 5, 10, 0.5, 0.1))
        elif way < 0.8:
            value = abs(value + self._chance.choice((1, 2, 3, 5, -1, -2)))
        else:
            value = self._chance.randrange(1, 40)
        return _with_word(words, place, f"{round(value, 1):g}")

    def _other_of_class(self, words: list[str], free: list[int], other: str) -> list[str] | None:
        """Replace a unit of time after a number, a scale, a month or a weekday by another."""
        places = [place for place in free if words[place] in _CLASS_OF]
        if not places:
            return None
        place = self._chance.choice(places)
        return _with_word(words, place, self._chance.choice(_CLASS_OF[words[place]]))

    def _opposite(self, words: list[str], free: list[int], other: str) -> list[str] | None:
        places = [place for place in free if words[place] in self._opposites]
        if not places:
            return None
        place = self._chance.choice(places)
        return _with_word(words, place, self._chance.choice(self._opposites[words[place]]))

    def _negated(self, words: list[str], free: list[int], other: str) -> list[str] | None:
        negated = [place for place in free if words[place] in _NEGATIONS]
        if negated:
            place = self._chance.choice(negated)
            return [*words[:place], *words[place + 1 :]]
        verbs = [place for place in free if len(words[place]) > 5 and words[place].startswith(_VERB_PREFIXES)]
        if not verbs:
            return None
        place = self._chance.choice(verbs)
        return [*words[:place], self._chance.choice(_PUT_IN), *words[place:]]

    def _other_word(self, words: list[str], free: list[int], other: str) -> list[str] | None:
        """Replace a word by one of the same make, from another claim where it has one."""
        places = [place for place in free if self._has_content(words[place])]
        if not places:
            return None
        place = self._chance.choice(places)
        shape = _shape(words[place])
        near = [word for word in other.split() if self._has_content(word) and _shape(word) == shape]
        found = self._chance.choice(near or self._alike.get(shape) or [words[place]])
        return _with_word(words, place, found) if found[:4] != words[place][:4] and found not in words else None

    def _moved(self, words: list[str]) -> list[str]:
        """Move a phrase that says where, when or why to the beginning, behind the first word or to the end."""
        starts = [place for place, word in enumerate(words) if word in _BEGINNINGS]
        spans = [
            (start, stop) for start, stop in pairwise([*starts, len(words)]) if 2 <= stop - start <= _LONGEST_MOVED
        ]
        if not spans:
            return words
        start, stop = self._chance.choice(spans)
        rest = [*words[:start], *words[stop:]]
        place = self._chance.choice((0, 0, 1, len(rest)))
        return [*rest[:place], *words[start:stop], *rest[place:]]

    def _filled(self, words: list[str]) -> list[str]:
        place = self._chance.randrange(len(words) + 1)
        return [*words[:place], self._chance.choice(_FILLERS), *words[place:]]

    def _repeated(self, words: list[str]) -> list[str]:
        """Say a word once more where a clause of the text may begin or end."""
        known = [place for place, word in enumerate(words) if self._has_content(word)]
        if not known:
            return words
        again = words[self._chance.choice(known)]
        place = self._chance.choice([0, len(words), *[at for at, word in enumerate(words) if word in _BEGINNINGS]])
        return [*words[:place], again, *words[place:]]

    def _without_filler(self, words: list[str]) -> list[str]:
        fillers = [place for place, word in enumerate(words) if word in _FILLERS]
        if not fillers:
            return words
        place = self._chance.choice(fillers)
        return [*words[:place], *words[place + 1 :]]

    def _shortened(self, text: str) -> str:
        words = text.split()
        if self._chance.random() < 0.5:
            shortened = [
                word for word in words if word not in self._stop_words or word in _KEPT or self._chance.random() < 0.4
            ]
            return " ".join(shortened)
        return " ".join(words[: max(5, int(len(words) * self._chance.uniform(0.6, 0.9)))]) if len(words) > 9 else text

    def _misspelt(self, text: str, share: float) -> str:
        return " ".join(
            self._with_slip(word)
            if len(word) > _SHORTEST_CONTENT_WORD and word.isalpha() and self._chance.random() < share
            else word
            for word in text.split()
        )

    def _with_slip(self, word: str) -> str:
        place = self._chance.randrange(1, len(word) - 1)
        way = self._chance.random()
        if way < 0.4:
            return word[:place] + word[place + 1 :]
        if way < 0.7:
            return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        return word[:place] + word[place] + word[place:]

    def _has_content(self, word: str) -> bool:
        return word.isalpha() and len(word) >= _SHORTEST_CONTENT_WORD and word not in self._stop_words


def _by_phrase(groups: Iterable[Collection[str]]) -> Mapping[str, list[str]]:
    """Return for each phrase that is told in others those that may stand for it."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for group in groups:
        for phrase in group:
            if len(phrase) >= _LEAST_LETTERS:
                found[phrase] += [other for other in group if other != phrase]
    return {phrase: others for phrase, others in found.items() if others}


def _opposites() -> Mapping[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for pair in _OPPOSITE_PAIRS.split(","):
        one, other = pair.split()
        found[one].append(other)
        found[other].append(one)
    return found


def _with_word(words: list[str], place: int, word: str) -> list[str]:
    return [*words[:place], word, *words[place + 1 :]]


def _shape(word: str) -> tuple[str, bool]:
    """Return the make of a word: the prefix of a verb or doer, and whether it ends in "-an"."""
    prefix = next((prefix for prefix in ("me", "ber", "di", "pe") if word.startswith(prefix)), "")
    return prefix, word.endswith("an")
