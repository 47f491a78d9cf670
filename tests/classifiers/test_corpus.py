"""Labelled files: bad rows are named and left out, bad files are an error."""

from pathlib import Path

import pytest

from classifiers.corpus import UNKNOWN, CorpusError, join, load_dataset, load_labelled
from hoax_tracker.assets import data

HEADER = "id,label,title,text\n"


def write(folder: Path, content: str, name: str = "set.csv") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def test_bad_rows_are_named_and_skipped(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + "a,1,,satu\nb,ya,,dua\nc,0,,\na,0,,ulang\n,0,,tanpa id\nd,0,Judul,isi\n")
    corpus = load_dataset([path])
    assert corpus.ids == ("a", "d")
    assert corpus.texts[1] == "Judul\nisi"
    assert [(fault.line, fault.id) for fault in corpus.faults] == [(3, "b"), (4, "c"), (5, "a"), (6, "")]
    assert "set.csv: baris 3 (b) dilewati: label 'ya' bukan 0 atau 1" in str(corpus.faults[0])
    assert corpus.about_city.tolist() == [UNKNOWN, UNKNOWN]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "tidak ada kolom id"),
        (HEADER, "tidak ada satu baris pun"),
        (HEADER + "a,1,,satu\nb,1,,dua\n", "hanya ada label 1"),
        ("id,text\na,b\n", "tidak ada kolom label, title"),
    ],
)
def test_useless_files_are_an_error_in_words(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(CorpusError, match=said):
        load_dataset([write(tmp_path, content)])


def test_a_missing_file_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="tidak dapat dibaca"):
        load_dataset([tmp_path / "none.csv"])


def test_odd_bytes_do_not_stop_the_file(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(b"\xef\xbb\xbf" + HEADER.encode() + b'a,1,,"caf\xe9 \x00 x"\nb,0,,ya\n')
    assert len(load_dataset([path])) == 2


def test_groups_of_two_files_stay_apart(tmp_path: Path) -> None:
    header = "id,label,title,text,group\n"
    one = write(tmp_path, header + "a,1,,satu,7\nb,0,,dua,8\n", "one.csv")
    two = write(tmp_path, header + "c,1,,tiga,7\nd,0,,empat,8\n", "two.csv")
    assert len(set(load_dataset([one, two]).groups)) == 4
    both = join([load_dataset([one]), load_dataset([two])])
    assert len(set(both.groups)) == 4
    assert both.labels.tolist() == [1, 0, 1, 0]


def test_the_city_corpus_loads_whole() -> None:
    corpus = load_labelled(sorted(data("labelled").glob("*.csv")))
    assert not corpus.faults
    assert len(corpus) >= 1500
    assert (corpus.about_city >= 0).all()
    assert corpus.digest() != corpus.subset(range(100)).digest()
