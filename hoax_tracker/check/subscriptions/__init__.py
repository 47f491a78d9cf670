"""Subscriptions of residents by e-mail: asked for, confirmed, ended, and the letter of the day."""
