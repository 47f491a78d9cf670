"""Which clarification answers a message, if any: ranking, details compared, decision."""
