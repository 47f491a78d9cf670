"""The worker: its loop, and the tasks that only it does."""
