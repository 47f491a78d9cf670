"""The texts of other writers that the flagger learns from."""

import json
from pathlib import Path

from classifiers.flagger.public_texts import WriterText, load_writer_texts, text_labels
from classifiers.shipped import list_hands
from hoax_tracker.core.paths import data_file_path


def write_hand(data: Path, hand: str) -> None:
    folder = data / "hands" / hand
    folder.mkdir(parents=True)
    pages = [
        {
            "id": "p1",
            "title": "Pasar buka",
            "claim": "Pasar tutup",
            "summary": "Tidak ada penutupan.",
            "verdict": "hoaks",
        },
        {"id": "p2", "title": "Benar libur", "claim": "Besok libur", "summary": "Libur nasional.", "verdict": "benar"},
    ]
    (folder / "pages.jsonl").write_text("\n".join(map(json.dumps, pages)) + "\n", encoding="utf-8")
    rows = [
        "p1,close,repeat,pasar su tutup",
        "p2,close,repeat,besok libur e",
        "p1,denial,near,pasar sonde tutup",
        "p1,place,near,pasar Oeba tutup",
        "p1,other,other,harga naik",
        ",complaint,none,got mampet",
        ",none,none,entah apa",
    ]
    (folder / "messages.csv").write_text("\n".join(["page,kind,label,text", *rows]) + "\n", encoding="utf-8")


def test_claims_are_misinformation_and_what_answers_them_is_not(tmp_path: Path) -> None:
    write_hand(tmp_path, "x")
    texts = load_writer_texts(tmp_path)
    assert texts == [
        WriterText("x", "page", 0, "Pasar buka. Tidak ada penutupan."),
        WriterText("x", "claim", 1, "Pasar tutup"),
        WriterText("x", "page", 0, "Benar libur. Libur nasional."),
        WriterText("x", "close", 1, "pasar su tutup"),
        WriterText("x", "denial", 0, "pasar sonde tutup"),
        WriterText("x", "complaint", 0, "got mampet"),
    ]
    assert text_labels(texts).tolist() == [0, 1, 0, 1, 0, 0]


def test_a_writer_can_be_left_out(tmp_path: Path) -> None:
    write_hand(tmp_path, "x")
    write_hand(tmp_path, "y")
    assert list_hands(tmp_path) == ["x", "y"]
    assert {text.hand for text in load_writer_texts(tmp_path, ["x"])} == {"y"}
    assert load_writer_texts(tmp_path / "hands") == []


def test_every_hand_has_texts_of_both_labels() -> None:
    texts = load_writer_texts(data_file_path())
    assert {(text.hand, text.label) for text in texts} == {
        (hand, label) for hand in list_hands(data_file_path()) for label in (0, 1)
    }
