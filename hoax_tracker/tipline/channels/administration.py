"""Administrators' acts on channels: keys, a try, pause, ceiling. Who answers, and that it answers, two people decide.

Keys are stored at once, by one person: they belong to the account and the server that two people confirmed, and none
of another account or server fits (``access.fits_account``). So are a pause and its end, because both people agreed to
the service. No key is ever shown, logged or written to the audit log.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _, lazy_gettext as _l

from hoax_tracker.authority.acts import ActClass
from hoax_tracker.authority.row_acts import RowAct, Values, register_row_act
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.audit_log import AuditAct, register_acts
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.core.fetch import AddressRefusedError
from hoax_tracker.core.fetch.addresses import parse_target
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import Officer, Proposal, TiplineChannel, db
from hoax_tracker.organisation.public_contacts import CHAT_LABELS, public_address
from hoax_tracker.tipline.channels.access import (
    TELEGRAM,
    WHATSAPP,
    ChannelAccess,
    ChannelKeys,
    fits_account,
    load_channel,
    seal_keys,
    unseal_keys,
)
from hoax_tracker.tipline.channels.api_client import make_fetcher, read_dicts, shorten_words
from hoax_tracker.tipline.channels.telegram import TelegramChannel, describe_answer, result_of
from hoax_tracker.tipline.channels.whatsapp import WhatsAppChannel, describe_answer as describe_whatsapp
from hoax_tracker.tipline.messages import TemporarySendError

CHANNEL_LABELS: dict[str, str] = CHAT_LABELS
LONGEST_KEY = 1_000
HIGHEST_CEILING = 10_000_000

_BOT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{3,31}")
_BOT_TOKEN = re.compile(r"\d{3,20}:[A-Za-z0-9_-]{20,100}")
_NUMBER = re.compile(r"[1-9]\d{7,14}")
_ID = re.compile(r"\d{3,30}")
_TEMPLATE = re.compile(r"[a-z0-9_]{1,100}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,59}")

register_acts(
    AuditAct("tipline_keys_saved", _l("menyimpan kunci %(what)s"), _l("menyimpan kunci saluran percakapan")),
    AuditAct("tipline_tried", _l("mencoba %(what)s"), _l("mencoba saluran percakapan")),
    AuditAct("tipline_paused", _l("menjeda %(what)s"), _l("menjeda saluran percakapan")),
    AuditAct("tipline_resumed", _l("melanjutkan %(what)s"), _l("melanjutkan saluran percakapan")),
    AuditAct("tipline_limited", _l("mengubah batas balasan %(what)s"), _l("mengubah batas balasan")),
    is_setup=True,
)

register_acts(AuditAct("chat_erased", _l("menghapus percakapan %(what)s"), group="kontak", actor=_l("Pelapor")))


def _require_valid_channel(row: TiplineChannel, values: Values) -> None:
    """Raise InvalidInputError for an account or a server that cannot be, or a service without its keys."""
    _require_valid_account(row.name, values)
    _require_valid_server(values)
    _require_valid_template(values)
    if not values["is_in_service"]:
        return
    settings = current_settings()
    keys = unseal_keys(row.sealed_keys, settings.contact_key)
    if not fits_account(row.name, values["account_id"], values["base_url"], keys):
        message = _("Kuncinya belum ada, atau bukan milik akun dan server ini. Tempel dulu kuncinya, lalu usulkan.")
        raise _refuse_field("is_in_service", message)


def _require_valid_account(name: str, values: Values) -> None:
    """Raise InvalidInputError for an account that is none of the channel."""
    if name == TELEGRAM and not _BOT_NAME.fullmatch(values["account"]):
        raise _refuse_field("account", _("Tulis nama bot tanpa @, misalnya kabas_kupang_bot."))
    if name == WHATSAPP and not _NUMBER.fullmatch(values["account"]):
        raise _refuse_field("account", _("Tulis nomornya dengan kode negara dan tanpa tanda, misalnya 6281234567890."))
    if values["account_id"] and not _ID.fullmatch(values["account_id"]):
        raise _refuse_field("account_id", _("ID itu terdiri dari angka saja."))
    if name == WHATSAPP and not values["account_id"]:
        raise _refuse_field("account_id", _("Salin ID nomor telepon dari halaman Meta."))
    if name == WHATSAPP and not _HEADER.fullmatch(values["auth_header"]):
        raise _refuse_field("auth_header", _("Nama tajuk terdiri dari huruf, angka, dan tanda hubung."))


def _require_valid_server(values: Values) -> None:
    """Raise InvalidInputError for a server that is not public, or without TLS."""
    settings = current_settings()
    try:
        target = parse_target(values["base_url"], settings.fetch_allow)
    except AddressRefusedError as error:
        message = _("Alamat itu tidak dapat dipakai. Gunakan alamat publik yang diawali https://.")
        raise _refuse_field("base_url", message) from error
    if target.scheme != "https" and not target.loopback_allowed:
        raise _refuse_field("base_url", _("Alamatnya harus diawali https://, supaya kuncinya tidak terbaca di jalan."))


def _require_valid_template(values: Values) -> None:
    """Raise InvalidInputError for a template that WhatsApp cannot have. Older proposals have none."""
    name, business_id = values.get("template_name", ""), values.get("business_id", "")
    if business_id and not _ID.fullmatch(business_id):
        raise _refuse_field("business_id", _("ID itu terdiri dari angka saja."))
    if not name:
        return
    if not _TEMPLATE.fullmatch(name):
        message = _("Nama templat terdiri dari huruf kecil, angka, dan garis bawah, seperti di halaman Meta.")
        raise _refuse_field("template_name", message)
    if not _LANGUAGE.fullmatch(values["template_language"]):
        raise _refuse_field("template_language", _("Tulis kode bahasa templat itu di Meta, misalnya id."))


def _refuse_field(field: str, message: str) -> InvalidInputError:
    """Return an error that the form shows beside its field."""
    return InvalidInputError(f"a channel's {field} is refused", user_message=message, field=field)


def _describe_effect(proposal: Proposal) -> str:
    """Say to the confirmer what residents will meet, and how to look at it."""
    address = public_address(proposal.subject.partition(":")[2], proposal.values.get("account", ""))
    if not proposal.values.get("is_in_service"):
        return str(_("Warga yang menulis ke %(address)s tidak lagi dijawab.", address=address))
    words = _(
        "Program ini menjawab warga atas nama kota di %(address)s. Buka sendiri alamat itu dan pastikan akunnya milik "
        "kota sebelum menyetujui.",
        address=address,
    )
    return str(words)


CHANNELS = RowAct(
    "tipline_channel",
    _l("Saluran percakapan"),
    ActClass.PUBLIC,
    {
        "account": _l("Akun yang dilihat warga"),
        "account_id": _l("ID akun"),
        "base_url": _l("Server"),
        "auth_header": _l("Tajuk kunci"),
        "business_id": _l("ID akun WhatsApp Business"),
        "template_name": _l("Nama templat"),
        "template_language": _l("Bahasa templat"),
        "is_polled": _l("Ambil sendiri, tanpa alamat publik"),
        "is_in_service": _l("Melayani warga"),
    },
    find=load_channel,
    check=_require_valid_channel,
    title=lambda proposal: _("Saluran percakapan: %(name)s", name=CHANNEL_LABELS[proposal.subject.partition(":")[2]]),
    effect=_describe_effect,
    link=lambda proposal: ("accounts.tipline_channel", {"channel_name": proposal.subject.partition(":")[2]}),
)
"""The key of a row is the channel's name."""
register_row_act(CHANNELS)


