"""Letters that leave by e-mail: posted with the act that causes them, sent by the worker, never lost.

Who wants somebody to be told writes, inside the ``write_transaction()`` block of the act itself:

    with force_locale("id"):
        letter = Letter(
            subject=_("Klaim %(number)s menunggu jawaban Anda", number=claim.id),
            paragraphs=(_("…"),),
            action=(_("Buka klaim"), link("review.claim", claim_id=claim.id)),
            why=_("Anda menerima email ini karena Anda petugas %(unit)s.", unit=unit.name),
        )
    post(f"claim:{claim.id}:assigned:{decision_number}:{officer.id}", officer.email, letter, now)

- The key names the act and the reader. A second letter with the same key is not posted, so whoever is not sure whether
  it was told may post again.
- The letter commits or vanishes with the act. Where no mail server is set, nothing is posted.
- Address and words lie encrypted in the row (contact key) and leave it once the letter is sent or refused for good.

Between "the server has the letter" and "we know that it has it" lies one answer on the wire. Where the connection dies
right there (or this machine does), nobody can tell; the letter is then sent again, with the same Message-ID, by which
mail servers and programs know it for the same one. Anywhere else a letter arrives once.
"""

from hoax_tracker.notifications.mail.delivery import send_due_letters, send_letter_now
from hoax_tracker.notifications.mail.outbox import Letter, enqueue_letter, is_mail_enabled, public_url_for

__all__ = ["Letter", "enqueue_letter", "is_mail_enabled", "public_url_for", "send_due_letters", "send_letter_now"]
