"""What the page of one claim shows; nothing here writes."""
