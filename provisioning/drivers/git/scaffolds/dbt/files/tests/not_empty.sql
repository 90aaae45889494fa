-- Fails while the table is empty.
select 'no rows' as problem where not exists (select 1 from {{ ref('${table}') }})
