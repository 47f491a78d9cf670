"""Labelled files: bad rows are reported and skipped, bad files are errors."""

import csv
from pathlib import Path

import pytest

from classifiers.corpus import UNKNOWN_ABOUT_CITY, CorpusError, join_corpora, load_dataset_corpus, load_labelled_corpus
from hoax_tracker.core.paths import data_file_path

HEADER = "id,label,title,text\n"


def write(folder: Path, content: str, name: str = "set.csv") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def test_bad_rows_are_named_and_skipped(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + "a,1,,satu\nb,ya,,dua\nc,0,,\na,0,,ulang\n,0,,tanpa id\nd,0,Judul,isi\n")
    corpus = load_dataset_corpus([path])
    assert corpus.ids == ("a", "d")
    assert corpus.texts[1] == "Judul\nisi"
    assert [(fault.line, fault.id) for fault in corpus.faults] == [(3, "b"), (4, "c"), (5, "a"), (6, "")]
    assert "set.csv: baris 3 (b) dilewati: label 'ya' bukan 0 atau 1" in str(corpus.faults[0])
    assert corpus.about_city.tolist() == [UNKNOWN_ABOUT_CITY, UNKNOWN_ABOUT_CITY]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "berkas ini kosong. Kolom yang perlu ada: id,label,title,text"),
        (" \n\n,,\n", "berkas ini kosong"),
        (HEADER, "tidak ada satu baris pun"),
        (HEADER + "a,1,,satu\nb,1,,dua\n", "hanya ada label 1"),
        ("id,text\na,b\n", "tidak ada kolom label, title"),
    ],
)
def test_useless_files_are_an_error_in_words(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(CorpusError, match=said):
        load_dataset_corpus([write(tmp_path, content)])


def test_empty_lines_above_the_columns_are_passed_over(tmp_path: Path) -> None:
    corpus = load_dataset_corpus([write(tmp_path, "\n , \n" + HEADER + "a,1,,satu\nb,0,,dua\nc,x,,tiga\n")])
    assert corpus.ids == ("a", "b")
    assert corpus.faults[0].line == 6


def test_a_missing_file_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="tidak dapat dibaca"):
        load_dataset_corpus([tmp_path / "none.csv"])


def test_odd_bytes_do_not_stop_the_file(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(b"\xef\xbb\xbf" + HEADER.encode() + b'a,1,,"caf\xe9 \x00 x"\nb,0,,ya\n')
    assert len(load_dataset_corpus([path])) == 2


ROWS = [("a", "1", "", "satu; dua, tiga\nbaris kedua"), ("b", "0", 'Judul "baru"', "café, isi")]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_spreadsheet_may_choose_its_separator_and_encoding(tmp_path: Path, separator: str, encoding: str) -> None:
    path = tmp_path / "odd.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=separator)
        writer.writerows([("ID", " Label", "title", "text"), *ROWS])
    corpus = load_dataset_corpus([path])
    assert corpus.texts == ("satu; dua, tiga\nbaris kedua", 'Judul "baru"\ncafé, isi')
    assert not corpus.faults


def test_a_line_number_is_where_the_row_begins(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + 'a,1,,"satu\ndua\ntiga"\nb,ya,,"x\ny"\n\nc,0,,z\n')
    assert [(fault.id, fault.line) for fault in load_dataset_corpus([path]).faults] == [("b", 5)]


def test_a_comma_that_spilled_a_text_is_named_and_one_at_the_end_of_every_row_is_not(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + "a,1,,air, kata PDAM, mati\nb,0,,rapat,,\nc,1,,sebar\n")
    corpus = load_dataset_corpus([path])
    assert corpus.ids == ("b", "c")
    assert "harus diapit tanda petik" in str(corpus.faults[0])


def test_labels_that_became_decimals_count_and_words_do_not(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + "a,1.0,,satu\nb,0.0,,dua\nc,hoaks,,tiga\n")
    corpus = load_dataset_corpus([path])
    assert corpus.labels.tolist() == [1, 0]
    assert "label 'hoaks' bukan 0 atau 1" in str(corpus.faults[0])


def test_a_file_without_a_usable_row_says_what_is_wrong_with_the_first(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + "a,hoaks,,satu\nb,valid,,dua\n")
    with pytest.raises(CorpusError, match=r"2 baris dilewati; yang pertama: set\.csv: baris 2 \(a\)"):
        load_dataset_corpus([path])


def test_groups_of_two_files_stay_apart(tmp_path: Path) -> None:
    header = "id,label,title,text,group\n"
    one = write(tmp_path, header + "a,1,,satu,7\nb,0,,dua,8\n", "one.csv")
    two = write(tmp_path, header + "c,1,,tiga,7\nd,0,,empat,8\n", "two.csv")
    assert len(set(load_dataset_corpus([one, two]).groups)) == 4
    both = join_corpora([load_dataset_corpus([one]), load_dataset_corpus([two])])
    assert len(set(both.groups)) == 4
    assert both.labels.tolist() == [1, 0, 1, 0]


def test_a_story_that_two_files_of_the_city_tell_is_one_group(tmp_path: Path) -> None:
    header = "id,label,title,text,about_city,topic,style,group\n"
    one = write(tmp_path, header + "a,1,,satu,1,water,post,g-1\nb,0,,dua,1,water,post,\n", "one.csv")
    two = write(tmp_path, header + "c,0,,tiga,1,water,news,g-1\nd,0,,empat,1,water,news,\n", "two.csv")
    assert load_labelled_corpus([one, two]).groups == ("g-1", "one:line 3", "g-1", "two:line 3")


def test_the_city_corpus_loads_whole() -> None:
    corpus = load_labelled_corpus(sorted(data_file_path("labelled").glob("*.csv")))
    assert not corpus.faults
    assert len(corpus) >= 1500
    assert (corpus.about_city >= 0).all()
    assert corpus.digest() != corpus.subset(range(100)).digest()
