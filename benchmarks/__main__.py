"""Run the measurements of this folder and print them as JSON: ``python -m benchmarks [pipeline] [many] [web] …``."""

from __future__ import annotations

import json
import sys

from benchmarks import (
    alarms,
    answers,
    calibration,
    cards,
    day,
    desk,
    growth,
    hosts,
    index,
    jobs,
    links,
    load,
    many,
    memory,
    menus,
    names,
    order,
    page_caching,
    pages,
    pipeline,
    published,
    reach_counting,
    refusals,
    same_claim,
    scale,
    searches,
    structure,
    tipline,
    web,
)

PARTS = {
    "pipeline": pipeline.measure_pipeline,
    "many": many.measure_many_sources,
    "web": web.measure_web_requests,
    "answers": answers.measure_answer_times,
    "searches": searches.measure_searches,
    "memory": memory.measure_memory,
    "index": index.measure_index,
    "same_claim": same_claim.measure,
    "load": load.measure,
    "cards": cards.measure_cards,
    "refusals": refusals.measure_refusals,
}
# Needs Node, Java and npm, PostgreSQL, Caddy, a million rows or many minutes, or tells a part's worth: by name only.
NAMED = {
    "alarms": alarms.measure_alarms,
    "pages": pages.measure_public_pages,
    "caching": page_caching.measure_page_caching,
    "reach": reach_counting.measure_reach_counting,
    "day": day.measure_day,
    "desk": desk.measure_desk_pages,
    "growth": growth.measure_growth,
    "links": links.measure_links,
    "answers_few": answers.measure_few_pages,
    "jobs": jobs.measure_jobs,
    "hosts": hosts.measure_hosts,
    "published": published.measure_published_pages,
    "scale": scale.measure_scale,
    "order": order.measure,
    "calibration": calibration.measure,
    "names": names.measure_names,
    "structure": structure.measure,
    "tipline": tipline.measure_tipline,
    "menus": menus.measure,
}


def main() -> None:
    """Measure the named parts, or all."""
    for name in sys.argv[1:] or list(PARTS):
        print(json.dumps({name: (PARTS | NAMED)[name]()}), flush=True)


main()
