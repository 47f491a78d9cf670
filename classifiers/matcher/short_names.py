"""Read a long name as its short form, so that "demam berdarah" and "DBD" are one cause.

The list is ``everyday_words.csv``, by which wordings are offered, too: its rows with one word for several.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from classifiers.matcher.details import ToldWords
from classifiers.text.lexicon import Lexicon
from classifiers.text.normalise import word_tokens
from classifiers.text.phrases import PhraseIndex, drop_overlapping_hits
from classifiers.text.quantities import Quantity


class ShortNames:
    """Long names with their short form."""

    def __init__(self, names: Mapping[str, str], lexicon: Lexicon, stem: Callable[[str], str]) -> None:
        """Take short forms by long name; ``stem``: returns the stem of a word."""
        read = [(word_tokens(long, lexicon), short.lower()) for long, short in names.items()]
        one_word = [(words, short) for words, short in read if len(words) > 1 and " " not in short]
        self._short = [short for _, short in one_word]
        self._index = PhraseIndex([(words, key) for key, (words, _) in enumerate(one_word)])
        self._stem = stem

    def shorten(self, told: ToldWords, numbers: Sequence[Quantity]) -> tuple[ToldWords, list[Quantity]]:
        """Return a text with its long names by their short form, and its quantities at their places therein."""
        hits = drop_overlapping_hits(self._index.find(told.words))
        if not hits:
            return told, list(numbers)
        words, stems, starts, ends = list(told.words), list(told.stems), list(told.starts), list(told.ends)
        moved = list(range(len(words) + 1))
        for hit in reversed(hits):
            short, left_out = self._short[hit.key], hit.stop - hit.start - 1
            words[hit.start : hit.stop], stems[hit.start : hit.stop] = [short], [self._stem(short)]
            del starts[hit.start + 1 : hit.stop], ends[hit.start : hit.stop - 1]
            moved[hit.stop :] = [place - left_out for place in moved[hit.stop :]]
        within = {place for hit in hits for place in range(hit.start, hit.stop)}  # "pedagang kaki lima" counts nothing
        free = [number for number in numbers if number.start not in within]
        placed = [number._replace(start=moved[number.start], stop=moved[number.stop]) for number in free]
        return ToldWords(told.text, words, stems, starts, ends), placed
