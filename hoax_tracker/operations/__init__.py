"""What keeps an instance running: its database carried to another one."""
