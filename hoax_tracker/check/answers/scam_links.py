"""Whether an answer forbids to fill in the link of a message, before anything else it says.

The ban is about the link and the data, not about the message, so it waits for no officer: who fills in a form of
strangers loses an account within minutes. It stands where a link imitates the city's, and where one that is not the
city's, or cannot be seen, is sent along with a demand for data or a promise that is fetched there.
"""

from __future__ import annotations

from collections.abc import Iterable

from classifiers.text.normalise import word_tokens
from hoax_tracker.organisation.channels.facts import ChannelFact, ChannelStatus
from hoax_tracker.organisation.channels.mentions import MentionKind

_DATA_WORDS = "ktp nik kk otp kode pin sandi password cvv rekening biodata verifikasi login"
DATA_WORDS = frozenset(_DATA_WORDS.split())
"""What a form of strangers asks for."""
_PROMISES = "bansos bantuan blt cair dana diskon gratis hadiah kuota lowongan loker pulsa subsidi terpilih token undian"
PROMISE_WORDS = frozenset(_PROMISES.split())
_FETCH_WORDS = "ambil buka claim daftar daftarkan isi input klaim klik masuk masukkan"
FETCH_WORDS = frozenset(_FETCH_WORDS.split())
"""How what is promised is fetched."""
_STRANGE = (ChannelStatus.SHORTENED, ChannelStatus.NOT_LISTED)


def forbids_link(text: str, facts: Iterable[ChannelFact]) -> bool:
    """Return whether residents are told not to fill in a link of the message."""
    statuses = {fact.status for fact in facts if fact.mention.kind is MentionKind.LINK}
    if ChannelStatus.LOOKALIKE in statuses:
        return True
    words = set(word_tokens(text))
    asks = not words.isdisjoint(DATA_WORDS) or not (words.isdisjoint(PROMISE_WORDS) or words.isdisjoint(FETCH_WORDS))
    return asks and not statuses.isdisjoint(_STRANGE)
