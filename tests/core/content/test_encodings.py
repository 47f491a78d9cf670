"""Bytes to text: declared and actual encodings in every combination."""

from __future__ import annotations

import codecs
import time

import pytest
from hypothesis import given, strategies as st

from hoax_tracker.core.content.encodings import decode_bytes

TEXT = "<rss>Café “Kupang” – déjà vu</rss>"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
@pytest.mark.parametrize("declared", [None, "text/xml", "text/xml; charset=iso-8859-1", "text/xml; charset=utf-8"])
def test_unicode_shows_itself_whatever_is_declared(encoding: str, declared: str | None) -> None:
    assert decode_bytes(TEXT.encode(encoding), declared) == (TEXT, None)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_shows_itself_behind_an_empty_line(encoding: str) -> None:
    assert decode_bytes(f"\r\n\t {TEXT}".encode(encoding)) == (f"\r\n\t {TEXT}", None)


@pytest.mark.parametrize("declaration", ["iso-8859-1", "us-ascii", "windows-1252", "UTF-8", "bogus", "hex", "utf-16"])
def test_utf8_under_another_name_is_utf8(declaration: str) -> None:
    text = f"<?xml version='1.0' encoding='{declaration}'?>{TEXT}"
    assert decode_bytes(text.encode("utf-8")) == (text, None)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("windows-1252", TEXT),
        ("iso-8859-1", "<rss>café</rss>"),
        ("windows-1251", "<rss>Привет мир</rss>"),
        ("koi8-r", "<rss>Привет мир</rss>"),
        ("shift_jis", "<rss>日本語のテキスト</rss>"),
        ("euc-jp", "<rss>日本語のテキスト</rss>"),
        ("iso-2022-jp", "<rss>日本語のテキスト</rss>"),
        ("gb2312", "<rss>中文内容</rss>"),
        ("big5", "<rss>中文內容</rss>"),
        ("euc-kr", "<rss>한국어 내용</rss>"),
        ("utf-7", "<rss>café</rss>"),
    ],
)
def test_a_declared_encoding_is_used(encoding: str, text: str) -> None:
    assert decode_bytes(text.encode(encoding), f"text/xml; charset={encoding}") == (text, None)
    declared = f"<?xml version='1.0' encoding='{encoding}'?>{text}"
    assert decode_bytes(declared.encode(encoding)) == (declared, None)


@pytest.mark.parametrize(
    ("label", "encoding", "text"),
    [
        ("iso-8859-1", "cp1252", "<rss>“é”</rss>"),
        ("us-ascii", "cp1252", "<rss>é</rss>"),
        ("shift_jis", "cp932", "<rss>①日本</rss>"),
        ("gb2312", "gb18030", "<rss>镕中文</rss>"),
        ("euc-kr", "cp949", "<rss>똠방각하</rss>"),
    ],
)
def test_a_name_stands_for_the_wider_encoding_in_use(label: str, encoding: str, text: str) -> None:
    assert decode_bytes(text.encode(encoding), f"text/xml; charset={label}") == (text, None)


def test_the_header_goes_before_the_declaration() -> None:
    text = f"<?xml version='1.0' encoding='koi8-r'?>{TEXT}"
    assert decode_bytes(text.encode("windows-1252"), "text/xml; charset=windows-1252") == (text, None)


def test_what_was_not_the_declared_encoding_is_read_and_named() -> None:
    text, misdeclared = decode_bytes(TEXT.encode("windows-1252"), "text/xml; charset=utf-8")
    assert (text, misdeclared) == (TEXT, "utf-8")
    text, misdeclared = decode_bytes("<rss>日本</rss>".encode("euc-jp") + b"\xff", "text/xml; charset=shift_jis")
    assert misdeclared
    assert text.startswith("<rss>")