def propose_channel(name: str, values: Values, seen: str, *, by: Officer, now: datetime) -> Proposal | None:
    """Propose who answers on a channel, and whether it is in service. Raises InvalidInputError or EditConflictError."""
    if name == TELEGRAM:
        settings = current_settings()
        keys = unseal_keys(load_channel(name).sealed_keys, settings.contact_key)
        number = keys.token.partition(":")[0] if keys else ""
        values = values | {"account": values["account"].removeprefix("@"), "account_id": number, "auth_header": ""}
        values = values | dict.fromkeys(("business_id", "template_name", "template_language"), "")
    else:
        values = values | {"account": re.sub(r"[\s()+.-]", "", values["account"]), "is_polled": False}
    return CHANNELS.propose(name, values, seen, by=by, now=now)


def save_keys(name: str, token: str, app_secret: str, *, by: Officer, now: datetime) -> None:
    """Store the keys of a channel, for the server that it has or that waits. Raises InvalidInputError."""
    _require_valid_keys(name, token, app_secret)
    settings = current_settings()
    with write_transaction():
        row = _lock_channel(name)
        before = unseal_keys(row.sealed_keys, settings.contact_key)
        server = CHANNELS.values_to_edit(row, name)["base_url"]
        # The address at Meta was verified with the old one, and need not be again.
        own = before.webhook_secret if before and name == WHATSAPP else secrets.token_urlsafe(32)
        keys = ChannelKeys(server, token, app_secret, own)
        row.sealed_keys, row.keys_saved_at = seal_keys(keys, settings.contact_key), now
        db.session.add(row)
        record_channel_event("tipline_keys_saved", name, by, now, server=server)


