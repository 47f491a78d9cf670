"""``hoax-tracker demo``: a complete throwaway instance on sample feeds, all of it fictional.

1. The sample feeds are served over loopback HTTP (server.py, render.py, world.py).
2. The instance is made from nothing, or opened again (instance.py, replay.py, desk.py, state.py).
3. The web app and its worker run as processes of their own, and end with this one (running.py).
"""

from hoax_tracker.demo.running import run_demo

__all__ = ["run_demo"]
