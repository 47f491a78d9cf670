"""Web Push: addresses of browsers, encryption for them, sending, and what officers on duty are told by it."""
