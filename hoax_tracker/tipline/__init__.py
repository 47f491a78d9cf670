"""The tipline: one conversation in chat programs, on the services of the web's check. docs/tipline.md describes it."""

FACE = (
    "channels.access",
    "channels.administration",
    "channels.polling",
    "channels.reply_ceiling",
    "corrections",
    "service",
)
"""The modules that other packages use; tests/test_imports.py refuses the others."""
