"""``python -m hoax_tracker`` is ``hoax-tracker``."""

from hoax_tracker.cli import main

main()
