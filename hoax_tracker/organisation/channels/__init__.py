"""The city's official channels, and what a message's links, numbers and accounts have to do with them."""
