"""The pages on which officers write, approve and correct clarifications."""
