"""Reasons: at most three sentences that an officer can check in the text."""

from __future__ import annotations

import re

import pytest

from classifiers.corpus import load_labelled_corpus
from classifiers.flagger.artefact import Bundle
from classifiers.flagger.assess import assess_texts
from classifiers.flagger.explain import MAX_REASONS, Contribution, Name, build_reasons, explain_text
from classifiers.text.lexicon import Lexicon
from hoax_tracker.core.paths import data_file_path

BAPENDA = Name("Bapenda", "office", 0, 7)


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Every ninth text of the corpus."""
    return list(load_labelled_corpus(sorted(data_file_path("labelled").glob("*.csv"))).texts[::9])


def cue(name: str, weight: float = 0.5) -> Contribution:
    return Contribution("cue", name, weight, 0, 4, name)


def said(text: str, *found: Contribution, names: tuple[Name, ...] = ()) -> list[str]:
    return [one.label for one in build_reasons(text, found, names)]


def labels(bundle: Bundle, text: str) -> list[str]:
    return [one.label for one in assess_texts(bundle, [text])[0].reasons]


def test_what_is_asked_for_and_how() -> None:
    assert said("kirim lewat tautan ini", cue("asks_money")) == ["Meminta uang lewat tautan"]
    assert said("kirim", cue("asks_data"), cue("asks_money")) == ["Meminta uang dan data pribadi"]
    assert said("bayar di https://x.example", cue("asks_data")) == ["Meminta data pribadi lewat tautan"]


@pytest.mark.parametrize(
    ("cues", "text", "expected"),
    [
        ([], "Bapenda menagih", "Menyebut Bapenda, tanpa sumber"),
        ([], "Bapenda menagih di www.bayar.example", "Menyebut Bapenda, dengan tautan"),
        (["named_source"], "Bapenda menagih, kata lurah", "Menyebut Bapenda, dengan sumber"),
        (["anonymous"], "Bapenda menagih, kata orang dalam", "Menyebut Bapenda, tanpa menyebut siapa sumbernya"),
        (["source_contact"], "Bapenda buka loket", "Menyebut Bapenda"),
    ],
)
def test_whom_it_names_and_on_what_ground(cues: list[str], text: str, expected: str) -> None:
    assert said(text, *(cue(name, -0.01) for name in cues), names=(BAPENDA,)) == [expected]


def test_what_wants_a_look_comes_before_what_does_not() -> None:
    found = [cue("debunk", -2.0), cue("threat", 0.4), cue("share", 0.3), cue("danger", 0.9), cue("courtesy", 0.6)]
    assert said("x", *found) == [
        "Menyebut bahaya",
        "Mengancam dengan akibat dan meminta disebarkan",
        "Membantah atau meluruskan kabar",
    ]
    found += [cue("hearsay", 1.0), cue("asks_money", 0.8)]
    assert said("x", *found) == ["Menyampaikan kabar yang didengar", "Menyebut bahaya", "Meminta uang"]
    assert said("x", *found, names=(BAPENDA,))[2] == "Menyebut Bapenda, tanpa sumber"


def test_words_are_told_where_they_carry_the_score() -> None:
    cues = [cue("hearsay", 1.0), cue("danger", 0.9), cue("asks_money", 0.8)]
    words = Contribution("phrase", "dikurung bersama", 3.0, 10, 26)
    assert said("x", *cues, words)[-1] == "Kata yang menonjol: “dikurung bersama”"
    assert not any("Kata" in one for one in said("x", *cues, words._replace(weight=2.0)))
    assert not any("Kata" in one for one in said("x", cues[0], words._replace(start=2, end=8))), "the cue says it"


def test_offices_are_named_as_the_city_writes_them(bundle: Bundle) -> None:
    text = "Mulai besok dukcapil dan BMKG blokir KTP warga Oesapa"
    assert "Menyebut Dukcapil dan BMKG, tanpa sumber" in labels(bundle, text)
    assert "Menyebut Oesapa, tanpa sumber" in labels(bundle, "Mulai besok KTP warga Oesapa diblokir")
    assert not any("polisi" in one for one in labels(bundle, "Polisi tidur di Oesapa dibongkar"))


@pytest.mark.parametrize("amount", ["500 ribu", "500 ribu rupiah", "2 juta", "500"])
def test_an_amount_is_marked_whole(bundle: Bundle, amount: str) -> None:
    text = f"Dinkes Kota Kupang jual vaksin bayar {amount} di puskesmas Sikumana"
    marked = [text[one.start : one.end] for one in assess_texts(bundle, [text])[0].reasons if "uang" in one.label]
    assert marked == [f"bayar {amount}"]


def test_reasons_are_few_and_lie_in_the_text(bundle: Bundle, texts: list[str]) -> None:
    for text, found in zip(texts, assess_texts(bundle, texts), strict=True):
        assert len(found.reasons) <= MAX_REASONS
        for one in found.reasons:
            assert one.label[0].isupper()
            assert one.start is None or (one.end is not None and 0 <= one.start < one.end <= len(text))


def test_phrases_lie_within_a_sentence_and_end_with_words_that_tell(bundle: Bundle, texts: list[str]) -> None:
    lexicon = Lexicon.from_folder(data_file_path("language"))
    for text in texts:
        for one in explain_text(bundle.hoax, text):
            if one.kind != "phrase":
                continue
            assert not re.search(r"[.,;:!?…()]\s", one.label), (one.label, text)
            assert not re.search(r"\b\d", one.label), (one.label, text)
            words = one.label.lower().split()
            assert not {words[0], words[-1]} & lexicon.stop_words, (one.label, text)
