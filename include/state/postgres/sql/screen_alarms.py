"""SQL of the screen of alarms."""

from typing import Final

DELIVERIES: Final = """
select id, incident_id, what, way, target, subject, body, made_at, due_at, sent_at, tries, trouble
from notices where channel = %(channel)s
order by made_at desc, id desc limit %(limit)s offset %(offset)s
"""
