"""The pages of sources and their files, and where hubs call."""
