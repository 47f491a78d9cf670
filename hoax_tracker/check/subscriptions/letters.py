"""Letters to subscribers, in the current language. They hold nothing but what is public, and links."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from hoax_tracker.check.subscriptions.page_changes import PageChange, title_changes
from hoax_tracker.models import District, Subscription, SubscriptionChoice, db
from hoax_tracker.notifications.mail import Letter, public_url_for

MOST_ENTRIES = 20


def describe_choice(row: SubscriptionChoice) -> str:
    """Return what a subscription is about, as display text."""
    if row.topic is not None:
        return str(_("klarifikasi tentang topik %(topic)s", topic=row.topic.label))
    district = db.session.get(District, row.district_id) if row.district_id is not None else None
    if district is not None:
        return str(_("klarifikasi yang menyebut Kecamatan %(name)s", name=district.name))
    return str(_("semua klarifikasi"))


def build_confirmation_letter(row: Subscription, token: str) -> Letter:
    """Return the letter that asks the reader to confirm."""
    return Letter(
        subject=_("Konfirmasi: kabari saya tentang klarifikasi"),
        paragraphs=(
            _("Alamat ini diisi di Kupang Kabas Hoaks untuk dikabari tentang %(choice)s.", choice=describe_choice(row)),
            _("Bila itu Anda, buka tautan ini dan tekan tombolnya dalam 72 jam. Sebelum itu tidak ada yang dikirim."),
        ),
        action=(_("Ya, kabari saya"), public_url_for("subscriptions.confirm", token=token)),
        closing=(_("Bukan Anda? Abaikan email ini: alamat Anda terhapus sendiri."),),
        why=_("Anda menerima email ini karena alamat ini diisi pada formulir langganan."),
        unsubscribe_url=public_url_for("subscriptions.end", token=token),
    )


def build_daily_letter(row: Subscription, token: str, changes: Sequence[PageChange]) -> Letter:
    """Return the letter of the day about pages that were published, corrected or withdrawn."""
    shown = [(change.line, change.slug) for change in changes[:MOST_ENTRIES]]
    more = len(changes) - len(shown)
    closing = (_("Dan %(count)s lainnya, di daftar klarifikasi.", count=more),) if more else ()
    return Letter(
        subject=title_changes(changes),
        paragraphs=(_("Sejak email terakhir kami:"),),
        entries=tuple((words, public_url_for("pages.page", slug=slug)) for words, slug in shown),
        action=(_("Lihat semua klarifikasi"), public_url_for("pages.listing")),
        closing=closing,
        why=_("Anda berlangganan %(choice)s, paling banyak satu email sehari.", choice=describe_choice(row)),
        unsubscribe_url=public_url_for("subscriptions.end", token=token),
    )
