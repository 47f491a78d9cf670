"""The list of official channels at the desk: one officer proposes a change, another approves it."""
