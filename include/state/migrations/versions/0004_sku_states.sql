-- What the comparison of products found: one row per SKU that is in the catalog or on sale, and what was corrected.

create table sku_states (
    channel text not null,
    sku text collate "C" not null check (sku <> ''),
    pk bigint,
    name text not null,
    in_catalog boolean not null,
    saleable boolean not null,
    on_sale boolean not null,
    in_flight boolean not null,
    price_differs boolean not null,
    stock_differs boolean not null,
    hub_price numeric(14, 2),
    market_price numeric(14, 2),
    hub_stock bigint,
    due_stock bigint,
    market_stock bigint,
    code text,
    reason text,
    since timestamptz not null,
    primary key (channel, sku),
    constraint a_reason_has_a_code check ((reason is null) = (code is null)),
    constraint what_is_in_flight_does_not_differ check (not (in_flight and (price_differs or stock_differs)))
);
comment on table sku_states is 'Each SKU as both sides had it at the last comparison (comparisons, products). No personal data.';
comment on column sku_states.pk is 'Of the product in Omnitron.';
comment on column sku_states.in_catalog is 'In the channel''s catalog, simple and active.';
comment on column sku_states.saleable is 'In the catalog with a price, stock above zero, a category and an image.';
comment on column sku_states.on_sale is 'Sent by us, and its offer at Fashfed is active, whatever its stock.';
comment on column sku_states.in_flight is 'A value of it was on its way, so nobody can say whether it differs.';
comment on column sku_states.due_stock is 'What Fashfed should have: the stock of Omnitron less the buffer, never below 0.';
comment on column sku_states.code is 'Why it is not on sale, or differs: a code of the error catalogue. Null: nothing is wrong.';
comment on column sku_states.since is 'Since when the code is what it is.';
create index sku_states_not_on_sale on sku_states (channel, sku) where in_catalog and not on_sale;
create index sku_states_prices_differ on sku_states (channel, sku) where price_differs;
create index sku_states_stocks_differ on sku_states (channel, sku) where stock_differs;
create index sku_states_by_code on sku_states (channel, code) where code is not null;

create table corrections (
    id bigint generated always as identity primary key,
    channel text not null,
    kind text not null check (kind in ('price', 'stock')),
    sku text collate "C" not null check (sku <> ''),
    hub_value text not null,
    market_value text not null,
    found_at timestamptz not null,
    queued_at timestamptz,
    times integer not null default 0 check (times >= 0),
    confirmed_at timestamptz,
    constraint what_was_confirmed_was_queued check (confirmed_at is null or queued_at is not null),
    constraint what_was_queued_was_counted check ((queued_at is null) = (times = 0))
);
create unique index corrections_open on corrections (channel, kind, sku) where confirmed_at is null;
create index corrections_newest on corrections (channel, found_at desc, id desc);
comment on table corrections is 'Differences of price or stock: found, queued to be sent again, and confirmed by reading back in a later comparison. One that goes without having been queued leaves no row.';
comment on column corrections.hub_value is 'What Fashfed should have, as it was seen last; market_value what it has.';
comment on column corrections.found_at is 'When it was first found.';
comment on column corrections.queued_at is 'When it was last queued; times how often it was, once a comparison at most.';
