"""Officers' accounts: roles, invitations, sign-in, sessions, passwords and the second factor."""

FACE = (
    "invitations",
    "officer_acts",
    "officers",
    "passwords",
    "second_factor.code_app",
    "second_factor.factors",
    "second_factor.freshness",
    "sign_in",
    "sign_in_log",
    "sign_on_client",
    "views.own_account",
)
"""The modules that other packages use; tests/test_imports.py refuses the others."""
