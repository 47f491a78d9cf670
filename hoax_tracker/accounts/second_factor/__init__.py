"""The second factor of an officer: codes of an app, recovery codes, passkeys; when it is asked for, how it is reset."""
