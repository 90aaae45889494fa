-- Replace this with the product's own query.
select 1 as id
