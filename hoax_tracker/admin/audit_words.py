"""Sentences for every action that the audit log records: who did what to which subject.

``%(what)s`` stands in a sentence for the subject. A test collects the recorded actions from the code and requires a
sentence for each.
"""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from hoax_tracker.core.audit.chain_check import ChainFault, ChainVerification

AUDIT_SENTENCES: dict[str, Any] = {
    "claim_dismiss": _l("menutup %(what)s tanpa klarifikasi"),
    "claim_not_a_claim": _l("menilai %(what)s bukan klaim"),
    "claim_out_of_scope": _l("menilai %(what)s di luar kewenangan"),
    "claim_investigate": _l("mulai memeriksa %(what)s"),
    "claim_assign": _l("meneruskan %(what)s ke perangkat daerah"),
    "claim_clarify": _l("mulai menyusun klarifikasi untuk %(what)s"),
    "claim_link": _l("menautkan %(what)s ke klarifikasi yang sudah terbit"),
    "claim_reopen": _l("membuka kembali %(what)s"),
    "claim_merge": _l("menggabungkan %(what)s dengan klaim lain"),
    "claim_split": _l("memisahkan kemunculan dari %(what)s"),
    "claim_junk": _l("menolak aduan yang bukan kabar pada %(what)s"),
    "claim_undo": _l("mengurungkan keputusan tentang %(what)s"),
    "claim_taken_over": _l("mengambil alih %(what)s dari petugas lain"),
    "claim_tagged": _l("memberi label pada %(what)s"),
    "claim_untagged": _l("melepas label dari %(what)s"),
    "claim_accused_unit_set": _l("mencatat perangkat daerah yang dituduh %(what)s"),
    "claim_accusation_lifted": _l("menyatakan bukan tuduhan pada %(what)s"),
    "claim_unit_closed": _l("memindahkan %(what)s dari perangkat daerah yang ditutup"),
    "claim_asked_from_questions": _l("meminta klaim dari %(what)s"),
    "claim_opened_from_questions": _l("membuka %(what)s dari pertanyaan warga"),
    "questions_joined": _l("menggabungkan pertanyaan warga ke %(what)s"),
    "questions_put_back": _l("mengembalikan %(what)s ke daftar"),
    "questions_set_aside": _l("menyisihkan %(what)s"),
    "question_asked": _l("bertanya kepada perangkat daerah tentang %(what)s"),
    "question_answered": _l("menjawab pertanyaan tentang %(what)s"),
    "question_declined": _l("mengembalikan pertanyaan tentang %(what)s"),
    "question_passed_on": _l("meneruskan pertanyaan tentang %(what)s"),
    "question_withdrawn": _l("menarik pertanyaan tentang %(what)s"),
    "question_unit_closed": _l("mengembalikan pertanyaan tentang %(what)s karena perangkat daerahnya ditutup"),
    "narrative_started": _l("memulai %(what)s"),
    "narrative_claim_added": _l("memasukkan klaim ke %(what)s"),
    "narrative_claim_removed": _l("mengeluarkan klaim dari %(what)s"),
    "narrative_claim_moved": _l("mengganti klaim di %(what)s dengan menggabung atau memisahkan klaim"),
    "narrative_changed": _l("mengubah judul atau catatan %(what)s"),
    "narrative_merged": _l("menggabungkan %(what)s dengan narasi lain"),
    "narrative_separated": _l("memisahkan lagi %(what)s"),
    "narrative_suggestion_refused": _l("menolak saran narasi untuk %(what)s"),
    "narrative_refusal_withdrawn": _l("mengurungkan penolakan saran narasi untuk %(what)s"),
    "alarm_answered": _l("menangani peringatan bahwa %(what)s sedang naik"),
    "alarm_silenced": _l("mendiamkan peringatan bahwa %(what)s sedang naik"),
    "note_written": _l("menulis catatan pada %(what)s"),
    "statement_written": _l("memberi keterangan tentang %(what)s atas nama yang dituduh"),
    "note_deleted": _l("menghapus catatan pada %(what)s"),
    "evidence_added": _l("menambah bukti pada %(what)s"),
    "evidence_removed": _l("menghapus bukti dari %(what)s"),
    "proposal_made": _l("mengusulkan perubahan: %(what)s"),
    "proposal_confirmed": _l("menyetujui usulan: %(what)s"),
    "proposal_refused": _l("menolak usulan: %(what)s"),
    "proposal_withdrawn": _l("menarik usulan: %(what)s"),
    "proposal_alone": _l("memberlakukan usulan tanpa orang kedua, karena tidak ada yang lain: %(what)s"),
    "proposal_stands": _l("memberlakukan sebelum orang kedua melihatnya, dalam keadaan darurat: %(what)s"),
    "contact_shown": _l("melihat kontak atau gambar pelapor pada %(what)s"),
    "contact_erased": _l("menghapus kontaknya dari %(what)s"),
    "report_erased": _l("menghapus %(what)s"),
    "chat_erased": _l("menghapus %(what)s"),
    "resident_asked": _l("bertanya kepada pelapor %(what)s dalam percakapannya"),
    "chat_blocked": _l("memblokir percakapan pelapor %(what)s"),
    "chat_unblocked": _l("membuka blokir percakapan pelapor %(what)s"),
    "objection_received": _l("mengajukan %(what)s"),
    "objection_withdrawn": _l("menarik isi dari %(what)s"),
    "clarification_drafted": _l("menyusun %(what)s"),
    "clarification_edited": _l("menyunting %(what)s"),
    "clarification_taken_over": _l("mengambil alih penulisan %(what)s"),
    "clarification_submitted": _l("mengajukan %(what)s untuk disetujui"),
    "clarification_withdrawn": _l("menarik kembali %(what)s ke rancangan"),
    "clarification_returned": _l("mengembalikan %(what)s kepada penulis"),
    "clarification_published": _l("menyetujui dan menerbitkan %(what)s"),
    "clarification_correction_proposed": _l("mengusulkan koreksi pada %(what)s"),
    "clarification_retraction_proposed": _l("mengusulkan penarikan %(what)s"),
    "clarification_proposal_declined": _l("menolak usulan perubahan pada %(what)s"),
    "clarification_corrected": _l("menyetujui koreksi pada %(what)s"),
    "clarification_retracted": _l("menarik %(what)s"),
    "clarification_emergency_confirmed": _l("mengonfirmasi %(what)s, yang terbit dalam keadaan darurat"),
    "clarification_confirmed": _l("menyatakan %(what)s masih benar"),
    "officer_added": _l("menambah petugas %(what)s"),
    "officer_changed": _l("mengubah nama, peran, atau perangkat daerah %(what)s"),
    "officer_disabled": _l("menutup akun %(what)s"),
    "officer_enabled": _l("membuka lagi akun %(what)s"),
    "password_reset": _l("mengganti kata sandi %(what)s"),
    "officer_invited": _l("mengundang %(what)s"),
    "invitation_repeated": _l("mengirim ulang undangan untuk %(what)s"),
    "invitation_withdrawn": _l("membatalkan undangan untuk %(what)s"),
    "invitation_accepted": _l("menerima undangan: %(what)s"),
    "password_link_repeated": _l("membuat lagi tautan kata sandi %(what)s"),
    "password_asked": _l("meminta tautan kata sandi baru untuk %(what)s"),
    "password_chosen": _l("memilih kata sandi baru lewat tautan: %(what)s"),
    "profile_changed": _l("mengubah profil sendiri: %(what)s"),
    "password_changed": _l("mengganti kata sandi sendiri: %(what)s"),
    "signed_in": _l("masuk: %(what)s"),
    "sign_in_failed": _l("gagal masuk: %(what)s"),
    "sign_in_stopped": _l("berhenti sesudah langkah pertama masuk, tanpa kode kedua: %(what)s"),
    "sign_in_waits": _l("menunda percobaan masuk ke akun %(what)s karena terlalu sering gagal"),
    "session_ended": _l("mengakhiri satu sesi %(what)s"),
    "sessions_ended": _l("mengakhiri semua sesi lain %(what)s"),
    "alarm_browser_added": _l("menambah browser yang dikabari untuk %(what)s"),
    "alarm_browser_removed": _l("mencabut browser yang dikabari dari %(what)s"),
    "recovery_code_used": _l("memakai satu kode cadangan: %(what)s"),
    "recovery_codes_made": _l("membuat kode cadangan baru: %(what)s"),
    "second_factor_braked": _l("menahan faktor kedua %(what)s karena terlalu banyak kode salah"),
    "second_factor_reset_asked": _l("meminta faktor kedua %(what)s disetel ulang"),
    "identity_joined": _l("menyambungkan akun kantor: %(what)s"),
    "identity_removed": _l("melepas akun kantor dari %(what)s"),
    "waiting_period_started": _l("menunda wewenang %(what)s sampai dikonfirmasi orang kedua"),
    "waiting_period_confirmed": _l("mengonfirmasi perubahan akun %(what)s"),
    "waiting_period_rejected": _l("menolak perubahan akun %(what)s"),
    "second_named": _l("menunjuk pihak kedua: %(what)s"),
    "second_removed": _l("mencabut penunjukan pihak kedua: %(what)s"),
    "second_factor_added": _l("memasang faktor kedua: %(what)s"),
    "second_factor_removed": _l("melepas faktor kedua: %(what)s"),
    "second_factor_reset": _l("menyetel ulang faktor kedua %(what)s"),
    "unit_added": _l("menambah perangkat daerah %(what)s"),
    "unit_changed": _l("mengubah perangkat daerah %(what)s"),
    "topic_changed": _l("mengubah penjawab topik %(what)s"),
    "district_changed": _l("mengubah wilayah %(what)s"),
    "programme_added": _l("menambah program %(what)s"),
    "programme_changed": _l("mengubah program %(what)s"),
    "template_changed": _l("mengubah contoh teks %(what)s"),
    "explainer_proposed": _l("mengusulkan %(what)s"),
    "explainer_published": _l("menyetujui %(what)s"),
    "explainer_dropped": _l("membatalkan usulan %(what)s"),
    "channel_proposed": _l("mengusulkan perubahan %(what)s"),
    "channel_approved": _l("menyetujui perubahan %(what)s"),
    "channel_dropped": _l("membatalkan usulan perubahan %(what)s"),
    "office_changed": _l("mengubah %(what)s"),
    "contacts_changed": _l("mengubah %(what)s"),
    "holiday_added": _l("menambah hari libur %(what)s"),
    "holiday_dropped": _l("menghapus hari libur %(what)s"),
    "holiday_verified": _l("memeriksa hari libur %(what)s"),
    "source_added": _l("menambah sumber %(what)s"),
    "source_changed": _l("mengubah sumber %(what)s"),
    "source_paused": _l("menjeda sumber %(what)s"),
    "source_resumed": _l("melanjutkan sumber %(what)s"),
    "source_read": _l("membaca sumber %(what)s"),
    "posts_imported": _l("mengimpor unggahan ke sumber %(what)s"),
    "item_recorded": _l("mencatat %(what)s"),
    "sources_imported": _l("mengimpor %(what)s"),
    "sources_exported": _l("mengunduh %(what)s"),
    "mail_tried": _l("mencoba %(what)s"),
    "tipline_keys_saved": _l("menyimpan kunci %(what)s"),
    "tipline_tried": _l("mencoba %(what)s"),
    "tipline_paused": _l("menjeda %(what)s"),
    "tipline_resumed": _l("melanjutkan %(what)s"),
    "tipline_limited": _l("mengubah batas balasan %(what)s"),
    "webhook_added": _l("menambah %(what)s"),
    "webhook_changed": _l("mengubah %(what)s"),
    "webhook_removed": _l("menghapus %(what)s"),
    "webhook_secret_renewed": _l("mengganti rahasia %(what)s"),
    "webhook_resent": _l("mengirim ulang pesan %(what)s"),
    "webhook_turned_off": _l("mematikan %(what)s karena tidak menerima pesan"),
    "model_activated": _l("memakai %(what)s"),
    "model_fell_back": _l("kembali ke %(what)s karena yang dipakai rusak atau hilang"),
    "purged": _l("menghapus %(what)s"),
    "keys_accepted": _l("mengganti %(what)s"),
    "keys_rotated": _l("menambah kunci baru pada %(what)s"),
    "keys_resealed": _l("menyandi ulang data dengan %(what)s yang terbaru"),
    "audit_key_started": _l("memulai kunci baru untuk %(what)s"),
    "audit_exported": _l("mengunduh %(what)s"),
    "list_exported": _l("mengunduh %(what)s"),
    "report_commented": _l("mengubah catatan pada %(what)s"),
    "report_sent": _l("mengirim %(what)s"),
    "report_reopened": _l("meminta versi baru %(what)s"),
    "report_recipients_changed": _l("mengubah %(what)s"),
    "yearly_report_entered": _l("mengisi %(what)s"),
    "yearly_report_sent": _l("mengirim %(what)s"),
    "yearly_report_reopened": _l("membuat versi baru %(what)s"),
}

