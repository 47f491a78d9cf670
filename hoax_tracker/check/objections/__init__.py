"""Objections of residents to pages: the form, the ticket, and what is written to who left an address."""
