"""*Coba*: ask the service who the account is, with the keys that are stored, and say what it answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask_babel import gettext as _

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import db
from hoax_tracker.tipline.channels.access import (
    TELEGRAM,
    ChannelAccess,
    ChannelKeys,
    load_channel,
    unseal_keys,
)
from hoax_tracker.tipline.channels.administration import CHANNELS
from hoax_tracker.tipline.channels.api_client import make_fetcher, shorten_words
from hoax_tracker.tipline.channels.payloads import read_dicts
from hoax_tracker.tipline.channels.telegram import TelegramChannel, describe_answer, result_of
from hoax_tracker.tipline.channels.whatsapp import WhatsAppChannel
from hoax_tracker.tipline.channels.whatsapp import describe_answer as describe_whatsapp
from hoax_tracker.tipline.messages import TemporarySendError

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
    return [(str(label), shorten_words(said)) for label, said in parts if said]


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
    lines = tuple((str(label), str(said)[:80]) for label, said in parts if said)
    digits = "".join(character for character in shown if character.isdecimal())
    if digits and access.account and digits != access.account:
        words = _("Kunci itu milik nomor %(found)s, bukan %(wanted)s.", found=shown, wanted=access.account)
        return Trial(False, words, lines)
    fault, said = _try_template(number, access)
    return Trial(not fault, fault or _("WhatsApp mengenal nomor ini."), (*lines, *said))


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
