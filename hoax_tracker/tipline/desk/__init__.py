"""The desk's side of the tipline: conversations about a claim, officers' replies, and blocking."""
