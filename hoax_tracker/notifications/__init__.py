"""Notices on the desk, and mail."""

FACE = (
    "chats",
    "mail",
    "mail.smtp",
    "mail.status",
    "notices",
    "outbox_leases",
    "push.delivery",
    "push.keys",
    "push.targets",
    "webhooks",
    "webhooks.endpoints",
    "webhooks.outbox",
)
"""The modules that other packages use; tests/test_imports.py refuses the others."""
