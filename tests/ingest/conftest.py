"""Property tests here have no time limit a case: other tests say what is too slow, a busy machine does not."""

from hypothesis import settings

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
