"""What carries a clarification elsewhere: cards for chats, posters for boards, a text to paste."""
