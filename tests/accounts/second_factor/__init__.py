"""The second factor: codes, passkeys, recovery codes, the guard of the desk, resets."""
