"""The second factor: codes, passkeys, recovery codes, the door of the desk, resets."""
