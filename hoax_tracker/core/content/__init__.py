"""Untrusted content made safe: markup, Markdown, pictures, PDFs."""
