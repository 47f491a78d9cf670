"""Officers' accounts: roles, invitations, sign-in, sessions, passwords and the second factor."""
