"""An item or a report is assessed, and joins or opens a claim."""
