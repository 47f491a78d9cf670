"""The shipped flagger as the app uses it: what it ranks high, what it ignores, and its reasons."""

import time

import numpy as np
import pytest

from classifiers.flagger.artefact import Bundle
from classifiers.flagger.assess import Assessment, assess_texts, combined_score
from classifiers.flagger.explain import explain_text, word_weights
from classifiers.flagger.topics import MAIN_UNIT, TOPIC_LABELS, choose_answering_unit
from classifiers.text.gazetteer import Mention

HOAX = (
    "Kasi tau samua! Mulai besok semua KTP di Oesapa diblokir, bayar Rp50.000 ke rumah Om Nus malam ini. "
    "Orang dalam dukcapil yang bilang."
)
COMPLAINT = "Sudah seminggu air PDAM tidak mengalir di rumah saya di Liliba, tolong diperbaiki. Kapan?"
CRITICISM = "Menurut saya wali kota gagal: jalan di Oebobo rusak, sampah menumpuk, yang ada cuma pencitraan. Malu!"
NOTICE = (
    "Puskesmas Sikumana melayani imunisasi anak hari Kamis, 4 November, pukul 08.00 sampai 11.00 WITA. Bawa buku KIA."
)
ELSEWHERE = "Wali Kota Surabaya meresmikan taman baru di Jalan Kupang Jaya."


def of(bundle: Bundle, text: str) -> Assessment:
    return assess_texts(bundle, [text])[0]


def test_a_hoax_about_the_city_ranks_above_all_else(bundle: Bundle) -> None:
    found = assess_texts(bundle, [HOAX, COMPLAINT, CRITICISM, NOTICE, ELSEWHERE])
    ranks = [combined_score(one.relevance, one.misinformation) for one in found]
    assert ranks[0] > 0.8
    assert max(ranks[1:]) < 0.3


@pytest.mark.parametrize("text", [COMPLAINT, CRITICISM, NOTICE])
def test_criticism_complaint_and_notice_are_not_flagged(bundle: Bundle, text: str) -> None:
    found = of(bundle, text)
    assert found.relevance > bundle.thresholds["relevance"]
    assert found.misinformation < bundle.thresholds["misinformation"]


def test_shouting_changes_nothing(bundle: Bundle) -> None:
    for text in (HOAX, COMPLAINT, NOTICE):
        assert of(bundle, text.upper() + "!!! 🚨🚨").misinformation == pytest.approx(
            of(bundle, text).misinformation, abs=0.05
        )


def test_what_names_no_place_is_about_the_city_where_its_source_is(bundle: Bundle) -> None:
    silent, before = "Tujuh belas kali studi banding, nol kali banding hasil", bundle.thresholds["relevance"]
    ordinary, local = (assess_texts(bundle, [silent], local=[mark])[0].relevance for mark in (False, True))
    assert local > before
    assert local > ordinary
    for text in (ELSEWHERE, COMPLAINT):  # one names a place elsewhere, one the city: where it stood says no more
        assert assess_texts(bundle, [text], local=[True])[0].relevance == of(bundle, text).relevance
    mixed = assess_texts(bundle, [ELSEWHERE, silent, silent], local=[True, False, True])
    assert [one.relevance for one in mixed] == pytest.approx([of(bundle, ELSEWHERE).relevance, ordinary, local])


def test_topic_and_unit(bundle: Bundle) -> None:
    assert (of(bundle, COMPLAINT).topic, of(bundle, COMPLAINT).unit) == ("water", "pdam")
    assert of(bundle, NOTICE).unit == "dinkes"
    assert set(bundle.topics.classes_) <= set(TOPIC_LABELS)  # type: ignore[union-attr]


def mention(unit: str) -> Mention:
    return Mention(unit, "office", 0, 1, True, unit)


@pytest.mark.parametrize(
    ("topic", "probability", "units", "expected"),
    [
        ("water", 0.9, [], "pdam"),
        ("water", 0.9, ["kel-liliba"], "pdam"),
        ("water", 0.1, [], MAIN_UNIT),
        ("water", 0.1, ["dukcapil"], "dukcapil"),
        ("government", 0.9, ["kel-liliba"], "kel-liliba"),
        ("other", 0.9, [], MAIN_UNIT),
        ("other", 0.9, ["unknown"], MAIN_UNIT),
    ],
)
def test_who_answers(topic: str, probability: float, units: list[str], expected: str) -> None:
    kinds = {"pdam": "bumd", "dukcapil": "dinas", "kel-liliba": "kelurahan"}
    assert (
        choose_answering_unit(topic, probability, [mention(unit) for unit in units], {"water": "pdam"}, kinds)
        == expected
    )


