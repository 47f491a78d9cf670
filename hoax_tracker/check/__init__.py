"""The public face: check a message, read clarifications, report, follow a ticket."""
