"""The class of every act: routes that change or show something, commands and jobs.

The application does not start with a route that has no class, nor the command line with such a command, nor the worker
with such a job: nobody adds an act without saying who may do it alone.

What PUBLIC and POWER mean is kept elsewhere by construction: such an act stores a proposal, and the database refuses
what stands on none (``guards.py``).
"""

from __future__ import annotations

from collections.abc import Iterable

from werkzeug.routing import Map

from hoax_tracker.authority.acts import ActClass

READING = frozenset({"GET", "HEAD", "OPTIONS"})
PUBLIC, POWER, PERSONAL, DESK = ActClass.PUBLIC, ActClass.POWER, ActClass.PERSONAL, ActClass.DESK

# Each ends in a proposal, or settles one.
PUBLIC_ROUTES = (
    "accounts.add_programme",
    "accounts.change_district",
    "accounts.change_programme",
    "accounts.change_topic",
    "accounts.public_contacts",
    "accounts.tipline_channel",
    "bulk.act",
    "channels.add",
    "channels.edit",
    "claim_chats.reply",
    "clarify.approve",
    "clarify.decline",
    "clarify.propose",
    "clarify.write",
    "evidence.forget_recording",
    "evidence.recording",
    "evidence.reported_recording",
    "explainers.add",
    "explainers.edit",
    "flag.activate",
    "ingest.add",
    "ingest.edit",
    "ingest.import_opml",
    "monthly_reports.edit_recipients",
    "objection_desk.page",
    "proposals.settle",
    "review.decide",
    "review.throw_out",
)
POWER_ROUTES = (
    "account_links.accept_invitation",
    "accounts.add_unit",
    "accounts.change_officer",
    "accounts.change_unit",
    "accounts.disable_officer",
    "accounts.enable_officer",
    "accounts.hand_password_link",
    "accounts.invite_officer",
    "accounts.name_second",
    "accounts.repeat_invitation",
    "accounts.reset_password",
    "accounts.reset_second_factor",
    "accounts.unlink_officer_identity",
    "accounts.withdraw_invitation",
)
# Reading these shows who reported, or what a resident sent; lifting an accusation lets its branch read it.
PERSONAL_ROUTES = ("review.added_picture", "review.contact", "review.lift", "review.picture")
# What one officer, or a resident, does alone.
DESK_ROUTES = (
    "account_links.choose_password",
    "account_links.forgot_password",
    "accounts.add_holiday",
    "accounts.add_webhook",
    "accounts.change_holiday",
    "accounts.change_template",
    "accounts.change_webhook",
    "accounts.limit_tipline",
    "accounts.office_hours",
    "accounts.pause_tipline",
    "accounts.remove_webhook",
    "accounts.renew_webhook_secret",
    "accounts.resend_webhook",
    "accounts.save_tipline_keys",
    "accounts.try_mail",
    "accounts.try_tipline",
    "api.check",
    "api.report",
    "bulk.forget",
    "bulk.save",
    "bulk.undo",
    "check.check",
    "check.same",
    "claim_chats.ask",
    "claim_chats.block",
    "claim_chats.read_instead",
    "claim_chats.withdraw",
    "clarify.draft",
    "clarify.draw",
    "clarify.drop_typed",
    "clarify.keep_typed",
    "clarify.save",
    "demand.decide",
    "desk_help.decline_tour",
    "demo_chat.send",
    "early_warning.end",
    "evidence.file",
    "evidence.link",
    "evidence.remove",
    "hub.deliver",
    "ingest.export_opml",
    "ingest.name_columns",
    "ingest.pause",
    "ingest.read",
    "ingest.record",
    "ingest.resume",
    "ingest.send_table",
    "install.shared_in",
    "monthly_reports.comment",
    "monthly_reports.renew",
    "monthly_reports.send",
    "narratives.change",
    "narratives.edit",
    "narratives.merge",
    "notes.erase",
    "notes.label",
    "notes.state",
    "notes.unlabel",
    "notes.write",
    "objections.form",
    "objections.withdraw",
    "own_account.add_alarm_browser",
    "own_account.change_password",
    "own_account.change_profile",
    "own_account.end_other_sessions",
    "own_account.end_session",
    "own_account.remove_alarm_browser",
    "own_account.switch_keys",
    "own_account.unlink",
    "pages.same_claim",
    "pages.useful",
    "reports.add",
    "reports.erase",
    "reports.find_ticket",
    "reports.report",
    "review.accuse",
    "review.undo",
    "second_factor.add_code_app",
    "second_factor.add_passkey",
    "second_factor.confirm",
    "second_factor.confirm_options",
    "second_factor.passkey_options",
    "second_factor.remove_code_app",
    "second_factor.remove_passkey",
    "second_factor.renew_recovery_codes",
    "second_step.by_passkey",
    "second_step.by_passkey_options",
    "second_step.page",
    "second_step.page_options",
    "security.login",
    "security.logout",
    "sign_on.begin",
    "subscriptions.confirm",
    "subscriptions.end",
    "subscriptions.subscribe",
    "subscriptions.subscribe_browser",
    "subscriptions.unsubscribe_browser",
    "tipline_hooks.receive_telegram",
    "tipline_hooks.receive_whatsapp",
    "work.act_on",
    "work.ask",
    "work.give_back",
    "work.hold",
    "work.saw",
    "yearly_reports.enter",
    "yearly_reports.renew",
    "yearly_reports.send",
)
ROUTES: dict[str, ActClass] = {
    **dict.fromkeys(PUBLIC_ROUTES, PUBLIC),
    **dict.fromkeys(POWER_ROUTES, POWER),
    **dict.fromkeys(PERSONAL_ROUTES, PERSONAL),
    **dict.fromkeys(DESK_ROUTES, DESK),
}
PUBLIC_COMMANDS = ("model activate", "source add", "source import")
POWER_COMMANDS = (
    "officer add",
    "officer disable",
    "officer reset",
    "officer reset-second-factor",
    "officer second",
    "officer unlink",
)
# Whoever types them has the whole server: what holds are the database's guards, the audit log and its sealed copies.
DESK_COMMANDS = (
    "audit new-key",
    "audit verify",
    "backup",
    "check",
    "demo",
    "doctor",
    "export claimreview",
    "export csv",
    "export pairs",
    "flag",
    "ingest",
    "init",
    "jobs list",
    "jobs retry",
    "keys accept",
    "keys reseal",
    "keys rotate",
    "match",
    "model card",
    "model evaluate",
    "model learn",
    "model list",
    "model train",
    "model train-reader",
    "move",
    "officer list",
    "purge",
    "restore",
    "search check",
    "search rebuild",
    "serve",
    "source export",
    "source list",
    "source pause",
    "source posts",
    "worker",
)
COMMANDS: dict[str, ActClass] = {
    **dict.fromkeys(PUBLIC_COMMANDS, PUBLIC),
    **dict.fromkeys(POWER_COMMANDS, POWER),
    **dict.fromkeys(DESK_COMMANDS, DESK),
}
# What the worker does by itself follows from rows that people made. It never confirms anything in anybody's name.
JOBS: dict[str, ActClass] = {
    "power that nobody can confirm": POWER,
    "unconfirmed emergency pages": PUBLIC,
} | dict.fromkeys(
    (
        "residents' reports",
        "what officers asked",
        "word to reporters",
        "objections to decide",
        "work of closed units",
        "claims given to units",
        "notices by mail",
        "morning digests",
        "new claims and published pages",
        "refused sign-ins",
        "links for passwords",
        "copies of evidence",
        "letters to subscribers",
        "letters",
        "pushes",
        "webhooks",
        "chats",
        "changed pages in chats",
        "messages at Telegram",
        "share cards",
        "sources",
        "copies of pages",
        "hubs",
        "residents' questions",
        "demand for claims",
        "early warning",
        "monthly statistics",
        "monthly reports",
        "figures of pages",
        "match index",
        "purging",
        "learning",
    ),
    DESK,
)


class UndeclaredActError(RuntimeError):
    """A route, command or job says nowhere what it may change."""


def require_declared_routes(routes: Map) -> None:
    """Raise UndeclaredActError for a route that changes something and has no class, and for a class without a route."""
    writing = {rule.endpoint for rule in routes.iter_rules() if set(rule.methods or ()) - READING}
    every = {rule.endpoint for rule in routes.iter_rules()}
    _require_same(writing | set(PERSONAL_ROUTES), set(ROUTES), every)


def require_declared_commands(names: set[str]) -> None:
    """Raise UndeclaredActError for a command without a class, and for a class without a command."""
    _require_same(names, set(COMMANDS), names)


def require_declared_jobs(names: set[str]) -> None:
    """Raise UndeclaredActError for a job of the worker without a class, and for a class without a job."""
    _require_same(names, set(JOBS), names)


def _require_same(acts: set[str], declared: set[str], known: Iterable[str]) -> None:
    """Raise UndeclaredActError where acts and declarations differ."""
    missing, stale = sorted(acts - declared), sorted(declared - set(known))
    if missing or stale:
        raise UndeclaredActError(
            f"hoax_tracker/authority/declared.py: no class for {missing or 'none'}, no such act {stale or 'none'}"
        )
