"""The English catalogue is complete, in step with the source, and compiled as written."""

from __future__ import annotations

import ast
import re
from functools import cache
from io import BytesIO
from typing import IO

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

from hoax_tracker.core.paths import PACKAGE_FOLDER, shipped_folder

TRANSLATIONS = PACKAGE_FOLDER / "translations"
ENGLISH = TRANSLATIONS / "en" / "LC_MESSAGES"
# As in the Makefile.
KEYWORDS = {**DEFAULT_KEYWORDS, "_l": None, "lazy_gettext": None, "lazy_pgettext": ((1, "c"), 2)}

Key = tuple[str | None, str]
Forms = tuple[str, ...]


def forms(value: str | tuple[str, ...] | list[str]) -> Forms:
    """Return the singular, or singular and plural, always as a tuple."""
    return (value,) if isinstance(value, str) else tuple(value)


@cache
def extracted() -> Catalog:
    """What the code and the templates say now."""
    with (TRANSLATIONS / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    catalog = Catalog()
    for place in (PACKAGE_FOLDER, shipped_folder("templates")):
        for _name, _line, words, _notes, context in extract_from_dir(place, methods, options, keywords=KEYWORDS):
            catalog.add(words, context=context)
    return catalog


def english() -> Catalog:
    """The English as it is written."""
    with (ENGLISH / "messages.po").open("rb") as file:
        return read_po(file, locale="en")


def messages(catalog: Catalog) -> dict[Key, Message]:
    """The messages by context and singular, without the header."""
    return {(one.context, forms(one.id)[0]): one for one in catalog if one.id}


def placeholders(text: str) -> list[str]:
    """The places of a message that are filled in, in a fixed order."""
    return sorted(re.findall(r"%\(\w+\)[a-z]|%%", text))


@pytest.mark.slow
def test_the_search_finds_what_code_and_templates_say() -> None:
    """The tests below are not blind: each way to mark a message is found."""
    found = messages(extracted())
    assert len(found) > 800
    assert (None, "Periksa pesan") in found  # a template
    assert (None, "Hoaks") in found  # lazy_gettext
    assert (None, "Halaman itu tidak ada. Mungkin alamatnya terpotong saat disalin.") in found  # error_handlers.py
    assert ("role", "Petugas") in found  # a context
    assert forms(found[None, "setiap hari"].id) == ("setiap hari", "setiap %(num)d hari")


def test_everything_has_its_english() -> None:
    theirs = messages(english())
    missing = [key for key in messages(extracted()) if key not in theirs]
    empty = [key for key, one in theirs.items() if not all(forms(one.string))]
    assert not missing, "run `make translations`, then write the English"
    assert not empty, "write the English, then run `make translations`"
    assert not [key for key, one in theirs.items() if one.fuzzy]


def test_the_catalogue_holds_nothing_that_is_gone() -> None:
    now = messages(extracted())
    assert not [key for key in messages(english()) if key not in now], "run `make translations`"


def test_placeholders_agree() -> None:
    for key, one in messages(english()).items():
        ours, theirs = forms(one.id), forms(one.string)
        assert len(ours) == len(theirs), key
        assert [placeholders(form) for form in ours] == [placeholders(form) for form in theirs], key


def test_the_compiled_catalogue_is_the_written_one() -> None:
    """Both as a reader of compiled catalogues sees them; the header (dates, version of Babel) does not count."""
    written = BytesIO()
    write_mo(written, english())
    written.seek(0)
    with (ENGLISH / "messages.mo").open("rb") as committed:
        assert compiled(committed) == compiled(written), "run `make translations`"


def compiled(file: IO[bytes]) -> dict[Key, Forms]:
    """The translations in a compiled catalogue."""
    return {key: forms(one.string) for key, one in messages(read_mo(file)).items()}


@pytest.mark.slow
def test_no_words_stand_inside_an_f_string() -> None:
    """Babel on Python 3.11 reads none there: such words would have no English, and nobody would be told."""
    called = {"_", "_l", "gettext", "ngettext", "pgettext", "lazy_gettext", "lazy_pgettext"}
    found = [
        f"{path.name}:{node.lineno}"
        for path in PACKAGE_FOLDER.rglob("*.py")
        for joined in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(joined, ast.JoinedStr)
        for node in ast.walk(joined)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in called
    ]
    assert found == []
