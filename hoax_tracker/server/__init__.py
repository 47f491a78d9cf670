"""The web server, and the worker it starts beside itself."""
