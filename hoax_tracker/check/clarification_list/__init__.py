"""Lists and filters of published clarifications."""
