"""Flagging: an item or report is assessed, and joins or opens a claim."""
