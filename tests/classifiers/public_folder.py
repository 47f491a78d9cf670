"""A made-up folder of public texts in the layout that training reads."""

import json
from pathlib import Path

import numpy as np

WORDS = ("bansos", "vaksin", "pulsa", "kuota", "gempa", "banjir", "menteri", "artis", "beras", "minyak")


def make_public_folder(folder: Path, hoaxes: int = 700, news: int = 40) -> Path:
    """Create a folder for training, with more hoaxes in one file than are trained on."""
    random = np.random.default_rng(7)
    said = [" ".join(random.choice(WORDS, 6)) + f" nomor {number}" for number in range(hoaxes)]
    rows = [{"query": text, "group": str(at)} for at, text in enumerate(said)]
    rows[0]["query"] = "bagikan kuota gratis malam ini juga = = = Penjelasan: kabar ini palsu"
    rows[1]["query"] = "Wali Kota Kupang membagi pulsa gratis kepada semua warga"
    rows[2]["query"] = "Beredar sebuah akun yang mencatut nama menteri"
    rows[3]["query"] = "terlalu pendek"
    (folder / "retrieval").mkdir(parents=True)
    (folder / "retrieval" / "tbh2024.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    told = [" ".join(random.choice(WORDS, 5)) + f" dibahas rapat ke-{number}" for number in range(news)]
    (folder / "news").mkdir()
    for name, column in (("clickid_headlines", "title"), ("sindonews_2019", "content")):
        lines = "\n".join([column, *(f'" , - {text} {name}"' for text in told)])
        (folder / "news" / f"{name}.csv").write_text(lines, encoding="utf-8")
    return folder
