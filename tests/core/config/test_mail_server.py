"""Mail server settings are read whole, or refused with the fault and without the password."""

from __future__ import annotations

import pytest

from hoax_tracker.core.config.mail_server import MailServer, read_mail_server

SENDER = "Kabar Kupang <kabas@kota.example>"


def read(url: str, sender: str = SENDER) -> tuple[MailServer | None, list[str]]:
    """What a pair of settings gives, and the faults."""
    faults: list[str] = []
    env = {"HOAX_TRACKER_SMTP_URL": url, "HOAX_TRACKER_MAIL_FROM": sender}
    return read_mail_server(env, faults), faults


def test_nothing_set_is_no_mail() -> None:
    assert read("", "") == (None, [])


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("smtp://mail.example", 587),
        ("smtps://mail.example", 465),
        ("smtp+plain://localhost", 25),
        ("smtp+plain://127.0.0.1:1025", 1025),
        ("smtp://[2001:db8::1]:2525", 2525),
    ],
)
def test_the_usual_ports(url: str, port: int) -> None:
    server, faults = read(url)
    assert faults == []
    assert server is not None
    assert server.port == port


def test_user_and_password_are_read_and_not_shown() -> None:
    server, _ = read("smtp://kabas%40kota.example:p%2Fw%3A@mail.example")
    assert server is not None
    assert (server.user, server.password) == ("kabas@kota.example", "p/w:")
    assert (server.sender_name, server.sender_address, server.sender_domain) == (
        "Kabar Kupang",
        "kabas@kota.example",
        "kota.example",
    )
    assert "p/w" not in repr(server)


@pytest.mark.parametrize(
    ("url", "sender", "said"),
    [
        ("smtp://mail.example", "", "MAIL_FROM must name"),
        ("smtp://mail.example", "kabas", "should look like"),
        ("", SENDER, "SMTP_URL must name"),
        ("mail.example:587", SENDER, "cannot be read"),
        ("smtp://kabas:geheim@:587", SENDER, "cannot be read"),
        ("smtp://kabas:geheim@mail.example:mail", SENDER, "cannot be read"),
        ("smtp+plain://kabas:geheim@mail.example", SENDER, "in the open"),
    ],
)
def test_what_cannot_be_used_is_said_without_the_password(url: str, sender: str, said: str) -> None:
    server, faults = read(url, sender)
    assert server is None
    assert said in faults[0]
    assert "geheim" not in faults[0]
