"""SQL of the screen that shows what needs a person: parked rows of the inbox, and records of Omnitron that keep failing
on their way to Fashfed (here: failing)."""

from typing import Final

_FAILING: Final = """
with recursive seen as (  -- the newest failure of every record that ever failed, by one probe of the index each
    select first.*
    from unnest(%(flows)s::text[]) as pushing (flow) cross join lateral (
        select flow, kind, key, at, code, message from record_log
        where channel = %(channel)s and record_log.flow = pushing.flow and not ok
        order by kind, key, at desc, id desc limit 1
    ) as first
    union all
    select next.*
    from seen cross join lateral (
        select flow, kind, key, at, code, message from record_log
        where channel = %(channel)s and record_log.flow = seen.flow and not ok
            and (kind, key) > (seen.kind, seen.key)
        order by kind, key, at desc, id desc limit 1
    ) as next
), newest as (
    select distinct on (kind, key) kind, key, code, message, at from seen order by kind, key, at desc
), failing as (
    select newest.kind, newest.key, newest.code, newest.message as reason, newest.at, sent.sent_at,
        word.who, word.why, word.at as word_at,
        coalesce(word.action = 'exclude' and word.at >= newest.at, false) as aside,
        case when word.action in ('retry', 'let_pass') and word.at >= newest.at then word.at end as asked_at
    from newest
    left join sent_ledger as sent
        on sent.channel = %(channel)s and sent.kind = newest.kind and sent.key = newest.key and sent.value is not null
    left join sku_states as sku on sku.channel = %(channel)s and sku.sku = newest.key
    left join holds as held
        on held.channel = %(channel)s and held.kind = newest.kind and held.key = newest.key
        and held.passed_at is null
    left join lateral (
        select who, action, reason as why, at from audits
        where channel = %(channel)s and subject = 'record:' || newest.kind and key = newest.key
        order by at desc, id desc limit 1
    ) as word on true
    where coalesce(sent.sent_at < newest.at, true)
        and (newest.code <> 'change_held' or held.key is not null)
        and not (  -- what a later comparison found in order, or wanted no more
            newest.kind in ('product', 'productprice', 'productstock', 'integrationaction')
            and newest.at < coalesce(
                (select max(at) from comparisons where channel = %(channel)s and name = 'products'), '-infinity'
            )
            and case
                when sku.sku is null then not exists (  -- what was sent may be called otherwise in Omnitron
                    select from sent_ledger as product
                    where product.channel = %(channel)s and product.kind = 'product' and product.key = newest.key
                )
                when newest.kind = 'integrationaction' then not sku.on_sale
                when newest.kind = 'productprice' and sku.on_sale then not (sku.price_differs or sku.in_flight)
                when newest.kind = 'productstock' and sku.on_sale then not (sku.stock_differs or sku.in_flight)
                else not sku.in_catalog
            end
        )
)
"""
"""A record fails from its newest failure until Fashfed has confirmed a value of it, or a comparison found it in order.
``aside``: a person excluded it, until it fails anew; ``asked_at``: when a person had it tried again since."""
TROUBLES: Final = (
    _FAILING
    + """
select kind, code, count(*) as records, min(first_failed_at) as since, min(due_at) as next_try, min(reason) as example,
    count(distinct reason) as reasons
from inbox where channel = %(channel)s and state = 'parked' group by kind, code
union all
select kind, code, count(*), min(at), null, min(reason), count(distinct reason)
from failing where not aside group by kind, code
"""
)
UNTRIED: Final = "select count(*) as number from inbox where channel = %(channel)s and state = 'new'"

