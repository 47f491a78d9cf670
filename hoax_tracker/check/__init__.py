"""The public pages: check a message, read clarifications, report, follow a ticket."""
