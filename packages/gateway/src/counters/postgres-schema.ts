/**
 * What PostgreSQL keeps and runs: three tables and three functions in a schema of their own, made when they are first
 * needed. A later form of them gets another number, so that gateways of two builds can count through one server.
 *
 * A function takes everything in one round trip. It locks the rows of a batch in the order of their keys, so that two
 * batches wait for each other at most in one direction; then it counts in memory, take by take, and writes each row
 * once. Time is the server's own, read when the locks are held.
 *
 * Why not one statement per take: what a hundred callers ask of one budget would be a hundred waits for one row.
 */
import { GRACE_MS, PLACE_RETRY_MS } from './count-server.ts'

/**
 * Grows when a function changes; part of the names of all three. Tables have a number of their own, so that builds with
 * other functions go on with the same counts.
 */
export const FUNCTIONS_NUMBER = 2

/** Parts that all three functions share: the batch read into arrays, rows locked, levels as they are now. */
const DECLARE = `
declare
  now_ms float8;
  keys text[] := array(select jsonb_array_elements_text(batch->'keys'));
  kinds text[] := array(select jsonb_array_elements_text(batch->'kinds'));
  a float8[] := array(select jsonb_array_elements_text(batch->'a')::float8);
  b float8[] := array(select jsonb_array_elements_text(batch->'b')::float8);
  levels float8[];
  changed boolean[];
`

const LOAD = `
  insert into counts_1 (key) select unnest(keys) order by 1 on conflict do nothing;
  perform 1 from counts_1 where key = any(keys) order by key for update;
  now_ms := extract(epoch from clock_timestamp()) * 1000;
  delete from places_1 where key = any(keys) and until_ms <= now_ms;
  levels := array(
    select case k.kind
      when 'bucket' then greatest(0, coalesce(c.level, 0)
        - greatest(0, now_ms - coalesce(c.at_ms, now_ms)) * k.a / k.b)
      when 'places' then (select count(*) from places_1 p where p.key = k.key)
      else coalesce(c.level, 0) end
    from unnest(keys, kinds, a, b) with ordinality as k (key, kind, a, b, at)
    left join counts_1 c on c.key = k.key
    order by k.at);
  changed := array_fill(false, array[cardinality(keys)]);
`

const KEEP = `
  insert into counts_1 (key, level, at_ms, ends_ms)
    select k.key, k.level, now_ms, case k.kind
      when 'bucket' then now_ms + 60000 + k.level * k.b / k.a
      when 'total' then case when k.a < 0 then null else greatest(k.a, now_ms) + ${GRACE_MS} end
      else now_ms + ${GRACE_MS} end
    from unnest(keys, kinds, a, b, levels, changed) as k (key, kind, a, b, level, changed)
    where k.changed order by k.key
  on conflict (key) do update
    set level = excluded.level, at_ms = greatest(counts_1.at_ms, excluded.at_ms), ends_ms = excluded.ends_ms;
`

const tables = `
create table if not exists counts_1 (
  key text primary key, level float8 not null default 0, at_ms float8, ends_ms float8 default 0
) with (fillfactor = 50);
create table if not exists places_1 (
  key text not null, holder text not null, until_ms float8 not null, primary key (key, holder)
);
create table if not exists senders_1 (sender text primary key, number bigint not null, at timestamptz not null);
`