RUSSIAN = "Администрация города опровергла слух о том, что воду отключат на семь дней. Школы работают как обычно."
UKRAINIAN = "Адміністрація міста спростувала чутки про те, що воду вимкнуть на сім днів. Школи працюють як завжди."
JAPANESE = "市役所は、水道が七日間止まるという噂を否定した。学校は開いており、公式サイトで確認するよう呼びかけている。"
CHINESE = "市政府否认自来水将停供七天的传言。学校照常上课，呼吁市民保持冷静，并在官方网站上核实消息。"
TAIWANESE = "市政府否認自來水將停供七天的傳言。學校照常上課，呼籲市民保持冷靜，並在官方網站上核實消息。"
KOREAN = "시청은 수돗물이 칠 일 동안 끊긴다는 소문을 부인했다. 학교는 정상 운영되며 시민들에게 확인을 당부했다."
GREEK = "Ο δήμος διέψευσε τη φήμη ότι το νερό θα κοπεί για επτά ημέρες. Τα σχολεία λειτουργούν κανονικά."
HEBREW = "העירייה הכחישה את השמועה שהמים ינותקו לשבעה ימים. בתי הספר פתוחים והתושבים מתבקשים לבדוק את החדשות."
ARABIC = "نفت البلدية الشائعة التي تقول إن المياه ستقطع سبعة أيام. المدارس مفتوحة ويرجى من السكان التحقق من الأخبار."
THAI = "เทศบาลปฏิเสธข่าวลือว่าน้ำประปาจะหยุดจ่ายเจ็ดวัน โรงเรียนเปิดตามปกติ และขอให้ตรวจสอบข่าวในเว็บไซต์ทางการ"
OTHER_SCRIPTS = dict.fromkeys(["cp1251", "koi8-r", "iso8859-5", "cp866"], RUSSIAN) | {
    "koi8-u": UKRAINIAN,
    "shift_jis": JAPANESE,
    "euc-jp": JAPANESE,
    "gb2312": CHINESE,
    "gb18030": CHINESE,
    "big5": TAIWANESE,
    "euc-kr": KOREAN,
    "iso8859-7": GREEK,
    "cp1253": GREEK,
    "cp1255": HEBREW,
    "cp1256": ARABIC,
    "cp874": THAI,
}
LATIN = [
    "Pemerintah Kota Kupang menyatakan kabar “air mati total” tidak benar — PDAM hanya memperbaiki pipa… “Tenang.”",
    "Kafé di Oesapa ramai dikunjungi warga; jalan dibuka lagi mulai Senin, dan lampu diperbaiki sampai akhir bulan.",
    "La mairie a démenti la rumeur selon laquelle l’eau serait coupée. Les élèves sont attendus dès lundi; ça ira.",
    "Die Stadtverwaltung weist das Gerücht zurück. Für Bürger gibt es größere Ausgabestellen in der Straße am Hafen.",
    "A prefeitura desmentiu o boato. As crianças voltarão amanhã; a informação está na página da câmara, não na rede.",
    "¿Quién difundió la noticia? Los niños podrán volver mañana y la información oficial está en la página.",
    "—————————— Kota Kupang ——————————\nAir mengalir… …………………………… “Tenang.” ––––––––––––––––––",
    "•••••••••• Kabar ••••••••••\n“……………” — ”……………“ ····················\n°°°°°°°°°°°°°°°°°°°° “‘…’”",
    "Skolorna är öppna och äldre får hjälp på gården; åtgärderna börjar på måndag och alla människor får besked.",
]


def feed_of(text: str, entries: int) -> str:
    """A feed that declares nothing, as old programs write it."""
    item = f"<item><title>{text[:40]}</title><link>https://k.example/a</link><description>{text}</description></item>"
    return f"<rss><channel><title>Kabar</title>{item * entries}</channel></rss>"


@pytest.mark.parametrize("entries", [1, 10, 500])
@pytest.mark.parametrize("encoding", OTHER_SCRIPTS)
def test_words_of_another_script_betray_an_encoding_that_is_not_declared(encoding: str, entries: int) -> None:
    body = feed_of(OTHER_SCRIPTS[encoding], entries)
    assert decode_bytes(body.encode(encoding))[0] == body
    assert decode_bytes(body.encode(encoding), "text/xml; charset=utf-8") == (body, "utf-8")


@pytest.mark.parametrize("entries", [1, 10, 500])
@pytest.mark.parametrize("text", LATIN)
def test_latin_text_without_a_declaration_is_windows_1252(text: str, entries: int) -> None:
    body = feed_of(text, entries)
    assert decode_bytes(body.encode("cp1252"), "text/xml; charset=utf-8") == (body, "utf-8")


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "shift_jis", "gb18030", "iso8859-7"])
@pytest.mark.parametrize("rows", [3, 2000])
def test_a_table_in_another_script_is_read_as_one(encoding: str, rows: int) -> None:
    text = OTHER_SCRIPTS[encoding]
    table = "Judul,Isi\n" + f"{text[:20]},{text}\n----------,\n" * rows
    assert decode_bytes(table.encode(encoding))[0] == table


def test_rulers_do_not_hide_the_words_beside_them() -> None:
    body = feed_of(f"{'—' * 80} {RUSSIAN} {'—' * 80}", 5)
    assert decode_bytes(body.encode("cp1251"))[0] == body


def test_a_few_words_of_another_script_are_too_little_to_guess_from() -> None:
    text = decode_bytes("<rss>Привет</rss>".encode("cp1251"))[0]
    assert text == "<rss>Ïðèâåò</rss>"


