"""The worker: its loop, and what only it does."""
