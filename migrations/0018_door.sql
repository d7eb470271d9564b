-- What a store may hold must not take a view from everybody who reads others of its rows.

create function openai_bi.count_or_null(total numeric) returns bigint
language sql immutable parallel safe
begin atomic
  select case when total between -9223372036854775808 and 9223372036854775807 then total::bigint end;
end;
comment on function openai_bi.count_or_null(numeric) is 'A sum of counts as bigint; null where it is larger than bigint holds, which no honest count is.';

-- The minutes of an hour may add up to more than bigint where the day itself is told from another width. The view is
-- restated from what it is by now, so that what other migrations have made of it stays.
do $$
begin
  execute 'create or replace view openai_bi.usage_hourly as '
    || regexp_replace(pg_get_viewdef('openai_bi.usage_hourly'::regclass),
         '\((sum\(f\.\w+\))\)::bigint', 'openai_bi.count_or_null(\1)', 'g');
end
$$;

-- The rounded amounts keep their 6 decimals and lose their bound before the point: the type of a view's column changes
-- only when the view is made anew. So are the views and functions that read it, with their comments and rights.
do $$
declare
  statement text;
begin
  create temp table remade on commit drop as
  with recursive needed as (
    select 'pg_class'::regclass::oid as class, place::oid as object, 0 as depth
      from unnest(array['openai_bi.cost_daily', 'openai_bi.cost_by_user_model_daily']::regclass[]) as place
    union
    select reader.class, reader.object, needed.depth + 1
      from needed
      cross join lateral (
        select 'pg_class'::regclass::oid as class, rule.ev_class as object
          from pg_depend join pg_rewrite as rule on rule.oid = objid
         where classid = 'pg_rewrite'::regclass and refclassid = needed.class and refobjid = needed.object
           and rule.ev_class <> needed.object
        union
        select classid, objid from pg_depend
         where classid = 'pg_proc'::regclass and refclassid = needed.class and refobjid = needed.object
      ) as reader
  ), deepest as (
    select class, object, max(depth) as depth from needed group by class, object
  )
  select depth, format('view %s', relation.oid::regclass) as name, pg_get_userbyid(relowner) as owner,
      format('create view %s%s as %s', relation.oid::regclass, ' with (' || array_to_string(reloptions, ', ') || ')',
        replace(pg_get_viewdef(relation.oid), '::numeric(24,6)', '')) as definition,
      array(select format('grant %s on %s to %s%s', privilege_type, relation.oid::regclass,
          case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end,
          case when is_grantable then ' with grant option' end)
        from aclexplode(relacl) where grantee <> relowner) as rights,
      array(select format('comment on %s is %L', case objsubid when 0 then format('view %s', relation.oid::regclass)
          else format('column %s.%I', relation.oid::regclass, attname) end, description)
        from pg_description left join pg_attribute on attrelid = objoid and attnum = objsubid and objsubid > 0
        where objoid = relation.oid and classoid = 'pg_class'::regclass) as comments
    from deepest join pg_class as relation on relation.oid = object where class = 'pg_class'::regclass
  union all
  select depth, format('function %s', routine.oid::regprocedure), pg_get_userbyid(proowner),
      pg_get_functiondef(routine.oid),
      array(select format('grant %s on function %s to %s%s', privilege_type, routine.oid::regprocedure,
          case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end,
          case when is_grantable then ' with grant option' end)
        from aclexplode(proacl) where grantee <> proowner),
      array(select format('comment on function %s is %L', routine.oid::regprocedure, description)
        from pg_description where objoid = routine.oid and classoid = 'pg_proc'::regclass)
    from deepest join pg_proc as routine on routine.oid = object where class = 'pg_proc'::regclass;

  for statement in select 'drop ' || name from remade order by depth desc loop
    execute statement;
  end loop;
  for statement in
    select part.statement
      from remade
      cross join lateral unnest(
        array[definition]
        || case when owner <> current_user then array[format('alter %s owner to %I', name, owner)] end
        || comments || rights
      ) with ordinality as part(statement, place)
     order by depth, name, part.place
  loop
    execute statement;
  end loop;
  drop table remade;
end
$$;

-- Ids have no longest either: a hash index holds texts of any length.
drop index openai.cost_scope_daily_rollup_value;
create index cost_scope_daily_rollup_value on openai.cost_scope_daily_rollup using hash ((nullif(scope_value, '')))
  where scope in ('project', 'api_key', 'user');
