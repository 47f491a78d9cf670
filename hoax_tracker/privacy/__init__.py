"""What of a text tells who somebody is, for every stage that keeps or shows what residents wrote."""