def _require_valid_keys(name: str, token: str, app_secret: str) -> None:
    """Raise InvalidInputError for a key that cannot be one."""
    if not 10 <= len(token) <= LONGEST_KEY or not token.isascii() or not token.isprintable() or " " in token:
        raise _refuse_field("token", _("Kunci itu tidak lengkap. Salin seluruhnya, tanpa spasi."))
    if name == TELEGRAM and not _BOT_TOKEN.fullmatch(token):
        raise _refuse_field("token", _("Token bot berbentuk angka, titik dua, lalu huruf: salin dari BotFather."))
    if name == WHATSAPP and not (10 <= len(app_secret) <= LONGEST_KEY and app_secret.isascii()):
        raise _refuse_field("app_secret", _("Salin rahasia aplikasi dari halaman Meta, bagian App settings."))


def pause_channel(name: str, *, is_paused: bool, by: Officer, now: datetime) -> None:
    """Pause a channel, or let it go on. What comes meanwhile is kept and answered afterwards."""
    with write_transaction():
        row = _lock_channel(name)
        if (row.paused_at is not None) != is_paused:
            row.paused_at = now if is_paused else None
            db.session.add(row)
            record_channel_event("tipline_paused" if is_paused else "tipline_resumed", name, by, now)


def limit_replies(name: str, ceiling: int | None, *, by: Officer, now: datetime) -> None:
    """Set the monthly ceiling of replies; None for none. Raises InvalidInputError."""
    if ceiling is not None and not 0 <= ceiling <= HIGHEST_CEILING:
        raise _refuse_field("ceiling", _("Tulis bilangan dari 0, atau kosongkan untuk tanpa batas."))
    with write_transaction():
        row = _lock_channel(name)
        before, row.monthly_ceiling, row.warned_month = row.monthly_ceiling, ceiling, ""
        db.session.add(row)
        record_channel_event("tipline_limited", name, by, now, before=before, after=ceiling)


def _lock_channel(name: str) -> TiplineChannel:
    """Return the channel's row, which nobody else changes in this transaction; a new one where none is stored."""
    query = sa.select(TiplineChannel).where(TiplineChannel.name == name).with_for_update()
    return db.session.scalar(query) or load_channel(name)


def record_channel_event(action: str, name: str, by: Officer, now: datetime, **detail: Any) -> None:
    """Add the audit event of an act, in the current transaction."""
    audit_log.record_event(action, CHANNELS.subject(name), officer=by, now=now, detail=detail)


NUMBER_FIELDS = "display_phone_number,verified_name,quality_rating,name_status"


@dataclass(frozen=True)
class Trial:
    """What came of a try: whether the account answered, a sentence, and what the service said of it."""

    is_good: bool
    words: str
    lines: tuple[tuple[str, str], ...] = ()


def try_channel(name: str, settings: Settings) -> Trial:
    """Ask the service with the values that wait or count. It takes seconds, so that it ends the open transaction."""
    access = _read_trial_access(name, settings)
    db.session.rollback()
    if access is None:
        return Trial(False, _("Kuncinya belum ada, atau untuk server lain. Tempel dulu kuncinya."))
    try:
        return _try_telegram(access, settings) if name == TELEGRAM else _try_whatsapp(access, settings)
    except TemporarySendError as error:
        return Trial(False, _("Layanannya tidak menjawab: %(reason)s.", reason=str(error)))


def _read_trial_access(name: str, settings: Settings) -> ChannelAccess | None:
    """Return the channel as it would be if what waits were confirmed; None without keys for that server."""
    row = load_channel(name)
    values, keys = CHANNELS.values_to_edit(row, name), unseal_keys(row.sealed_keys, settings.contact_key)
    if keys is None or keys.base_url != values["base_url"]:
        return None
    return _make_access(name, values, keys)


def _make_access(name: str, values: Mapping[str, Any], keys: ChannelKeys) -> ChannelAccess:
    """Return a channel that is not in service, with these values."""
    parts = ("account_id", "account", "base_url", "auth_header", "business_id", "template_name", "template_language")
    named = {part: values.get(part, "") for part in parts}
    return ChannelAccess(name=name, keys=keys, **named)


