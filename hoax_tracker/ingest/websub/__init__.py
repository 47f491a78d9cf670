"""WebSub: subscriptions at hubs, and what hubs deliver."""
