"""SQL of what people did by hand."""

from typing import Final

NOTE_AUDIT: Final = """
insert into audits (channel, who, action, subject, key, reason, at)
values (%(channel)s, %(who)s, %(action)s, %(subject)s, %(key)s, %(reason)s, %(at)s)
"""
AUDITS: Final = """
select who, action, subject, key, reason, at
from audits where channel = %(channel)s order by at desc, id desc limit %(limit)s
"""
