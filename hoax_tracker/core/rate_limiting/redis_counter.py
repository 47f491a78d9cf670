"""Rate limit counters in Redis, checked and raised atomically, so that several hosts share them exactly."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import timedelta

log = logging.getLogger(__name__)

# A resident waits at most this long for a Redis that is away, and only one of them every few seconds.
TIMEOUT_S = 0.5
REDIS_RETRY_AFTER_S = 5.0
# In braces: a Redis cluster keeps all of our keys in one place, which a script needs.
REDIS_KEY_PREFIX = "{hoax-tracker}:limit:"

# Returns the place of the first counter at its limit, without counting anything; else raises all of them.
COUNT_SCRIPT = """
for place, key in ipairs(KEYS) do
    if tonumber(redis.call('GET', key) or '0') >= tonumber(ARGV[place + 1]) then
        return place - 1
    end
end
for _, key in ipairs(KEYS) do
    redis.call('INCR', key)
    redis.call('PEXPIRE', key, ARGV[1])
end
return #KEYS
"""


class CounterUnavailableError(Exception):
    """The counter store cannot be reached or does not answer correctly."""


class RedisCounter:
    """The counters of one Redis server. Thread-safe; connects on first use, never before a fork."""

    def __init__(self, url: str) -> None:
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        self._redis = Redis.from_url(
            url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=Retry(NoBackoff(), 0)
        )
        self._script = self._redis.register_script(COUNT_SCRIPT)
        self._asked_again_at = 0.0

    def spend(self, counters: Sequence[tuple[str, int]], window: timedelta) -> int:
        """Raise every (key, limit) counter and return how many there are.

        Where a counter is at its limit, nothing is counted and its index is returned. Raises CounterUnavailableError.
        """
        from redis.exceptions import RedisError

        if time.monotonic() < self._asked_again_at:
            raise CounterUnavailableError("was away a moment ago")
        keys = [REDIS_KEY_PREFIX + key for key, _limit in counters]
        arguments = [int(window.total_seconds() * 1000), *(limit for _key, limit in counters)]
        try:
            return int(self._script(keys=keys, args=arguments))
        except (RedisError, OSError) as error:
            self._asked_again_at = time.monotonic() + REDIS_RETRY_AFTER_S
            # Only the kind of fault: some messages repeat the address, which may hold a password.
            log.warning("Redis does not answer (%s): the database counts the limits meanwhile", type(error).__name__)
            raise CounterUnavailableError(type(error).__name__) from error

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()
