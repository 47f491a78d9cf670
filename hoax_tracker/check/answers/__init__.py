"""Answers to residents' messages, and the record of their questions."""
