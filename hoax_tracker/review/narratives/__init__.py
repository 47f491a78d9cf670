"""Narratives: claims of one story over months, put together by officers, alone or at the machine's suggestion."""
