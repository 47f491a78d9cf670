"""Early warning: what stands out against its own last 28 days is told to who is on duty."""
