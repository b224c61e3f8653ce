"""Every statement of the store, one module per subject, named after the method it serves. Parameters are psycopg's
``%(name)s``. Here are those of channels, locks and events."""

from typing import Final

BORN_AT: Final = """
insert into channels as known (channel, born_at) values (%(channel)s, %(now)s)
on conflict (channel) do update set born_at = known.born_at
returning born_at
"""
TRY_LOCK: Final = "select pg_try_advisory_lock(hashtextextended(%(name)s, 0)) as held"
UNLOCK: Final = "select pg_advisory_unlock(hashtextextended(%(name)s, 0)) as held"
EVENTS: Final = """
select subject, key, before, after, at
from events where channel = %(channel)s and subject = %(subject)s and key = %(key)s order by id
"""
