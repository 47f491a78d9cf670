"""The public pages: check a message, read clarifications, report, follow a ticket."""

FACE = (
    "answers.admission",
    "answers.channel_facts",
    "answers.question_groups",
    "answers.question_log",
    "answers.screenshot_ocr",
    "answers.service",
    "cache.http_caching",
    "cache.page_cache",
    "clarification_list.filters",
    "counting",
    "objections.letters",
    "reports.proof_of_work",
    "reports.sender_blocks",
    "reports.status_mail",
    "reports.submission",
    "sharing.card_files",
    "sharing.card_ornaments",
    "sharing.changed_cards",
    "sharing.fonts",
    "subscriptions.daily_letters",
    "subscriptions.push_delivery",
)
"""The modules that other packages use; tests/test_imports.py refuses the others."""