def test_cues_say_how_much_they_moved_the_score(bundle: Bundle) -> None:
    moved = {one.label: one.weight for one in explain_text(bundle.hoax, HOAX) if one.kind == "cue"}
    assert moved["meminta uang"] > 0
    assert of(bundle, HOAX).asks
    assert not of(bundle, COMPLAINT).asks


def test_contributions_add_up_to_the_change_of_score(bundle: Bundle) -> None:
    # Only two classes in play would make this exact; with a softmax of many kinds the sum is that of the local plane.
    features, judge = bundle.hoax.named_steps["features"], bundle.hoax.named_steps["judge"]
    table = features.transform([HOAX])
    _, moved = judge.local_weights(table)[0]
    _, words = word_weights(bundle.hoax, HOAX)
    cues = [one.weight for one in explain_text(bundle.hoax, HOAX) if one.kind == "cue"]
    assert words.sum() + sum(cues) == pytest.approx(moved.sum(), abs=0.15)


def test_taking_out_the_words_that_raised_it_lowers_the_score(bundle: Bundle) -> None:
    for text in (HOAX, "BMKG sengaja menyembunyikan data gempa besar, warga Oesapa dibiarkan tidak tahu."):
        raised = [one for one in explain_text(bundle.hoax, text) if one.kind == "phrase" and one.weight > 0]
        assert raised
        without = text
        for one in sorted(raised, key=lambda one: -(one.start or 0)):
            without = without[: one.start] + without[one.end :]
        assert bundle.hoax.decision_function([without])[0] < bundle.hoax.decision_function([text])[0]


@pytest.mark.parametrize("text", ["", " ", "😭😭", "\n\n", "...", "a", "https://x.example", "7", "a" * 100_000, "\x00"])
def test_no_text_breaks_it(bundle: Bundle, text: str) -> None:
    found = of(bundle, text)
    assert 0 <= found.relevance <= 1
    assert 0 <= found.misinformation <= 1
    assert combined_score(found.relevance, found.misinformation) < 0.3


def test_what_is_not_relevant_is_not_read_further(bundle: Bundle) -> None:
    far, near = assess_texts(bundle, [ELSEWHERE, HOAX], skip_below=0.3)
    assert (far.misinformation, far.topic, far.reasons) == (0.0, "other", ())
    assert near == of(bundle, HOAX)


def test_what_is_not_flagged_is_scored_alike_without_reasons(bundle: Bundle) -> None:
    full = assess_texts(bundle, [HOAX, COMPLAINT])
    line = max(one.misinformation for one in full)
    told = assess_texts(bundle, [HOAX, COMPLAINT], explain_from=line)
    assert [one.reasons if one.misinformation >= line else () for one in full] == [one.reasons for one in told]
    assert [one._replace(reasons=()) for one in full] == [one._replace(reasons=()) for one in told]


def test_a_text_that_asks_for_data_says_so_without_reasons(bundle: Bundle) -> None:
    text = "Warga Kota Kupang, kirim foto KTP dan nomor rekening ke WA 0812-0000-0000 agar bantuan wali kota cair!"
    (told,) = assess_texts(bundle, [text], explain_from=1.1)
    assert (told.asks, told.reasons) == (True, ())


def test_a_batch_says_what_single_texts_say(bundle: Bundle) -> None:
    texts = [HOAX, COMPLAINT, "", NOTICE] * 200
    together = assess_texts(bundle, texts)
    assert len(together) == len(texts)
    alone = [of(bundle, text) for text in texts[:4]]
    for one, two in zip(alone, together[-4:], strict=True):
        assert one.misinformation == pytest.approx(two.misinformation, abs=1e-6)
        assert [r.label for r in one.reasons] == [r.label for r in two.reasons]


def test_it_is_fast_enough_for_a_feed(bundle: Bundle) -> None:
    # A wide margin: this guards against a slip to once a second, the figures are in docs/flagger-trials.md.
    texts = [f"{HOAX} {number} {COMPLAINT}" for number in range(300)]
    started = time.process_time()
    assess_texts(bundle, texts)
    assert time.process_time() - started < 5
    assert np.isfinite(combined_score(0.5, 0.5))