def test_what_is_no_text_is_guessed_at_in_linear_time() -> None:
    started = time.process_time()
    for piece in (b"<", b"<\xe0\xe1\xe2\xe3", b"\xe0", b"\x80\xff\xfe\x81\n", bytes(range(255, 120, -1))):
        decode_bytes(piece * (5 * 2**20 // len(piece)) + b"<")
    assert time.process_time() - started < 8


def test_one_broken_byte_does_not_garble_the_rest() -> None:
    text, misdeclared = decode_bytes((TEXT * 5).encode("utf-8") + b"\xe2\x80", "text/xml; charset=utf-8")
    assert text == TEXT * 5 + "\ufffd"
    assert misdeclared


MARKS = [b"", codecs.BOM_UTF8, b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<", b"<"]
CHARSETS = ["", "utf-8", "bogus", "rot13", "unicode_escape", "idna", "utf-16", "gb2312", "iso-2022-jp", "utf-7", "hz"]


@given(st.binary(max_size=200), st.sampled_from(MARKS), st.sampled_from(CHARSETS))
def test_no_bytes_raise(body: bytes, mark: bytes, charset: str) -> None:
    text, _ = decode_bytes(mark + body, f"text/xml; charset={charset}")
    text.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("charset", ["unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined", "hex"])
def test_codecs_for_other_purposes_are_not_used(charset: str) -> None:
    body = rb"<rss>\x41 \u0041 \q</rss>"
    assert decode_bytes(body, f"text/xml; charset={charset}") == (body.decode(), None)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80), st.sampled_from([*CHARSETS, "iso-8859-1"]))
def test_utf8_comes_through_whatever_is_declared_of_it(text: str, charset: str) -> None:
    """But for an encoding of more than one byte a character, which could be meant."""
    body = f"<rss>{text}</rss>"
    declared = f"text/xml; charset={charset}"
    if charset not in ("gb2312", "iso-2022-jp", "utf-7", "hz"):
        assert decode_bytes(body.encode(), declared) == (body, None)
    for encoding in ("utf-8-sig", "utf-16", "utf-32"):
        assert decode_bytes(body.encode(encoding), declared) == (body, None)


RULERS = ["—" * 20, "–" * 9, "…" * 12, "•" * 5, "“…”"]
STANDING_ALONE = st.tuples(
    st.text("abcij km.,\n", min_size=1, max_size=9), st.sampled_from([*"éèüöäßçñáíó“”’–…€", *RULERS])
)


@given(st.lists(STANDING_ALONE.map("".join), max_size=30).map("".join), st.integers(1, 40))
def test_latin_text_is_windows_1252(text: str, times: int) -> None:
    body = f"<rss>{text * times} é</rss>"
    assert decode_bytes(body.encode("cp1252"))[0] == body


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=30), st.sampled_from([b"", b"<", b"<a>", b" "]))
def test_guessing_never_raises(pieces: list[bytes], between: bytes) -> None:
    """Bytes beyond ASCII in runs, as words of another script are."""
    high = [bytes(byte | 0x80 for byte in piece) for piece in pieces]
    decode_bytes(between.join(high) + b"<")[0].encode()


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE html><html><head><meta charset="windows-1250">',
        '<!-- x --><html><head><title>x</title><META http-equiv="Content-Type" content="text/html; Charset=cp1250">',
        "<?xml version='1.0'?><html><head><meta name=a><meta charset = windows-1250>",
    ],
)
def test_a_page_says_in_its_head_what_its_bytes_are(head: str) -> None:
    body = f"{head}<body><p>kr\u00f3tka wie\u015b\u0107".encode("cp1250")
    assert decode_bytes(body, "text/html")[0].endswith("kr\u00f3tka wie\u015b\u0107")
    assert decode_bytes(body, "text/html; charset=iso-8859-2")[0] == body.decode("iso-8859-2"), "the header goes before"


@pytest.mark.parametrize(
    "head",
    [
        '<rss><channel><item><description>&lt;p><![CDATA[<meta charset="windows-1250">]]>',
        "<html><body><p>charset=windows-1250",
        '<html><head><meta charset="utf-16">',
        "<html><head><meta charset=hex>",
        f"<html><head>{' ' * 5000}<meta charset=windows-1250>",
    ],
    ids=["a feed", "no meta", "not these bytes", "no text", "too late"],
)
def test_only_the_head_of_a_page_says_so(head: str) -> None:
    assert decode_bytes(f"{head} kr\u00f3tka".encode("cp1252"), None)[0].endswith("kr\u00f3tka")
    assert decode_bytes(f"{head} kr\u00f3tka \u015b".encode(), None)[0].endswith("kr\u00f3tka \u015b")
