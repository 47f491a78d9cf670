"""What a batch asks for: a pure function of what is remembered and of the messages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from hoax_tracker.tipline.conversation.commands import Command, read_command
from hoax_tracker.tipline.conversation.planning import ITEMS_MOST, ActKind, plan_batch
from hoax_tracker.tipline.conversation.state import ChatState, Subject
from hoax_tracker.tipline.messages import IncomingMessage

SENT_AT = datetime(2026, 11, 24, 8, 5, tzinfo=UTC)
KNOWN = ChatState(
    is_introduced=True,
    subjects=(Subject(7, "Pasar Oeba tutup satu minggu", day=1), Subject(8, "Air mati tujuh hari", page=3, day=1)),
    last_number=8,
    numbered=("page:8:3", "report:7"),
    otherwise="none:8",
)


def message(text: str = "", kind: str = "text", **fields: Any) -> IncomingMessage:
    return IncomingMessage("telegram", "1", "p", SENT_AT, kind, text, **fields)


def kinds(*messages: IncomingMessage, state: ChatState = KNOWN) -> list[ActKind]:
    return [act.kind for act in plan_batch(state, messages).acts]


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("Selamat pagi kaka", Command.GREET),
        ("malam e basodara", Command.GREET),
        ("Permisi bapa", Command.GREET),
        ("shalom", Command.GREET),
        ("Good morning", Command.GREET),
        ("tarima kasi kaka", Command.THANK),
        ("Makasih banyak", Command.THANK),
        ("terima kasih banyak e", Command.THANK),
        ("trima kasi infonya kaka", Command.THANK),
        ("Makasih, bantuan beras su cair", None),
        ("banyak bantuannya", None),
        ("BANTUAN!", Command.HELP),
        ("/help", Command.HELP),
        ("/start", Command.GREET),
        ("berhenti", Command.STOP),
        ("Berhenti dolo kaka", Command.STOP),
        ("hapus data saya", Command.ERASE),
        ("bantuan beras berhenti bulan ini", None),
        ("io, ini", Command.SAME),
        ("son itu", Command.NOT_SAME),
        ("bukan itu maksud saya", Command.NOT_SAME),
        ("laporkan nomor 2", Command.REPORT),
        ("2", Command.NUMBER),
        ("K7QD M3XR K7QD M3XR K7QD", Command.TICKET),
        ("air mati di Oebobo", None),
        ("tarif pdam", None),
    ],
)
def test_short_messages_are_commands_only_where_they_say_nothing_else(text: str, command: Command | None) -> None:
    read = read_command(text)
    assert (read.command if read else None) is command


def test_erasure_and_berhenti_come_before_anything_else() -> None:
    news = message("Air PDAM mati tujuh hari di seluruh kota", forwarded=True)
    assert kinds(news, message("hapus data saya"), news) == [ActKind.ASK_ERASURE]
    assert kinds(news, message("berhenti")) == [ActKind.STOP]


def test_a_command_in_a_forwarded_message_is_news() -> None:
    assert kinds(message("berhenti", forwarded=True)) == [ActKind.CHECK]


def test_numbers_mean_what_the_last_reply_said() -> None:
    shown, reported, none = (plan_batch(KNOWN, [message(one)]).acts[0] for one in "120")
    assert (shown.kind, shown.page) == (ActKind.SHOW_PAGE, 3)
    assert (reported.kind, reported.text) == (ActKind.REPORT, "Pasar Oeba tutup satu minggu")
    assert (none.kind, none.page) == (ActKind.DENY_SAME, 0)
    assert kinds(message("9")) == [ActKind.ASK_NEWS]


def test_a_button_of_an_older_reply_means_what_it_meant() -> None:
    act = plan_batch(KNOWN, [message("Laporkan", "choice", choice="report:7")]).acts[0]
    assert (act.kind, act.text) == (ActKind.REPORT, "Pasar Oeba tutup satu minggu")


@pytest.mark.parametrize("payload", ["", "report:99", "same:x", "page::", "erase all", "§"])
def test_a_payload_that_nobody_offered_does_nothing(payload: str) -> None:
    assert set(kinds(message("apa", "choice", choice=payload or "?"))) == {ActKind.ASK_NEWS}


def test_what_is_typed_beside_forwarded_news_is_no_news() -> None:
    news = message("Air PDAM mati tujuh hari di seluruh kota", forwarded=True)
    assert kinds(news, message("betul ko?")) == [ActKind.CHECK]


def test_laporkan_beside_news_reports_that_news_and_not_the_last() -> None:
    news = message("Kolam renang kota mau ditutup jadi pertokoan", forwarded=True)
    for batch in ([news, message("laporkan")], [message("Laporkan!"), news]):
        (act,) = plan_batch(KNOWN, batch).acts
        assert (act.kind, act.text, act.is_reported) == (ActKind.CHECK, news.text, True)
        assert act.about == Subject(9, news.text)
    (typed,) = plan_batch(replace(KNOWN, open_ticket="T"), [message(news.text), message("lapor")]).acts
    assert (typed.kind, typed.is_reported) == (ActKind.CHECK, True)


def test_laporkan_beside_several_pieces_of_news_reports_each_that_is_read() -> None:
    batch = (
        message("Kolam renang kota mau ditutup jadi pertokoan", forwarded=True),
        message(kind="image", media_id="m", forwarded=True),
        message(kind="audio", media_id="v", forwarded=True),
        message("laporkan"),
    )
    acts = plan_batch(KNOWN, batch).acts
    assert [act.kind for act in acts] == [ActKind.CHECK, ActKind.READ_PICTURE, ActKind.DECLINE]
    assert [act.is_reported for act in acts] == [True, True, False]


def test_laporkan_with_a_number_or_by_a_button_means_earlier_news_also_beside_a_forward() -> None:
    news = message("Kolam renang kota mau ditutup jadi pertokoan", forwarded=True)
    for asked in (message("laporkan 2"), message("Laporkan", "choice", choice="report:7")):
        checked, reported = plan_batch(KNOWN, [news, asked]).acts
        assert (checked.kind, checked.is_reported) == (ActKind.CHECK, False)
        assert (reported.kind, reported.text) == (ActKind.REPORT, "Pasar Oeba tutup satu minggu")


def test_laporkan_beside_a_recording_or_a_search_means_what_it_meant() -> None:
    assert kinds(message("tarif air"), message("laporkan")) == [ActKind.REPORT]
    assert kinds(message(kind="audio", forwarded=True), message("laporkan")) == [ActKind.DECLINE, ActKind.REPORT]


def test_typed_lines_of_one_batch_are_one_message() -> None:
    plan = plan_batch(KNOWN, [message("katanya air PDAM mati"), message("tujuh hari di seluruh kota")])
    assert [act.text for act in plan.acts] == ["katanya air PDAM mati\ntujuh hari di seluruh kota"]


def test_a_batch_is_answered_up_to_a_bound_and_says_so() -> None:
    many = [message(f"kabar nomor {one} tentang pasar dan air", forwarded=True) for one in range(ITEMS_MOST + 3)]
    assert kinds(*many) == [ActKind.CHECK] * ITEMS_MOST + [ActKind.MANY]


def test_after_a_report_a_picture_and_words_belong_to_it_until_something_else_is_asked() -> None:
    state = ChatState(is_introduced=True, open_ticket="T", tickets=("T",))
    assert kinds(message("dari grup RT kemarin malam"), state=state) == [ActKind.ADD]
    assert kinds(message(kind="image", media_id="m"), state=state) == [ActKind.ADD]
    assert kinds(message(kind="image", media_id="m", forwarded=True), state=state) == [ActKind.READ_PICTURE]
    assert plan_batch(state, [message("terima kasih")]).state.open_ticket == "T"
    assert plan_batch(state, [message("bantuan")]).state.open_ticket == ""


def test_a_ticket_looked_up_leaves_the_question_of_an_officer_open() -> None:
    asked = ChatState(is_introduced=True, open_ticket="T", tickets=("T",), is_asked=True)
    looked_up = plan_batch(asked, [message("tiket")]).state
    (answer,) = plan_batch(looked_up, [message("ya")]).acts
    assert (answer.kind, answer.ticket, answer.is_asked) == (ActKind.ADD, "T", True)


def test_every_kind_of_message_is_understood() -> None:
    declined = ("audio", "video", "document", "sticker", "location", "contacts", "unsupported", "call")
    assert all(kinds(message(kind=kind)) == [ActKind.DECLINE] for kind in declined)
    assert kinds(message("👍", "reaction")) == []
    assert kinds(message(kind="identity_changed", new_sender="q")) == [ActKind.MOVE]
    caption = message("Air PDAM mati tujuh hari di seluruh kota", "video", forwarded=True)
    assert kinds(caption) == [ActKind.CHECK]


def test_state_survives_storing() -> None:
    assert ChatState.from_bytes(KNOWN.as_bytes()) == KNOWN
