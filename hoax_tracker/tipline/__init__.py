"""The tipline: one conversation in chat programs, on the services of the web's check. docs/tipline.md describes it."""
