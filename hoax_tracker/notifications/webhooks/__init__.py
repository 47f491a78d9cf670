"""Webhooks in the form of standardwebhooks.com: other services are told of events, each message signed.

Who lets something happen calls, in the transaction of the act itself, the function of the event (events.py): messages
commit or vanish with the act. The worker sends them (events.py). docs/webhooks.md tells receivers what comes.
"""

from hoax_tracker.notifications.webhooks.events import (
    enqueue_clarification_event,
    enqueue_flagged_events,
    enqueue_report_event,
    send_due_deliveries,
)

__all__ = ["enqueue_clarification_event", "enqueue_flagged_events", "enqueue_report_event", "send_due_deliveries"]
