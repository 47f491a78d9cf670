"""From a resident's text to an answer, and what is kept of the question."""
