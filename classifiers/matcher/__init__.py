"""The matcher: finds the clarification that answers a message. It ranks, compares details and decides."""
