"""Account pages: an officer's own account, sign-on, and the pages behind invitation and password links."""
