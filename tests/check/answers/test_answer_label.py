"""An answer page says no more about the message than is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, get_args

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from flask_babel import force_locale

from classifiers.matcher.details import DetailKind, Difference
from classifiers.matcher.match import MatchResult
from classifiers.matcher.stance import Stance
from hoax_tracker.check.answers.answer_label import answer_label, shows_verdict, told_claims
from hoax_tracker.check.answers.link_lookup import LinkKnowledge
from hoax_tracker.check.answers.service import AnswerCandidate, CheckAnswer, answer_message
from hoax_tracker.claims.earlier_answers import DETAIL_LABELS
from hoax_tracker.match_index import MatchIndex
from hoax_tracker.models import CheckDecision, Clarification, Topic, Verdict
from tests.check.conftest import Publish

MATCH, POSSIBLE = CheckDecision.MATCH, CheckDecision.POSSIBLE
DAYS = Difference("duration", "3 bulan", "3 minggu")
PLACE = Difference("place", "Oebobo", "Alak")


def given(
    now: datetime,
    decision: CheckDecision = MATCH,
    stance: Stance = "asserts",
    verdict: Verdict = Verdict.HOAKS,
    *,
    stamped: bool = False,
    **candidate: object,
) -> CheckAnswer:
    """An answer with one candidate."""
    best = AnswerCandidate(Clarification(verdict=verdict), 0.97, 0.97, **candidate)  # type: ignore[arg-type]
    return CheckAnswer(decision, now, (best,), stance=stance, stamped=stamped)


def label_of(app: APIFlask, answer: CheckAnswer) -> str:
    """The words of the label."""
    with app.test_request_context("/"):
        return answer_label(answer).words


def test_the_label(app: APIFlask, now: datetime) -> None:
    labels = [
        (given(now), "Sama, sudah diperiksa kota"),
        (given(now, stance="asks"), "Pertanyaan ini sudah dijawab"),
        (given(now, stance="asks", stamped=True), "Sama, sudah diperiksa kota"),
        (given(now, by_link=LinkKnowledge.JUDGED), "Isi tautan ini sudah diperiksa"),
        (given(now, POSSIBLE), "Belum pasti sama"),
        (given(now, POSSIBLE, by_link=LinkKnowledge.SOURCE), "Belum pasti sama"),
        (given(now, POSSIBLE, differs=(DAYS,)), "Mirip, lamanya berbeda"),
        (given(now, POSSIBLE, differs=(DAYS, PLACE)), "Mirip, beberapa rincian berbeda"),
        (given(now, POSSIBLE, repeats_fact=True), "Sejalan dengan klarifikasi kota"),
    ]
    for answer, words in labels:
        assert label_of(app, answer) == words


@pytest.mark.parametrize("stance", ["denies", "reports", "notice"])
@pytest.mark.parametrize("verdict", list(Verdict))
def test_no_stance_alone_agrees_with_the_city(app: APIFlask, now: datetime, stance: Stance, verdict: Verdict) -> None:
    assert label_of(app, given(now, POSSIBLE, stance, verdict)) == "Belum pasti sama"


@pytest.mark.parametrize("kind", get_args(DetailKind))
def test_every_kind_of_detail_has_a_label_of_five_words_at_most(app: APIFlask, now: datetime, kind: DetailKind) -> None:
    words = label_of(app, given(now, POSSIBLE, differs=(Difference(kind, "ini", "itu"),)))
    assert words.startswith("Mirip, ")
    assert len(words.split()) <= 5


def test_officers_read_a_name_of_every_kind_of_detail() -> None:
    assert set(DETAIL_LABELS) == set(get_args(DetailKind))


@pytest.mark.parametrize("kind", get_args(DetailKind))
def test_the_labels_in_english_are_as_short_and_english(app: APIFlask, now: datetime, kind: DetailKind) -> None:
    with force_locale("en"):
        words = label_of(app, given(now, POSSIBLE, differs=(Difference(kind, "ini", "itu"),)))
    assert words.startswith("Similar, different ")
    assert len(words.split()) <= 5


def test_true_is_never_stamped_on_likeness(now: datetime) -> None:
    for answer in (given(now), given(now, POSSIBLE), given(now, POSSIBLE, differs=(DAYS,))):
        assert shows_verdict(answer, answer.matches[0])
    exact, alike = given(now, verdict=Verdict.BENAR), given(now, POSSIBLE, verdict=Verdict.BENAR)
    assert shows_verdict(exact, exact.matches[0])
    assert not shows_verdict(alike, alike.matches[0])


SCHOOLS = "semua SD dan SMP di Kota Kupang libur 14 hari mulai besok karena DBD, sesuai edaran Dinas Pendidikan"


@pytest.mark.parametrize(
    ("message", "decision", "yours"),
    [
        (SCHOOLS, CheckDecision.MATCH, None),
        (f"Diteruskan: {SCHOOLS.upper()}", CheckDecision.MATCH, None),
        ("besok semua TK libur 14 hari karena DBD, sesuai edaran Dinas Pendidikan", CheckDecision.POSSIBLE, "TK"),
        ("semua SMA di Kota Kupang libur 14 hari mulai besok karena DBD", CheckDecision.POSSIBLE, "SMA"),
        ("semua SDN dan SMPN di Kota Kupang libur 14 hari mulai besok karena DBD", CheckDecision.MATCH, None),
    ],
)
def test_other_kinds_of_schools_are_another_claim(
    app: APIFlask, publish: Publish, now: datetime, message: str, decision: CheckDecision, yours: str | None
) -> None:
    publish(
        slug="sekolah",
        title="Sekolah di Kota Kupang tetap masuk; surat edaran libur 14 hari karena DBD itu palsu",
        claim_quote=SCHOOLS,
        topic=Topic.EDUCATION,
    )
    answer = answer_message(message, now)
    assert answer.decision is decision
    told = [difference.yours for difference in answer.matches[0].differs if difference.kind == "school"]
    assert (yours in told) if yours else not told


def test_a_word_in_place_of_the_claims_own_is_never_called_the_same(
    app: APIFlask, publish: Publish, now: datetime
) -> None:
    publish(slug="sekolah", title="Sekolah di Kota Kupang tetap masuk", claim_quote=SCHOOLS, topic=Topic.EDUCATION)
    for message in (
        "besok semua bus libur 14 hari karena DBD",
        "semua guru SD dan SMP libur 14 hari mulai besok karena DBD",
    ):
        assert answer_message(message, now).decision is not CheckDecision.MATCH
    assert answer_message(SCHOOLS, now).decision is CheckDecision.MATCH


def test_a_message_that_tells_several_claims_is_told_how_many(app: APIFlask, now: datetime) -> None:
    water, school = "air PDAM mati total tujuh hari mulai Senin", "semua SD dan SMP libur 14 hari karena demam berdarah"

    def also(verdict: Verdict, claim: str, *, repeated: bool) -> AnswerCandidate:
        return AnswerCandidate(Clarification(verdict=verdict, claim_quote=claim), 0.9, 0.9, repeated=repeated)

    first = also(Verdict.HOAKS, water, repeated=True)
    one = replace(given(now), matches=(first,))
    two = replace(one, matches=(first, also(Verdict.MENYESATKAN, school, repeated=True)))
    assert label_of(app, two) == "Pesan ini memuat 2 kabar"
    # "True" is not said of a message on likeness, what is only alike is no claim of it, and a second page about the
    # same claim is no second claim.
    others = [
        also(Verdict.BENAR, school, repeated=True),
        also(Verdict.MENYESATKAN, school, repeated=False),
        also(Verdict.MENYESATKAN, f"Besok {water} karena pipa induk pecah", repeated=True),
    ]
    for other in others:
        assert label_of(app, replace(one, matches=(first, other))) == "Sama, sudah diperiksa kota"
    assert label_of(app, replace(two, decision=POSSIBLE)) == "Belum pasti sama"


@pytest.mark.needs("onnxruntime")
def test_each_claim_of_a_message_is_answered_on_the_page(publish: Publish, client: FlaskClient) -> None:
    libur, air = (
        "semua SD dan SMP di Kota Kupang libur 14 hari mulai Senin",
        "air PDAM se-Kota Kupang mati total 7 hari",
    )
    publish(title="Sekolah tetap masuk seperti biasa", claim_quote=libur, summary="Tidak ada edaran libur.")
    publish(title="Air PDAM hanya terganggu di Oebobo", claim_quote=air, summary="Perbaikan pipa selesai Kamis.")
    page = client.post("/cek", data={"teks": f"INFO PENTING\n1. {libur}\n2. {air}\nTeruskan ke keluarga"}).get_data(
        as_text=True
    )
    sheet = page[page.index('class="sheet ans"') : page.index('class="under"')]
    assert "Pesan ini memuat 2 kabar" in sheet
    for words in ("Sekolah tetap masuk seperti biasa", "Air PDAM hanya terganggu di Oebobo"):
        assert words in sheet
    assert "Klarifikasi lain yang mirip" not in page


MOVED = "puskesmas oepoi pindah dolo ke gedung serbaguna kelurahan, 3 minggu, atap mau ganti"
CRACKED = "Jembatan Liliba retak dan terbelah pagi ini"


@pytest.fixture
def bridge_and_clinic(publish: Publish) -> None:
    """Two pages: a hoax about a bridge, and true news of a clinic."""
    publish(
        title="Jembatan Liliba tidak retak; foto badan jalan terbelah itu foto lama",
        claim_quote="Jembatan Liliba RETAK dan terbelah pagi ini, mobil dilarang lewat, dari Penfui putar Jalur 40",
        verdict=Verdict.MENYESATKAN,
    )
    publish(
        title="Puskesmas Oepoi pindah sementara ke gedung serbaguna kelurahan selama tiga minggu",
        claim_quote=MOVED,
        verdict=Verdict.BENAR,
    )


@pytest.mark.needs("onnxruntime")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{MOVED}. {CRACKED}.", "Sama, sudah diperiksa kota"),
        (f"{CRACKED}. {MOVED}.", "Sama, sudah diperiksa kota"),
        (f"{MOVED}. {CRACKED}, jangan lewat", "Belum pasti sama"),
    ],
)
def test_a_refuted_part_of_a_message_is_not_read_below_a_true_one(
    bridge_and_clinic: None, client: FlaskClient, text: str, words: str
) -> None:
    page = client.post("/cek", data={"teks": text}).get_data(as_text=True)
    sheet = page[page.index('class="sheet ans"') : page.index('class="under"')]
    assert words in sheet
    assert "Jembatan Liliba tidak retak" in sheet
    assert "Menyesatkan" in sheet
    assert "Puskesmas Oepoi pindah sementara" in page[page.index("Klarifikasi lain yang mirip") :]
    assert "Bagian lainnya tidak diperiksa" not in page


@pytest.mark.parametrize("is_divided", [False, True])
def test_the_rest_of_a_message_is_not_called_unchecked_where_another_page_is_about_it(
    bridge_and_clinic: None, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, is_divided: bool
) -> None:
    """Whatever the reader takes the parts for."""
    published = MatchIndex.published

    def divided(index: MatchIndex, text: Any) -> MatchResult:
        result = published(index, text)
        matches = tuple(replace(one, likeness=0.9, repeated=False) for one in result.matches)
        return replace(result, decision="possible", matches=matches, is_divided=is_divided)

    monkeypatch.setattr(MatchIndex, "published", divided)
    text = (
        "Jembatan Liliba RETAK dan terbelah pagi ini, mobil dilarang lewat, dari Penfui putar Jalur 40. "
        "Puskesmas Oepoi juga su pindah dari kemarin sore, dong angkat semua barang pake mobil"
    )
    page = client.post("/cek", data={"teks": text}).get_data(as_text=True)
    assert "Memuat kabar yang diperiksa kota" in page
    assert ("Bagian lainnya tidak diperiksa" in page) is not is_divided
    assert ("Bandingkan bagian lainnya dengan klarifikasi lain di bawah" in page) is is_divided


@pytest.mark.parametrize(
    ("water", "count"), [("tarif air PDAM Kota Kupang naik 300 persen", 2), ("Apakah tarif air pdam naik?", 0)]
)
def test_a_further_claim_is_asked_for_the_named_detail_as_the_first_is(
    app: APIFlask, publish: Publish, monkeypatch: pytest.MonkeyPatch, now: datetime, water: str, count: int
) -> None:
    """Whatever the reader takes for a repeat: a vague question differs in no detail because it names none."""
    libur = "semua SD dan SMP di Kota Kupang libur 14 hari mulai Senin"
    publish(title="Sekolah tetap masuk seperti biasa", claim_quote=libur)
    publish(title="Tarif air tidak berubah", claim_quote="tarif air PDAM Kota Kupang naik 300 persen mulai Januari")
    published = MatchIndex.published

    def all_repeated(index: MatchIndex, text: Any) -> MatchResult:
        result = published(index, text)
        matches = tuple(replace(one, repeated=True, differs=()) for one in result.matches)
        return replace(result, decision="match", matches=matches, stance="asserts")

    monkeypatch.setattr(MatchIndex, "published", all_repeated)
    answer = answer_message(f"1. {libur}\n2. {water}", now)
    assert len(told_claims(answer)) == count