ACCOUNT_ACTION_PREFIXES = (
    "officer_",
    "invitation_",
    "password_",
    "second_",
    "recovery_",
    "identity_",
    "waiting_period_",
)
AUDIT_GROUPS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "terbit": (
        _l("Terbit dan tarik"),
        ("clarification_published", "clarification_corrected", "clarification_retracted", "clarification_confirmed"),
    ),
    "kontak": (_l("Kontak pelapor"), ("contact_shown", "contact_erased", "report_erased", "chat_erased")),
    "akun": (
        _l("Peran dan akun"),
        tuple(action for action in AUDIT_SENTENCES if action.startswith(ACCOUNT_ACTION_PREFIXES)),
    ),
    "masuk": (
        _l("Masuk dan ditolak"),
        ("signed_in", "sign_in_failed", "sign_in_stopped", "sign_in_waits", "session_ended", "sessions_ended"),
    ),
}
"""Acts that are often looked for together, by what stands in the address."""

REPORTER_ACTIONS = frozenset({"contact_erased", "report_erased", "chat_erased"})
OBJECTION_ACTIONS = frozenset({"objection_received", "objection_withdrawn"})
UNKNOWN_PERSON_ACTIONS = frozenset({"sign_in_failed", "sign_in_stopped", "sign_in_waits"})
PROGRAM_ACTIONS = frozenset(
    {
        "purged",
        "source_paused",
        "model_fell_back",
        "claim_unit_closed",
        "question_unit_closed",
        "model_activated",
        "webhook_turned_off",
    }
)


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
    if name:
        return name
    if action in REPORTER_ACTIONS:
        return _l("Pelapor")
    if action in OBJECTION_ACTIONS:
        return _l("Warga")
    if action in UNKNOWN_PERSON_ACTIONS:
        return _l("Seseorang")
    return _l("Program") if action in PROGRAM_ACTIONS else _l("Baris perintah")
