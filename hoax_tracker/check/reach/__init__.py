"""How far a clarification reaches: who reads its page, and which answers hold it. Counts by day, nothing of anybody."""
