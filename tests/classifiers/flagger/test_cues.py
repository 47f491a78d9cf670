"""Cues: a statement by an authority is a sign, its mere name is none."""

import pytest

from classifiers.flagger import cues
from classifiers.flagger.artefact import Bundle
from classifiers.flagger.assess import assess_texts
from classifiers.text.lexicon import Lexicon
from hoax_tracker.core.paths import data_file_path


def shown(text: str) -> set[str]:
    """The names of the cues whose phrases stand in a text."""
    found = cues.find_cue_phrases(text, Lexicon.from_folder(data_file_path("language")), 120)
    return {cues.CUE_NAMES[hit.key] for hit in found}


@pytest.mark.parametrize(
    "text",
    [
        "BMKG bilang gempa semalam tidak berpotensi tsunami",
        "BMKG menyatakan gempa semalam tidak berpotensi tsunami",
        "Jalan dibuka lagi, kata polisi",
        "BPBD su bilang jang takut",
        "Menurut PDAM air mengalir lagi besok",
        "Polisi memastikan anak itu sudah pulang",
    ],
)
def test_an_authority_that_says_something_confirms_it(text: str) -> None:
    assert "named_source" in shown(text)


@pytest.mark.parametrize(
    "text",
    [
        "BMKG menyembunyikan data gempa",
        "Polisi menutupi kasus penculikan",
        "Polresta sengaja diam",
        "Jangan lapor polisi",
        "Kabar itu belum dikonfirmasi dan belum dipastikan",
        "Tidak ada rilis apa pun",
    ],
)
def test_an_authority_that_is_named_or_accused_confirms_nothing(text: str) -> None:
    assert "named_source" not in shown(text)


@pytest.mark.parametrize(
    "accused",
    [
        "{} sengaja menyembunyikan data gempa besar di Kota Kupang, warga dibiarkan tidak tahu.",
        "{} sengaja menutupi kasus penculikan anak di Oesapa, sebarkan sebelum dihapus!",
        "Ternyata {} yang diam-diam melepas pelaku penculikan anak di Liliba, media bungkam.",
    ],
)
@pytest.mark.parametrize("authority", ["BMKG", "Polisi", "Polresta", "Kapolsek"])
def test_naming_who_is_accused_does_not_lower_the_score(bundle: Bundle, accused: str, authority: str) -> None:
    named, unnamed = assess_texts(bundle, [accused.format(authority), accused.format("")])
    assert named.misinformation == pytest.approx(unnamed.misinformation, abs=1e-6)