_ORDER: Final = "coalesce(payload_text(payload, 'order_number'), payload_text(payload, 'package_item'))"
_PARKED: Final = (
    """
from inbox
where channel = %(channel)s and kind = %(kind)s and state = 'parked' and code = %(code)s
    and (%(cause)s::text is null or cause = %(cause)s)
    and (%(part)s::text is null or market_id ilike %(part)s or reason ilike %(part)s or """
    + _ORDER
    + " ilike %(part)s)"
)
_FAILING_WITH: Final = """
from failing
where kind = %(kind)s and code = %(code)s and not aside
    and (%(part)s::text is null or key ilike %(part)s or reason ilike %(part)s)
"""
_PAGE: Final = " limit %(limit)s offset %(offset)s"
PARKED: Final = (
    "select market_id as key, "
    + _ORDER
    + """ as order_number, reason, first_seen_at as since, due_at, failures as tries, null::timestamptz as asked_at
"""
    + _PARKED
    + " order by number"
    + _PAGE
)
_FAILING_ROW: Final = """
select key, null as order_number, reason, at as since, null::timestamptz as due_at, asked_at, (
        select count(*) from record_log
        where channel = %(channel)s and flow = any(%(flows)s) and kind = failing.kind and key = failing.key and not ok
            and at > coalesce(failing.sent_at, '-infinity')
    ) as tries
"""
FAILING: Final = _FAILING + _FAILING_ROW + _FAILING_WITH + " order by at, key" + _PAGE
COUNT_PARKED: Final = "select count(*) as number" + _PARKED
COUNT_FAILING: Final = _FAILING + "select count(*) as number" + _FAILING_WITH
PARKED_KEYS: Final = "select market_id as key" + _PARKED + " order by number"
FAILING_KEYS: Final = _FAILING + "select key" + _FAILING_WITH + " order by at, key"
CAUSES: Final = """
select cause, count(*) as records from inbox
where channel = %(channel)s and kind = %(kind)s and state = 'parked' and code = %(code)s and cause is not null
group by cause order by records desc, cause limit %(limit)s
"""

_ASIDE: Final = """
, excluded as (
    select substr(said.subject, 7) as kind, said.key, still.reason, said.who, said.at, undoable, order_number
    from audits as said cross join lateral (  -- by the key of each, whatever the planner believes
        select reason, pruned_at is null as undoable,
            coalesce(payload_text(payload, 'order_number'), payload_text(payload, 'package_item')) as order_number
        from inbox
        where channel = %(channel)s and kind = substr(said.subject, 7) and market_id = said.key
            and state = 'excluded' and settled_at = said.at
        limit 1
    ) as still
    where said.channel = %(channel)s and said.action = 'exclude' and said.subject like 'inbox:%%'
    union all
    select kind, key, why, who, word_at, true, null from failing where aside
)
"""
_EXCLUDED: Final = _FAILING + _ASIDE
EXCLUSIONS: Final = (
    _EXCLUDED
    + """
select kind, reason, who, at, count(*) as records, min(key) as example, bool_or(undoable) as undoable
from excluded group by kind, reason, who, at order by at desc, kind"""
    + _PAGE
)
_EXCLUDED_AT: Final = """
from excluded where kind = %(kind)s and at = %(at)s
    and (%(part)s::text is null or key ilike %(part)s or order_number ilike %(part)s)
"""
EXCLUDED: Final = (
    _EXCLUDED
    + """
select key, order_number, reason, at as since, null::timestamptz as due_at, 0 as tries, null::timestamptz as asked_at
"""
    + _EXCLUDED_AT
    + " order by key"
    + _PAGE
)
COUNT_EXCLUDED: Final = _EXCLUDED + "select count(*) as number" + _EXCLUDED_AT
EXCLUDED_KEYS: Final = _EXCLUDED + "select key" + _EXCLUDED_AT + " and undoable order by key"

DEEDS: Final = """
select who, action, subject, reason, at, count(*) as records, min(key) as example
from audits
where channel = %(channel)s and (%(part)s::text is null or who ilike %(part)s or key ilike %(part)s
    or reason ilike %(part)s or subject ilike %(part)s)
group by at, who, action, subject, reason order by at desc, subject, action limit %(limit)s offset %(offset)s
"""
"""What a person did at one moment for one reason is one deed, however many records it was about."""
NOTE_AUDITS: Final = """
insert into audits (channel, who, action, subject, key, reason, at)
select %(channel)s, %(who)s, %(action)s, %(subject)s, key, %(reason)s, %(at)s
from unnest(%(keys)s::text[]) with ordinality as named (key, position) order by position
"""
