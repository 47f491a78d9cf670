"""One tree of errors. Each says in Indonesian what happened, that nothing was lost, and the next step.

core/web/error_handlers.py turns them into HTTP responses; the command line prints them.
"""

from __future__ import annotations

from collections.abc import Iterable

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

    user_message = _l("Pengaturan belum dapat dipakai. Perbaiki yang disebut dalam kurung, lalu coba lagi.")


class DatabaseNotReadyError(HoaxTrackerError):
    """The database is missing, unreachable, or not at the newest migration."""

    status = 503
    user_message = _l("Basis data belum siap. Jalankan «hoax-tracker init», lalu coba lagi.")


class NewerDatabaseError(DatabaseNotReadyError):
    """The database was migrated by a newer program, beside which this one cannot go on."""


class DatabaseUnreachableError(DatabaseNotReadyError):
    """The database does not answer. The next request tries again, so no restart is needed."""

    user_message = _l(
        "Basis data sedang tidak dapat dihubungi. Yang baru Anda kirim belum tersimpan; yang lama tidak hilang. "
        "Coba lagi beberapa menit lagi."
    )


class DatabaseDamagedError(DatabaseNotReadyError):
    """The database file is corrupt: waiting does not help, a backup does."""

    user_message = _l(
        "Basis data rusak dan perlu dipulihkan. Yang baru Anda kirim belum tersimpan. Pengelola: hentikan layanan, "
        "simpan berkas yang rusak di tempat lain, lalu jalankan «hoax-tracker restore» dengan cadangan terakhir."
    )


class DatabaseBusyError(HoaxTrackerError):
    """Others locked the database for too long; nothing of this act was stored."""

    status = 503
    user_message = _l("Sistem sedang sibuk. Yang baru Anda kirim belum tersimpan. Coba lagi sebentar lagi.")


class StorageFullError(HoaxTrackerError):
    """The disk is full; nothing of this act was stored, and earlier data is whole."""

    status = 503
    user_message = _l(
        "Ruang penyimpanan server penuh. Yang baru Anda kirim belum tersimpan; yang lama tidak hilang. "
        "Beri tahu pengelola, lalu coba lagi nanti."
    )


class ReadOnlyError(HoaxTrackerError):
    """The database or its folder is read-only."""

    status = 503
    user_message = _l(
        "Server ini sedang hanya dapat dibaca. Yang baru Anda kirim belum tersimpan; yang lama tidak hilang. "
        "Beri tahu pengelola, lalu coba lagi nanti."
    )


class PurgeRefusedError(HoaxTrackerError):
    """Much has been past its time for long: the clock may be wrong, so nothing was deleted (privacy/retention.py)."""

    user_message = _l("Data lama belum dihapus. Periksa jam mesin ini.")


class ModelUnusableError(HoaxTrackerError):
    """A required model file is missing or broken; ``detail`` names it."""

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
    """The input is not acceptable; ``field`` names the faulty form field, if any."""

    status = 422
    user_message = _l("Isian belum dapat diterima. Periksa kembali, lalu kirim lagi.")

    def __init__(self, detail: str = "", *, user_message: str | None = None, field: str | None = None) -> None:
        super().__init__(detail, user_message=user_message)
        self.field = field


class FieldFaultsError(InvalidInputError):
    """Several fields are not acceptable; ``faults`` are the messages by field, those of one field joined."""

    def __init__(self, detail: str, faults: Iterable[tuple[str, str]], *, user_message: str | None = None) -> None:
        self.faults: dict[str, str] = {}
        for field, message in faults:
            self.faults[field] = f"{self.faults[field]} {message}" if field in self.faults else message
        shown_message = user_message or " ".join(dict.fromkeys(self.faults.values()))
        super().__init__(detail, user_message=shown_message, field=next(iter(self.faults)))


class FileTooLargeError(InvalidInputError):
    """The file exceeds the size limit."""

    status = 413


class EditConflictError(HoaxTrackerError):
    """Somebody else changed the row first; nothing was overwritten."""

    status = 409
    user_message = _l(
        "Petugas lain sudah mengubah data ini lebih dulu. Perubahan Anda belum disimpan dan tidak ada yang tertimpa. "
        "Muat ulang halaman untuk melihat keadaan terbaru."
    )


class ClaimLockedError(InvalidInputError):
    """Somebody else has the lock on the claim; it can be taken over."""

    status = 423


class NotAllowedError(HoaxTrackerError):
    """The rules of the product forbid this act to this person."""

    status = 403
    user_message = _l("Anda tidak berwenang melakukan tindakan ini.")


class RateLimitedError(HoaxTrackerError):
    """A rate limit was reached; ``retry_after_s`` says how many seconds to wait."""

    status = 429
    user_message = _l("Terlalu banyak permintaan. Tunggu sebentar, lalu coba lagi. Yang Anda tulis masih ada.")

    def __init__(self, detail: str = "", *, retry_after_s: int = 60, user_message: str | None = None) -> None:
        super().__init__(detail, user_message=user_message)
        self.retry_after_s = retry_after_s


class ServiceBusyError(RateLimitedError):
    """A limit for everybody together was reached; the person did nothing wrong."""

    user_message = _l("Layanan ini sedang sangat ramai. Tunggu sebentar, lalu coba lagi. Yang Anda tulis masih ada.")


class OverloadedError(ServiceBusyError):
    """The machine has more messages to match than it can; nothing was counted against anybody."""

    status = 503
