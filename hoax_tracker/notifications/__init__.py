"""Notices to officers and others: on the desk, by mail, by Web Push, and to programs by webhooks."""

FACE = (
    "chats",
    "mail",
    "mail.delivery",
    "mail.smtp",
    "notices",
    "outbox_leases",
    "push.delivery",
    "push.targets",
    "webhooks",
    "webhooks.endpoints",
    "webhooks.events",
)
"""The modules that other packages use; tests/test_imports.py refuses the others."""
