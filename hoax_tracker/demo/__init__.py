"""``hoax-tracker demo``: a complete throwaway instance on sample feeds, all of it fictional.

1. The sample feeds are served over loopback HTTP (feed_server.py, sample_data.py).
2. The instance is made from nothing, or opened again (instance.py, replay.py, officers.py, state.py).
3. The web app runs as a process of its own as soon as there are accounts, the worker once the thirty days are over;
   both end with this one (command.py).
"""

from hoax_tracker.demo.command import run_demo

FACE = ("",)
"""The modules that other packages use ("": this one); tests/test_imports.py refuses the others."""


__all__ = ["run_demo"]
