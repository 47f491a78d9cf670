"""How curl asks for each operation of the API: shown in /api/docs, and tried out by the tests."""

from __future__ import annotations

import json
from shlex import quote

READ_EXAMPLES = {
    "list_clarifications": "/api/v1/clarifications?topic=water&limit=5",
    "read_clarification": "/api/v1/clarifications/1",
    "search_clarifications": "/api/v1/search?q=air+mati+tujuh+hari",
    "list_changes": "/api/v1/changes?since=2026-01-01T00:00:00Z",
    "check_channel": "/api/v1/channels?value=kupangkota-go-id.example",
    "list_units": "/api/v1/units",
    "list_topics": "/api/v1/topics",
    "list_verdicts": "/api/v1/verdicts",
    "list_places": "/api/v1/places",
    "read_statistics": "/api/v1/statistics",
}
POST_EXAMPLES = {
    "check": ("/api/v1/check", {"text": "Mulai Senin air PDAM mati tujuh hari"}),
    "report": ("/api/v1/reports", {"text": "Mulai Senin air PDAM mati tujuh hari"}),
}


def show_example(operation: str, server: str) -> str:
    """Return the example of an operation in Markdown."""
    return f"```sh\n{curl_command(operation, server)}\n```"


def curl_command(operation: str, server: str) -> str:
    """Return the command that asks a server for an operation."""
    if operation in READ_EXAMPLES:
        return f"curl {quote(server + READ_EXAMPLES[operation])}"
    path, body = POST_EXAMPLES[operation]
    return f"curl -H 'Content-Type: application/json' -d {quote(json.dumps(body))} {quote(server + path)}"
