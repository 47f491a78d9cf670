"""Whether a name looks like an official one that it is not.

Both names are first written with plain letters: characters that look like a Latin letter become that letter, digits the
letter that they stand for, "rn" becomes "m". The table is our own choice of what a Latin name can be imitated with;
what the eye tells apart is left out. A host then resembles an official domain where

1. it is the domain, or lies below it (letters of other scripts, digits for letters);
2. it holds the domain's name, dots and hyphens left out (kupangkota-go-id.example, kupangkota.go.id.example.com), or
   the user name before the host does; a name below six letters counts only with its suffix;
3. a part of it between dots or hyphens differs from the name by one letter added, left out, replaced or swapped with
   its neighbour; by two for a name of nine letters or more.
"""

from __future__ import annotations

import re
import unicodedata

from rapidfuzz.distance import OSA

from hoax_tracker.organisation.channels.hosts import MAX_HOST_LENGTH, is_within, registered_name

MIN_NAME_LENGTH = 6
LONG_NAME_LENGTH = 9
MIN_ACCOUNT_NAME_LENGTH = 6
_LOOKALIKES = {
    "a": "аαɑ4@",
    "b": "вьβ8",
    "c": "сϲⅽ",
    "d": "ԁđɖɗ",
    "e": "еєε3",
    "f": "ғƒ",
    "g": "ɡɢԍց9",
    "h": "һнհħ",
    "j": "јϳ",
    "k": "кκĸƙᴋ",
    "l": "іιıɩɪӏłʟ1!|iϊї",
    "m": "мᴍ",
    "n": "ոηпɴƞŋ",
    "o": "оοօσøᴏ0",
    "p": "рρþ",
    "q": "ԛգɋ",
    "r": "гᴦʀ",
    "s": "ѕꜱ5$",
    "t": "тτᴛ7",
    "u": "υսᴜцμ",
    "v": "νѵʋᴠ",
    "w": "ԝωѡᴡ",
    "x": "хχ",
    "y": "уγүʏ",
    "z": "ᴢ2",
}
_TO_LATIN = str.maketrans({sign: letter for letter, signs in _LOOKALIKES.items() for sign in signs})
_INVISIBLE = {"Cf", "Mn", "Cc"}


def write_with_plain_letters(name: str) -> str:
    """Return a name in lower case with every look-alike replaced; "i" and "l" are one letter."""
    decomposed = unicodedata.normalize("NFKD", _decode_punycode(name[: 2 * MAX_HOST_LENGTH]))
    visible = "".join(sign for sign in decomposed if unicodedata.category(sign) not in _INVISIBLE)
    return visible.lower().translate(_TO_LATIN).replace("rn", "m").replace("vv", "w")


def _decode_punycode(host: str) -> str:
    """Return a host with the letters that its "xn--" labels stand for."""
    return ".".join(_decode_label(label) for label in host.split("."))


def _decode_label(label: str) -> str:
    """Return what a label stands for; a wrong one stays as it is."""
    if not label.lower().startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return label


def resembles_domain(host: str, user: str, domain: str) -> bool:
    """Tell whether a host that is not within an official domain looks like it, or the user name before it does."""
    plain_host, plain_domain = write_with_plain_letters(host), write_with_plain_letters(domain)
    if is_within(plain_host, plain_domain):
        return True
    squeezed = _squeeze(plain_host) + " " + _squeeze(write_with_plain_letters(user))
    name = write_with_plain_letters(registered_name(domain))
    if _squeeze(plain_domain) in squeezed or (len(name) >= MIN_NAME_LENGTH and _squeeze(name) in squeezed):
        return True
    return any(_is_misspelt(part, name) for part in re.split(r"[.-]", plain_host))


def resembles_account(name: str, official: str) -> bool:
    """Tell whether the name of an account that is not the official one looks like it."""
    plain, wanted = _squeeze(write_with_plain_letters(name)), _squeeze(write_with_plain_letters(official))
    return len(wanted) >= MIN_ACCOUNT_NAME_LENGTH and (wanted in plain or _is_misspelt(plain, wanted))


def _is_misspelt(part: str, name: str) -> bool:
    """Tell whether a part differs from a name by so few letters that the eye may miss it."""
    if len(name) < MIN_NAME_LENGTH:
        return False
    most = 2 if len(name) >= LONG_NAME_LENGTH else 1
    return OSA.distance(part, name, score_cutoff=most) <= most


def _squeeze(name: str) -> str:
    """Return a name without dots, hyphens and underscores."""
    return re.sub(r"[._-]", "", name)
