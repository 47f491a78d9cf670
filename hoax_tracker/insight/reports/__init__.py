"""Reports on a month for the head of the office: drafted by the worker, commented and sent by officers, then fixed.

A report is a document of the city in Indonesian, whatever language its reader has set: its words are no interface.
"""
