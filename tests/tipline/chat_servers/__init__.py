"""Loopback servers in the shape of Telegram's and WhatsApp's interfaces.

Each answers as the service documents it, delivers to the program's webhook as the service does, and can be told to
misbehave: to sign wrongly, to repeat, to answer with an error. Nothing leaves the machine.
"""

from tests.tipline.chat_servers.telegram import TelegramServer
from tests.tipline.chat_servers.whatsapp import WhatsAppServer

__all__ = ["TelegramServer", "WhatsAppServer"]
