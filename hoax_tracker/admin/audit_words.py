"""Words of the audit log's page: groups of acts, who acted, and what is wrong with a chain."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from hoax_tracker.core.audit.acts import ACTS
from hoax_tracker.core.audit.chain_check import ChainFault, ChainVerification

AUDIT_GROUPS: dict[str, Any] = {
    "terbit": _l("Terbit dan tarik"),
    "kontak": _l("Kontak pelapor"),
    "akun": _l("Peran dan akun"),
    "masuk": _l("Masuk dan ditolak"),
}
"""Acts that are often looked for together, by what stands in the address and in their registration."""

FAULT_WORDS: dict[ChainFault, Any] = {
    ChainFault.CHANGED: _l("Isi catatan %(number)s tidak cocok lagi dengan sidiknya: diubah di luar program."),
    ChainFault.MISSING_BEFORE: _l("Catatan antara %(other)s dan %(number)s hilang: dihapus di luar program."),
    ChainFault.DOUBLED: _l("Catatan %(number)s sama dengan catatan %(other)s: digandakan di luar program."),
    ChainFault.MOVED: _l(
        "Catatan %(number)s tidak berada di tempat ia ditulis: dipindahkan, atau ada yang disisipkan di depannya."
    ),
    ChainFault.UNSEALED: _l("Catatan %(number)s tidak bersegel: ditulis di luar program."),
    ChainFault.FORGED: _l("Segel catatan %(number)s tidak dibuat dengan kunci layanan ini: ditulis di luar program."),
    ChainFault.OTHER_KEY: _l(
        "Sejak catatan %(number)s segelnya dari kunci lain: kuncinya tertukar, atau log ditulis ulang."
    ),
    ChainFault.NOT_BEGUN: _l("Catatan sebelum %(number)s tidak bersegel, padahal seharusnya: log ditulis ulang."),
    ChainFault.NEVER_SEALED: _l(
        "Sampai catatan terakhir, %(number)s, tidak ada segel dari kunci ini: log ditulis ulang."
    ),
    ChainFault.EMPTIED: _l("Semua catatan dihapus di luar program."),
    ChainFault.CUT_OFF: _l(
        "Catatan %(number)s yang Anda simpan sidiknya tidak ada: log dipotong sesudah catatan %(other)s."
    ),
    ChainFault.OTHER_HEAD: _l("Catatan %(number)s, atau yang sebelumnya, bukan lagi yang Anda simpan sidiknya."),
}


def fault_words(verification: ChainVerification) -> str:
    """Return the fault in the chain as display text, "" where the chain is whole."""
    if verification.fault is None:
        return ""
    return str(FAULT_WORDS[verification.fault]) % {"number": verification.broken_at, "other": verification.other_row}


def name_actor(action: str, name: str) -> Any:
    """Return the officer's name, or who acts where no officer is recorded."""
    return name or (ACTS[action].actor if action in ACTS else "") or _l("Baris perintah")
