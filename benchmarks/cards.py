"""What a share card and a poster cost, in processor time and bytes, with everyday texts and with the longest."""

from __future__ import annotations

from statistics import median
from time import process_time

from benchmarks.instance import temporary_instance
from hoax_tracker.check.sharing.card_facts import CardFacts
from hoax_tracker.check.sharing.card_files import DRAWERS

TIMES = 9
WORDS = "Penyaluran bantuan air bersih dari kota berjalan seperti biasa di semua kelurahan. "
SHARED = {
    "link": "https://kabas.example/k/147",
    "service": "Kupang Kabas Hoaks",
    "office": "Layanan PPID Kota Kupang",
    "source_opening": "Menurut",
    "source": "Perumda Air Minum Kota Kupang",
    "dated": "24 November 2026, 14.05 WITA",
    "label": "Pesan yang beredar",
    "verdict": "Penipuan",
    "shape": "hoax",
}
TEXTS = {
    "usual": {"fact": WORDS.strip(), "quote": "“air PDAM mati 7 hari”"},
    "longest": {"fact": (WORDS * 4)[:300].strip(), "quote": f"“{'kabar yang panjang ' * 400}”"},
    "one word": {"fact": "W" * 300, "quote": f"“{'W' * 10_000}”"},
}


def measure_cards() -> dict[str, dict[str, float]]:
    """Return for each kind and text seconds of processor time, the first and the median, and kilobytes."""
    figures = {}
    with temporary_instance() as (app, _folder), app.test_request_context():
        for kind, draw in DRAWERS.items():
            for name, words in TEXTS.items():
                facts, seconds, data = CardFacts(**SHARED, **words), list[float](), b""
                for _time in range(TIMES):
                    began = process_time()
                    data = draw(facts)
                    seconds.append(process_time() - began)
                figures[f"{kind.value}, {name}"] = {
                    "first_s": round(seconds[0], 3),
                    "median_s": round(median(seconds), 3),
                    "kilobytes": round(len(data) / 1000, 1),
                }
    return figures
