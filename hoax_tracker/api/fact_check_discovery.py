"""``/$discovery/rest``: the description from which Google's own clients build themselves (Discovery format v1).

With it they ask this instance as they would ask Google: ``build("factchecktools", "v1alpha1",
discoveryServiceUrl="https://…/$discovery/rest?version={apiVersion}")``.
"""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import Response, abort, jsonify, request

from hoax_tracker.api.cross_origin import allow_reading
from hoax_tracker.check.cache.http_caching import make_cacheable
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.current import current_settings

bp = APIBlueprint("fact_check_discovery", __name__, enable_openapi=False)
bp.after_request(allow_reading)

API_NAME, API_VERSION = "factchecktools", "v1alpha1"
_PREFIX = "GoogleFactcheckingFactchecktoolsV1alpha1"


@bp.get("/$discovery/rest")
def describe_api() -> Response:
    """Serve the description of the version that we have."""
    if request.args.get("version", API_VERSION) != API_VERSION:
        abort(404)
    return make_cacheable(jsonify(_discovery_document(current_settings())))


def _discovery_document(settings: Settings) -> dict[str, Any]:
    """Return the description, with this instance as the server."""
    return {
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": f"{API_NAME}:{API_VERSION}",
        "name": API_NAME,
        "version": API_VERSION,
        "canonicalName": "Fact Check Tools",
        "title": "Kupang Kabas Hoaks",
        "description": "Searches the clarifications of the city government of Kupang.",
        "documentationLink": f"{settings.base_url}/api/docs",
        "protocol": "rest",
        "rootUrl": f"{settings.base_url}/",
        "servicePath": "",
        "baseUrl": f"{settings.base_url}/",
        "basePath": "",
        "batchPath": "batch",
        "parameters": {
            "alt": _describe_parameter("The form of the answer.", default="json", enum=["json"]),
            "key": _describe_parameter("Accepted and not looked at: no key is needed."),
            "prettyPrint": _describe_parameter("Accepted and not looked at.", kind="boolean", default="true"),
            "quotaUser": _describe_parameter("Accepted and not looked at."),
        },
        "schemas": {schema["id"]: schema for schema in SCHEMAS},
        "resources": {"claims": {"methods": {"search": SEARCH_METHOD}}},
    }


def _describe_parameter(about: str, *, kind: str = "string", **more: Any) -> dict[str, Any]:
    """Return the description of a parameter in an address; a number is one of 32 bits."""
    form = {"format": "int32"} if kind == "integer" else {}
    return {"type": kind, "location": "query", "description": about} | form | more


def _describe_object(name: str, about: str, /, **properties: dict[str, Any]) -> dict[str, Any]:
    return {"id": _PREFIX + name, "type": "object", "description": about, "properties": properties}


def _describe_text(about: str, **more: Any) -> dict[str, Any]:
    """Return the description of a text in an object."""
    return {"type": "string", "description": about} | more


def _refer_to_object(name: str) -> dict[str, Any]:
    """Return the reference to another object."""
    return {"$ref": _PREFIX + name}


SCHEMAS = (
    _describe_object(
        "Publisher",
        "Who published a review.",
        name=_describe_text("The office."),
        site=_describe_text("Its host, without www."),
    ),
    _describe_object(
        "ClaimReview",
        "A review of a claim.",
        publisher=_refer_to_object("Publisher"),
        url=_describe_text("The page of the clarification."),
        title=_describe_text("The fact, in one sentence."),
        reviewDate=_describe_text("When the page was first published.", format="google-datetime"),
        textualRating=_describe_text("The verdict in Indonesian."),
        languageCode=_describe_text("The language of the page."),
    ),
    _describe_object(
        "Claim",
        "A claim as it circulated.",
        text=_describe_text("Its words, as officers quote them."),
        claimant=_describe_text("The office that is said to have made it; nobody else is named."),
        claimDate=_describe_text("The day since which it has circulated.", format="google-datetime"),
        claimReview={"type": "array", "items": _refer_to_object("ClaimReview")},
    ),
    _describe_object(
        "FactCheckedClaimSearchResponse",
        "A page of results.",
        claims={"type": "array", "items": _refer_to_object("Claim")},
        nextPageToken=_describe_text("The token of the next page; missing on the last."),
    ),
)
SEARCH_METHOD = {
    "id": f"{API_NAME}.claims.search",
    "path": f"{API_VERSION}/claims:search",
    "flatPath": f"{API_VERSION}/claims:search",
    "httpMethod": "GET",
    "description": "Finds claims that clarifications answer, the likeliest first.",
    "parameterOrder": [],
    "parameters": {
        "query": _describe_parameter(
            "The words to search for. May be missing only beside a reviewPublisherSiteFilter."
        ),
        "languageCode": _describe_parameter("A BCP 47 code; its region does not count. We publish in Indonesian."),
        "reviewPublisherSiteFilter": _describe_parameter("The host of a publisher; ours, or nothing is found."),
        "maxAgeDays": _describe_parameter("The age of a review in days, at most.", kind="integer"),
        "pageSize": _describe_parameter("How many claims come at once: 10 unless told, 100 at most.", kind="integer"),
        "pageToken": _describe_parameter("The nextPageToken of the page before, with the same other parameters."),
        "offset": _describe_parameter("How many results to pass over; only without a pageToken.", kind="integer"),
    },
    "response": _refer_to_object("FactCheckedClaimSearchResponse"),
}
