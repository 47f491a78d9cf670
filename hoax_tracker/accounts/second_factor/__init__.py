"""Officers' second factor: app codes, recovery codes and passkeys, when each is required, and resets."""