/** \`takes\`: how many claims each has; the others: one entry a claim, in the order of the takes. */
const take = `
create or replace function take_2(batch jsonb) returns text language plpgsql as $body$
${DECLARE}
  sizes int[] := array(select jsonb_array_elements_text(batch->'takes')::int);
  ats int[] := array(select jsonb_array_elements_text(batch->'at')::int);
  amounts float8[] := array(select jsonb_array_elements_text(batch->'amount')::float8);
  bounds float8[] := array(select jsonb_array_elements_text(batch->'bound')::float8);
  holders text[] := array(select jsonb_array_elements_text(batch->'holder'));
  lasts float8[] := array(select jsonb_array_elements_text(batch->'last')::float8);
  needs float8[] := array_fill(0::float8, array[greatest(1, cardinality(ats))]);
  wanted float8[];
  answers text := '';
  first int := 1; size int; i int; k int; short int; retry float8; wait float8; excess float8;
begin
${LOAD}
  foreach size in array sizes loop
    short := -1; retry := -1;
    wanted := array_fill(0::float8, array[greatest(1, cardinality(keys))]);
    for i in first .. first + size - 1 loop
      k := ats[i];
      needs[i] := amounts[i];
      if kinds[k] = 'places' then
        needs[i] := amounts[i]
          - (select count(*) from places_1 where key = keys[k] and split_part(holder, E'\\n', 1) = holders[i]);
      end if;
      excess := levels[k] + wanted[k] + needs[i] - bounds[i];
      if excess > 1e-9 + bounds[i] * 1e-12 and (needs[i] > 0 or kinds[k] <> 'places') then
        wait := case
          when amounts[i] > bounds[i] then -1
          when kinds[k] = 'bucket' then greatest(1, ceil(excess * b[k] / a[k]))
          when kinds[k] = 'places' then ${PLACE_RETRY_MS}
          when a[k] >= 0 and lasts[i] >= 0 then greatest(1, ceil(lasts[i] - now_ms))
          else -1 end;
        if short < 0 then
          short := i - first; retry := wait;
        else
          retry := case when retry < 0 or wait < 0 then -1 else greatest(retry, wait) end;
        end if;
      end if;
      wanted[k] := wanted[k] + needs[i];
    end loop;
    if short < 0 then
      for i in first .. first + size - 1 loop
        k := ats[i];
        levels[k] := levels[k] + needs[i];
        changed[k] := true;
        if kinds[k] = 'places' then
          insert into places_1 select keys[k], holders[i] || E'\\n' || n, now_ms + lasts[i]
            from generate_series(1, amounts[i]::int) n
            on conflict (key, holder) do update set until_ms = excluded.until_ms;
        end if;
      end loop;
    else
      -- Kept for as long as it counts by the numbers that it is read by now.
      for i in first .. first + size - 1 loop
        k := ats[i];
        if kinds[k] = 'bucket' and levels[k] > 0 then changed[k] := true; end if;
      end loop;
    end if;
    answers := answers || ';' || short || ' ' || retry;
    for i in first .. first + size - 1 loop
      answers := answers || ' ' || greatest(0, bounds[i] - levels[ats[i]]);
    end loop;
    first := first + size;
  end loop;
${KEEP}
  return substr(answers, 2);
end $body$;
`

const correct = `
create or replace function correct_2(sent_by text, sent_number bigint, batch jsonb) returns void
language plpgsql as $body$
${DECLARE}
  ats int[] := array(select jsonb_array_elements_text(batch->'at')::int);
  amounts float8[] := array(select jsonb_array_elements_text(batch->'amount')::float8);
  holders text[] := array(select jsonb_array_elements_text(batch->'holder'));
  i int; k int;
begin
  insert into senders_1 values (sent_by, sent_number, clock_timestamp())
    on conflict (sender) do update set number = excluded.number, at = excluded.at
    where senders_1.number < excluded.number;
  if not found then return; end if;
${LOAD}
  for i in 1 .. cardinality(ats) loop
    k := ats[i];
    if kinds[k] = 'places' then
      delete from places_1 where key = keys[k] and split_part(holder, E'\\n', 1) = holders[i];
    else
      levels[k] := greatest(0, levels[k] + amounts[i]);
      changed[k] := true;
    end if;
  end loop;
${KEEP}
end $body$;
`

const read = `
create or replace function read_2(batch jsonb) returns text language sql stable as $body$
  select coalesce(string_agg((case k.kind
    when 'bucket' then greatest(0, coalesce(c.level, 0) - greatest(0,
      extract(epoch from clock_timestamp()) * 1000 - coalesce(c.at_ms, 0)) * k.a / k.b)
    when 'places' then (select count(*) from places_1 p
      where p.key = k.key and p.until_ms > extract(epoch from clock_timestamp()) * 1000)
    else coalesce(c.level, 0) end)::float8::text, ' ' order by k.at), '')
  from unnest(
    array(select jsonb_array_elements_text(batch->'keys')),
    array(select jsonb_array_elements_text(batch->'kinds')),
    array(select jsonb_array_elements_text(batch->'a')::float8),
    array(select jsonb_array_elements_text(batch->'b')::float8)) with ordinality as k (key, kind, a, b, at)
  left join counts_1 c on c.key = k.key
$body$;
`

/** Everything that is made, as one script in one transaction. */
export const CREATE = `${tables}${take}${correct}${read}`

/** Rows that count nothing any more. Those in use are left for the next time. */
export const TIDY = `
with gone as (
  select key from counts_1
  where ends_ms < extract(epoch from clock_timestamp()) * 1000 order by key limit 10000 for update skip locked
), left_over as (
  delete from places_1 where until_ms < extract(epoch from clock_timestamp()) * 1000 - ${GRACE_MS}
), silent as (
  delete from senders_1 where at < clock_timestamp() - interval '24 hours'
)
delete from counts_1 where key in (select key from gone)
`
