"""Property tests have no time limit per case, because a busy machine would fail them. Other tests check speed."""

from hypothesis import settings

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
