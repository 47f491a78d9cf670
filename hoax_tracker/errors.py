"""One tree of errors. Each says in Indonesian what happened, that nothing was lost, and the next step.

``app.py`` turns them into HTTP answers in one place; the command line prints them.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l


class HoaxTrackerError(Exception):
    """Base of every error that the product raises on purpose.

    ``user_message`` is what a person reads (Indonesian, translatable); ``str(error)`` is for logs.
    """

    status = 500
    user_message = _l("Terjadi kesalahan. Tidak ada data yang hilang. Silakan coba lagi.")

    def __init__(self, detail: str = "", *, user_message: str | None = None) -> None:
        super().__init__(detail or str(self.__class__.__name__))
        if user_message is not None:
            self.user_message = user_message


class SettingsError(HoaxTrackerError):
    """The settings cannot be used; the message names each fault."""


class DatabaseNotReadyError(HoaxTrackerError):
    """The database is missing, unreachable, or not at the newest migration."""

    status = 503
    user_message = _l("Basis data belum siap. Jalankan «hoax-tracker init», lalu coba lagi.")


class DatabaseUnreachableError(DatabaseNotReadyError):
    """The database does not answer; it is asked again with the next request, so nothing needs to be started anew."""

    user_message = _l(
        "Basis data sedang tidak dapat dihubungi. Yang baru Anda kirim belum tersimpan; yang lama tidak hilang. "
        "Coba lagi beberapa menit lagi."
    )


class DatabaseDamagedError(DatabaseNotReadyError):
    """The database's own structure is broken: waiting does not help, a backup does."""

    user_message = _l(
        "Basis data rusak dan perlu dipulihkan. Yang baru Anda kirim belum tersimpan. Pengelola: hentikan layanan, "
        "simpan berkas yang rusak di tempat lain, lalu jalankan «hoax-tracker restore» dengan cadangan terakhir."
    )


class DatabaseBusyError(HoaxTrackerError):
    """Others held the database for too long; nothing of this act was stored."""

    status = 503
    user_message = _l("Sistem sedang sibuk. Yang baru Anda kirim belum tersimpan. Coba lagi sebentar lagi.")


class StorageFullError(HoaxTrackerError):
    """No room is left to write; nothing of this act was stored, and what was there is whole."""

    status = 503
    user_message = _l(
        "Ruang penyimpanan server penuh. Yang baru Anda kirim belum tersimpan; yang lama tidak hilang. "
        "Beri tahu pengelola, lalu coba lagi nanti."
    )


class ReadOnlyError(HoaxTrackerError):
    """The database or its folder may only be read."""

    status = 503
    user_message = _l(
        "Server ini sedang hanya dapat dibaca. Yang baru Anda kirim belum tersimpan; yang lama tidak hilang. "
        "Beri tahu pengelola, lalu coba lagi nanti."
    )


class ModelUnusableError(HoaxTrackerError):
    """A model file that everything rests on is missing or broken; ``detail`` names it."""

    status = 503
    user_message = _l(
        "Bagian ini sedang tidak dapat dipakai karena berkas model di server hilang atau rusak. Yang sudah tersimpan "
        "tidak hilang. Beri tahu pengelola, lalu coba lagi nanti."
    )


class NotFoundError(HoaxTrackerError):
    """No such row; ``detail`` names the kind and the id."""

    status = 404
    user_message = _l("Halaman atau data itu tidak ditemukan.")


class LinkExpiredError(NotFoundError):
    """A link that works once was used, withdrawn, replaced or is too old; nobody is told which."""

    user_message = _l(
        "Tautan ini sudah dipakai, dicabut, diganti, atau kedaluwarsa. Minta yang baru: lewat «Lupa kata sandi», atau "
        "kepada administrator untuk undangan."
    )


class InvalidInputError(HoaxTrackerError):
    """The input cannot be accepted; ``field`` names the form field where one is at fault."""

    status = 422
    user_message = _l("Isian belum dapat diterima. Periksa kembali, lalu kirim lagi.")

    def __init__(self, detail: str = "", *, user_message: str | None = None, field: str | None = None) -> None:
        super().__init__(detail, user_message=user_message)
        self.field = field


class FileTooLargeError(InvalidInputError):
    """A file is larger than is taken in."""

    status = 413


class EditConflictError(HoaxTrackerError):
    """Somebody else changed the row first; nothing was overwritten."""

    status = 409
    user_message = _l(
        "Petugas lain sudah mengubah data ini lebih dulu. Perubahan Anda belum disimpan dan tidak ada yang tertimpa. "
        "Muat ulang halaman untuk melihat keadaan terbaru."
    )


class ClaimLockedError(InvalidInputError):
    """Somebody else works on the row right now; it can be taken over."""

    status = 423


class NotAllowedError(HoaxTrackerError):
    """The rules of the product forbid this act to this person."""

    status = 403
    user_message = _l("Anda tidak berwenang melakukan tindakan ini.")


class RateLimitedError(HoaxTrackerError):
    """A limit was reached; ``retry_after_s`` says how many seconds to wait."""

    status = 429
    user_message = _l("Terlalu banyak permintaan. Tunggu sebentar, lalu coba lagi. Tidak ada yang hilang.")

    def __init__(self, detail: str = "", *, retry_after_s: int = 60, user_message: str | None = None) -> None:
        super().__init__(detail, user_message=user_message)
        self.retry_after_s = retry_after_s


class ServiceBusyError(RateLimitedError):
    """Everybody together reached a limit: the person did nothing wrong."""

    user_message = _l("Layanan ini sedang sangat ramai. Tunggu sebentar, lalu coba lagi. Tidak ada yang hilang.")


class Overloaded(ServiceBusyError):
    """The machine has more to decide at this moment than it can: nothing was counted against anybody."""

    status = 503
