"""Official or not: what the city's list says about a link, a number or an account."""

from __future__ import annotations

from typing import Any

from flask import Response, g

from hoax_tracker.api import schemas
from hoax_tracker.api.clarification_search import count_search
from hoax_tracker.api.reading_schemas import ChannelIn
from hoax_tracker.api.reading_views import answer_json, bp
from hoax_tracker.api.validation_errors import select_fault_responses
from hoax_tracker.check.answers.channel_facts import channel_fact_as_json
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.organisation.channels.official_list import find_channel_facts


@bp.get("/channels")
@bp.input(ChannelIn, location="query")
@bp.output(schemas.ChannelsOut)
@bp.doc(summary="Check a channel", responses=select_fault_responses(422, 429), operation_id="check_channel")
def check_channel(query_data: dict[str, Any]) -> Response:
    """Return whether a link, number or account is on the city's list of official channels.

    No link is opened. Asking counts as a search; the answer is never cached, because the value may be private.
    """
    g.private = True
    count_search()
    facts = find_channel_facts(query_data["value"], current_settings().base_url)
    return answer_json({"items": [channel_fact_as_json(fact) for fact in facts]})
