"""Whether a message says enough to be answered. One rule for the page and for the chat.

"Apakah benar?" names nothing: whatever page were shown, it would be read as the answer. One word, such as "air", names
a matter and tells nothing of it. A few words are a search, and a search has no claim that could be the same as another.
All of these are shown what there is, or asked what is meant; none is told "the same".
"""

from __future__ import annotations

import re

from classifiers.matcher.match import load_shipped_reader
from classifiers.text.normalise import LINK_WORD, word_tokens

SEARCH_WORDS = 3
"""Up to so many words are a search: nobody spreads a hoax in three words."""
QUESTION_WORDS = 10
"""Up to so many words may be a question of who wrote them."""
LEAST_TOLD = 3
"""Words with content that tell a claim at least."""
_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_QUESTION_WORDS = """
a about actually an any anyone apa apakah are asli atau bagaimana baik be benar berita beta betul bohong bro bukan can
cek check coba correct dia do does dolo e ee fact fake false for gosip hello help hi hoax i info ini is it itu ka kah
kak kaka kasih kata katanya kenapa know ko legit lie mana me message min mohon my news not of or orang palsu please
real really right rumor rumour saja say says siapa soal son sonde sure tahu tau tell tentang thanks that the there
these they this tidak to tolong true truth us verify was we what whether wrong ya yang you
"""
_NAMES_NOTHING = frozenset(_QUESTION_WORDS.split())
"""Words beside those of small talk that ask whether something is so, and do not say what."""


_NUMBER = re.compile(r"[\s\d()+./:–-]+")
_LEAST_DIGITS = 6


def is_only_number(text: str) -> bool:
    """Tell whether a text is a telephone number or the number of an account, and no word."""
    return bool(_NUMBER.fullmatch(text)) and sum(map(str.isdigit, text)) >= _LEAST_DIGITS


def list_words(text: str) -> list[str]:
    """Return the words of a message in small letters, as they were written."""
    return _WORD.findall(text.lower())


def is_search(text: str) -> bool:
    """Tell whether a text is short enough to be a search."""
    return 0 < len(list_words(text)) <= SEARCH_WORDS


def names_nothing(text: str) -> bool:
    """Tell whether a text has words, and none that says what it is about."""
    if all(word == LINK_WORD for word in word_tokens(text)):
        return False
    spoken = load_shipped_reader().read(text)
    return all(spoken.said(stem) in _NAMES_NOTHING for stem in spoken.known)


def find_one_word(text: str) -> str:
    """Return the one word with content that a search has, as it is read; "" for any other text."""
    spoken = load_shipped_reader().read(text)
    return spoken.said(next(iter(spoken.known))) if is_search(text) and len(spoken.known) == 1 else ""


def tells_claim(text: str) -> bool:
    """Tell whether a text has enough words to tell a claim that is the same as another."""
    return not is_search(text) and len(load_shipped_reader().read(text).known) >= LEAST_TOLD


def asks_about_service(text: str) -> bool:
    """Tell whether a text is a short question when, where or how something is to be had, and no news with a link."""
    is_short = len(list_words(text)) <= QUESTION_WORDS and LINK_WORD not in word_tokens(text)
    return is_short and load_shipped_reader().read(text).asks_service
