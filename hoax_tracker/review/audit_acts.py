"""What is done at the desk, as the audit log says it: questions, notes, evidence, narratives, labels, contacts.

Decisions about a claim are the claim's own (claims/locks.py). The package imports this, whatever is used of it.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from hoax_tracker.core.audit.audit_log import AuditAct, register_acts

register_acts(
    AuditAct(
        "claim_accused_unit_set",
        _l("mencatat perangkat daerah yang dituduh %(what)s"),
        _l("Mencatat perangkat daerah yang dituduh"),
    ),
    AuditAct("claim_accusation_lifted", _l("menyatakan bukan tuduhan pada %(what)s"), _l("Menyatakan bukan tuduhan")),
    AuditAct("claim_tagged", _l("memberi label pada %(what)s")),
    AuditAct("claim_untagged", _l("melepas label dari %(what)s")),
    AuditAct("claim_asked_from_questions", _l("meminta klaim dari %(what)s")),
    AuditAct("claim_opened_from_questions", _l("membuka %(what)s dari pertanyaan warga")),
    AuditAct("questions_joined", _l("menggabungkan pertanyaan warga ke %(what)s")),
    AuditAct("questions_put_back", _l("mengembalikan %(what)s ke daftar")),
    AuditAct("questions_set_aside", _l("menyisihkan %(what)s")),
    AuditAct(
        "question_asked", _l("bertanya kepada perangkat daerah tentang %(what)s"), _l("Bertanya ke perangkat daerah")
    ),
    AuditAct("question_answered", _l("menjawab pertanyaan tentang %(what)s"), _l("Menjawab pertanyaan")),
    AuditAct("question_declined", _l("mengembalikan pertanyaan tentang %(what)s"), _l("Mengembalikan pertanyaan")),
    AuditAct("question_passed_on", _l("meneruskan pertanyaan tentang %(what)s"), _l("Meneruskan pertanyaan")),
    AuditAct("question_withdrawn", _l("menarik pertanyaan tentang %(what)s"), _l("Menarik pertanyaan")),
    AuditAct("note_written", _l("menulis catatan pada %(what)s")),
    AuditAct("statement_written", _l("memberi keterangan tentang %(what)s atas nama yang dituduh")),
    AuditAct("note_deleted", _l("menghapus catatan pada %(what)s")),
    AuditAct("evidence_added", _l("menambah bukti pada %(what)s")),
    AuditAct("evidence_removed", _l("menghapus bukti dari %(what)s")),
    AuditAct("narrative_started", _l("memulai %(what)s"), _l("Memulai narasi")),
    AuditAct("narrative_claim_added", _l("memasukkan klaim ke %(what)s"), _l("Memasukkan klaim")),
    AuditAct("narrative_claim_removed", _l("mengeluarkan klaim dari %(what)s"), _l("Mengeluarkan klaim")),
    AuditAct(
        "narrative_claim_moved",
        _l("mengganti klaim di %(what)s dengan menggabung atau memisahkan klaim"),
        _l("Menggabung atau memisahkan klaim, yang kini di sini"),
    ),
    AuditAct("narrative_changed", _l("mengubah judul atau catatan %(what)s"), _l("Mengubah judul atau catatan")),
    AuditAct("narrative_merged", _l("menggabungkan %(what)s dengan narasi lain"), _l("Menggabungkan narasi")),
    AuditAct("narrative_separated", _l("memisahkan lagi %(what)s"), _l("Memisahkan lagi narasi")),
    AuditAct("narrative_suggestion_refused", _l("menolak saran narasi untuk %(what)s")),
    AuditAct("narrative_refusal_withdrawn", _l("mengurungkan penolakan saran narasi untuk %(what)s")),
    AuditAct("contact_shown", _l("melihat kontak atau gambar pelapor pada %(what)s"), group="kontak"),
)
