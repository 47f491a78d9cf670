"""Recognise text that says nothing: no word at all, or only keys pressed at random ("asdfgh", "kjhkjh").

A word counts as pressed keys only where the keyboard shows it: neighbouring keys in a row, or letters of the home row
without the vowels that speech needs. Rare letters are no sign: names, acronyms and Kupang Malay have them, too.
"""

from __future__ import annotations

import re

from classifiers.text.normalise import LINK_WORD, word_tokens

_KEY_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_ROW_STARTS = frozenset(row[:3] for row in _KEY_ROWS)
_RUN_LENGTH = 4
_KEY_RUNS = frozenset(
    keys[start : start + _RUN_LENGTH]
    for row in _KEY_ROWS
    for keys in (row, row[::-1])
    for start in range(len(keys) - _RUN_LENGTH + 1)
)
_REPEATED_KEYS = re.compile(r"(.{3,4})\1+.{0,2}")
_HOME_ROW = re.compile(r"[asdfghjkl]{5,}")
_CONSONANT_RUN = re.compile(r"[^aeiou]{3}")
_TWO_KEYS = re.compile(r"([^aeiou])([^aeiou])(?:\1\2)+\1?")


def says_nothing(text: str) -> bool:
    """Tell whether a text holds no word that could be looked up: emoji, numbers, single letters, pressed keys."""
    words = [word for word in word_tokens(text) if len(word) > 1 and word != LINK_WORD and any(map(str.isalpha, word))]
    return all(map(is_pressed_keys, words))


def is_pressed_keys(word: str) -> bool:
    """Tell whether a word in small letters was typed by pressing neighbouring keys."""
    if word in _ROW_STARTS or any(word[start : start + _RUN_LENGTH] in _KEY_RUNS for start in range(len(word))):
        return True
    repeated = _REPEATED_KEYS.fullmatch(word)
    if repeated and any(repeated[1][:3] in keys for row in _KEY_ROWS for keys in (row, row[::-1])):
        return True
    if _HOME_ROW.fullmatch(word) and _CONSONANT_RUN.search(word):
        return True
    return len(word) > _RUN_LENGTH and _TWO_KEYS.fullmatch(word) is not None
