"""The public pages: check a message, read clarifications, report, follow a ticket."""

FACE = (
    "answers.admission",
    "answers.answer_label",
    "answers.care",
    "answers.channel_facts",
    "answers.emergency",
    "answers.question_log",
    "answers.screenshot_ocr",
    "answers.service",
    "answers.short_messages",
    "cache.page_cache",
    "clarification_list",
    "counting",
    "objections",
    "reports.additions",
    "reports.erasure",
    "reports.proof_of_work",
    "reports.status",
    "reports.status_mail",
    "reports.submission",
    "service_complaints",
    "sharing.card_facts",
    "sharing.card_files",
    "subscriptions.daily_letters",
    "subscriptions.service",
)
"""The modules that other packages use; tests/test_imports.py refuses the others."""