def _try_telegram(access: ChannelAccess, settings: Settings) -> Trial:
    """Ask who the bot is, and what Telegram last met at our address."""
    bot = TelegramChannel(access, make_fetcher(settings.fetch_allow))
    answer = bot.call("getMe", {})
    found = result_of(answer)
    if not found:
        return Trial(False, _("Telegram menolak: %(reason)s.", reason=describe_answer(answer)))
    username = shorten_words(found.get("username") or "")
    lines = [(_("Bot"), f"@{username}"), (_("Nama"), shorten_words(found.get("first_name") or ""))]
    delivery = result_of(bot.call("getWebhookInfo", {}))
    lines += _describe_delivery(delivery)
    if access.account and username.lower() != access.account.lower():
        words = _("Kunci itu milik @%(found)s, bukan @%(wanted)s.", found=username, wanted=access.account)
        return Trial(False, words, tuple(lines))
    if found.get("can_read_all_group_messages"):
        words = _("Bot ini membaca semua pesan grup. Nyalakan lagi «Group Privacy» di BotFather.")
        return Trial(False, words, tuple(lines))
    return Trial(True, _("Telegram mengenal bot ini."), tuple(lines))


def _describe_delivery(delivery: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return where Telegram delivers, what waits there, and what went wrong last."""
    parts = (
        (_("Alamat pengiriman"), delivery.get("url")),
        (_("Menunggu diambil"), delivery.get("pending_update_count")),
        (_("Gangguan terakhir"), delivery.get("last_error_message")),
    )
    return [(str(label), shorten_words(value)) for label, value in parts if value]


def _try_whatsapp(access: ChannelAccess, settings: Settings) -> Trial:
    """Ask what the number is called, and how well it is thought of."""
    number = WhatsAppChannel(access, make_fetcher(settings.fetch_allow))
    answer = number.call(f"?fields={NUMBER_FIELDS}")
    if answer.status != HTTPStatus.OK:
        return Trial(False, _("WhatsApp menolak: %(reason)s.", reason=describe_whatsapp(answer)))
    shown = str(answer.content.get("display_phone_number") or "")
    parts = (
        (_("Nomor"), shown),
        (_("Nama"), answer.content.get("verified_name")),
        (_("Mutu"), answer.content.get("quality_rating")),
    )
    lines = tuple((str(label), str(value)[:80]) for label, value in parts if value)
    digits = "".join(character for character in shown if character.isdecimal())
    if digits and access.account and digits != access.account:
        words = _("Kunci itu milik nomor %(found)s, bukan %(wanted)s.", found=shown, wanted=access.account)
        return Trial(False, words, lines)
    fault, template_lines = _try_template(number, access)
    return Trial(not fault, fault or _("WhatsApp mengenal nomor ini."), (*lines, *template_lines))


def _try_template(number: WhatsAppChannel, access: ChannelAccess) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return what is wrong with the template ("" for nothing), and what WhatsApp said of it."""
    label = str(_("Templat"))
    if not access.template_name:
        return "", ((label, str(_("belum ada; kabar di luar 24 jam menunggu warga menulis lagi"))),)
    if not access.business_id:
        return "", ((label, str(_("isi ID akun WhatsApp Business agar dapat diperiksa di sini"))),)
    answer = number.find_templates()
    if answer.status != HTTPStatus.OK:
        return str(_("WhatsApp menolak: %(reason)s.", reason=describe_whatsapp(answer))), ()
    wanted = (access.template_name, access.template_language)
    templates = read_dicts(answer.content.get("data"))
    template = next((one for one in templates if (one.get("name"), one.get("language")) == wanted), None)
    if template is None:
        about = dict(zip(("name", "language"), wanted, strict=True))
        return str(_("WhatsApp tidak mengenal templat %(name)s dalam bahasa %(language)s.", **about)), ()
    parts = ("name", "language", "status", "category")
    description = shorten_words(" ".join(str(template.get(part) or "") for part in parts))
    return _find_template_fault(template), ((label, description),)


def _find_template_fault(template: Mapping[str, Any]) -> str:
    """Return why a template cannot be sent as this program does; "" for nothing."""
    if template.get("status") != "APPROVED":
        return str(_("Templat itu belum disetujui Meta, atau dicabut."))
    parts = read_dicts(template.get("components"))
    buttons = [button.get("type") for part in parts for button in read_dicts(part.get("buttons"))]
    if buttons != ["QUICK_REPLY"]:
        return str(_("Templat itu harus punya tepat satu tombol, yaitu balas cepat (Quick reply)."))
    if any("{{" in str(part.get("text")) for part in parts):
        return str(_("Templat itu tidak boleh memuat isian seperti {{1}}."))
    return ""
