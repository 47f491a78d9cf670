"""WebSub: subscriptions to hubs, and their deliveries."""
