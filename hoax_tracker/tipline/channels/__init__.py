"""The chat channels: clients of Telegram's and WhatsApp's interfaces, their webhooks, keys and limits.

A channel is kept in a row (``access.py``), put into service by two people (``administration.py``), receives through a
webhook (``views.py``) or by asking (``polling.py``), and sends through its client (``telegram.py``, ``whatsapp.py``).
"""

from hoax_tracker.tipline.channels.registry import open_channels

__all__ = ["open_channels"]
