"""What residents are told about claims, and who has read it: judged words, closing reasons, the emergency's note."""
