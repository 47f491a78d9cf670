"""Errors of outgoing requests. Each names its address and says in Indonesian what happened."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from hoax_tracker.errors import HoaxTrackerError

_USERINFO = re.compile(r"//[^/?#]*@")


class FetchError(HoaxTrackerError):
    """An address could not be fetched; ``url`` is the failed one, without any password."""

    status = 502
    user_message = _l("Alamat itu belum dapat diambil. Tidak ada data yang hilang. Coba lagi nanti.")

    def __init__(self, url: str, detail: str, *, user_message: str | None = None) -> None:
        self.url = _replace_unprintable(_USERINFO.sub("//", url))
        super().__init__(f"{self.url}: {_replace_unprintable(detail)}", user_message=user_message)


class AddressRefusedError(FetchError):
    """The product does not fetch this address: its scheme, port, user name, or a host that is not public."""

    status = 422
    user_message = _l("Alamat itu tidak boleh diambil. Gunakan alamat situs publik yang diawali http:// atau https://.")


class AddressInsideError(AddressRefusedError):
    """The address leads to this machine or its network."""

    user_message = _l(
        "Alamat itu tidak boleh diambil. Ia menunjuk ke mesin atau jaringan ini sendiri, bukan situs publik."
    )


class ResponseTooLargeError(FetchError):
    """The response exceeds the size limit after decompression."""

    user_message = _l("Isi di alamat itu terlalu besar, sehingga tidak diambil. Periksa apakah alamatnya benar.")


class FetchTimeoutError(FetchError):
    """No complete response arrived within the time limit."""

    status = 504
    user_message = _l("Situs itu terlalu lambat menjawab. Tidak ada data yang hilang. Coba lagi nanti.")


class TooManyRedirectsError(FetchError):
    """The address redirects too often, or in a circle."""

    user_message = _l("Alamat itu mengalihkan terus-menerus. Periksa apakah alamatnya benar.")


class HttpStatusError(FetchError):
    """The server answered with an error; ``http_status`` and ``headers`` (names in lower case) are the response's."""

    user_message = _l("Situs itu menolak atau sedang terganggu. Tidak ada data yang hilang. Coba lagi nanti.")
    gone_message = _l("Tidak ada apa-apa lagi di alamat itu. Periksa apakah alamatnya benar.")

    def __init__(self, url: str, http_status: int, headers: Mapping[str, str]) -> None:
        is_gone = http_status in (404, 410)
        super().__init__(url, f"HTTP {http_status}", user_message=self.gone_message if is_gone else None)
        self.http_status = http_status
        self.headers = headers


class ConnectionFailedError(FetchError):
    """The name is unknown, nobody answers, the certificate is invalid, or the response is not HTTP."""

    user_message = _l("Situs itu tidak dapat dihubungi. Periksa alamatnya, atau coba lagi nanti.")


class RobotsDisallowedError(FetchError):
    """The site's robots.txt does not allow the page."""

    status = 422
    user_message = _l("Situsnya tidak mengizinkan halaman itu dibaca program (robots.txt).")


class SiteBusyError(FetchError):
    """Another request of ours to the site is under way: it gets one at a time."""

    status = 409
    user_message = _l("Situs itu sedang dibaca. Tidak ada data yang hilang. Coba lagi sebentar lagi.")


def _replace_unprintable(text: str) -> str:
    """Return ``text`` safe for a log and a database, whatever the server sent."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text[:2000])
