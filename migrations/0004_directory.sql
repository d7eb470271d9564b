create table openai.projects (
  org_id text not null,
  project_id text not null,
  project_name text,
  status text,
  residency text,
  created_at timestamptz,
  archived_at timestamptz,
  project_label text generated always as (coalesce(project_name, project_id)) stored,
  team text,
  cost_center text,
  environment text,
  is_stub boolean not null,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  removed_at timestamptz,
  updated_at timestamptz not null,
  changed_xid xid8 not null,
  primary key (org_id, project_id)
);
comment on table openai.projects is 'Projects of each organization, archived ones too. team, cost_center and environment are yours: usage-etl map writes them, nothing else does.';
comment on column openai.projects.org_id is 'Name of the organization in the configuration.';
comment on column openai.projects.project_id is 'Identity of the project, as usage and costs carry it.';
comment on column openai.projects.project_name is 'Current name; null for a stub.';
comment on column openai.projects.status is '''active'' or ''archived'' as the API says; an open list. Null for a stub.';
comment on column openai.projects.residency is 'Where the data of the project is kept, as the API says; null when it does not.';
comment on column openai.projects.created_at is 'When the project was created; null for a stub.';
comment on column openai.projects.archived_at is 'When the project was archived; null while it is active.';
comment on column openai.projects.project_label is 'What to show: the name, else the id.';
comment on column openai.projects.team is 'Team that answers for the project; null when nobody has said. Written by usage-etl map.';
comment on column openai.projects.cost_center is 'Cost center that pays for it; null when nobody has said. Written by usage-etl map.';
comment on column openai.projects.environment is 'Such as production or test; null when nobody has said. Written by usage-etl map.';
comment on column openai.projects.is_stub is 'True for an id that usage or costs carry and that no list has ever held.';
comment on column openai.projects.first_seen_at is 'When a run first saw it.';
comment on column openai.projects.last_seen_at is 'When a run last saw it: in a list, or as a stub in changed usage or costs.';
comment on column openai.projects.removed_at is 'When it was found missing from a list read to its end; null while it is there. Rows are never deleted.';
comment on column openai.projects.updated_at is 'When a value of the row last changed; being seen again is no change.';
comment on column openai.projects.changed_xid is 'Transaction that last changed a value of the row.';

create table openai.users (
  org_id text not null,
  user_id text not null,
  user_name text,
  user_email text,
  user_kind text not null check (user_kind in ('user', 'service_account', 'unknown')),
  role text,
  project_id text,
  added_at timestamptz,
  user_label text generated always as (coalesce(user_name, user_email, user_id)) stored,
  is_stub boolean not null,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  removed_at timestamptz,
  updated_at timestamptz not null,
  changed_xid xid8 not null,
  primary key (org_id, user_id)
);
comment on table openai.users is 'People and service accounts of each organization, those that have left too.';
comment on column openai.users.org_id is 'Name of the organization in the configuration.';
comment on column openai.users.user_id is 'Identity of the person or service account, as usage carries it.';
comment on column openai.users.user_name is 'Current name; null for a stub, and for people when personal data is switched off.';
comment on column openai.users.user_email is 'E-mail address of a person; null for service accounts, and when personal data is switched off.';
comment on column openai.users.user_kind is '''user'', ''service_account'', or ''unknown'' where no list says.';
comment on column openai.users.role is 'Role in the organization, of a service account in its project; an open list. Null for a stub.';
comment on column openai.users.project_id is 'Project a service account belongs to; null for people.';
comment on column openai.users.added_at is 'When the person joined or the service account was created; null for a stub.';
comment on column openai.users.user_label is 'What to show: the name, else the e-mail address, else the id.';
comment on column openai.users.is_stub is 'True for an id that usage or costs carry and that no list has ever held.';
comment on column openai.users.first_seen_at is 'When a run first saw it.';
comment on column openai.users.last_seen_at is 'When a run last saw it: in a list, or as a stub in changed usage or costs.';
comment on column openai.users.removed_at is 'When it was found missing from a list read to its end; null while it is there. Rows are never deleted.';
comment on column openai.users.updated_at is 'When a value of the row last changed; being seen again is no change.';
comment on column openai.users.changed_xid is 'Transaction that last changed a value of the row.';

create table openai.api_keys (
  org_id text not null,
  api_key_id text not null,
  api_key_name text,
  redacted_value text,
  key_kind text not null check (key_kind in ('project', 'admin')),
  project_id text,
  owner_user_id text,
  owner_kind text,
  created_at timestamptz,
  last_used_at timestamptz,
  expires_at timestamptz,
  api_key_label text generated always as (coalesce(api_key_name, redacted_value, api_key_id)) stored,
  is_stub boolean not null,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  removed_at timestamptz,
  updated_at timestamptz not null,
  changed_xid xid8 not null,
  primary key (org_id, api_key_id)
);
comment on table openai.api_keys is 'API keys of each organization, deleted ones too. Never a key itself.';
comment on column openai.api_keys.org_id is 'Name of the organization in the configuration.';
comment on column openai.api_keys.api_key_id is 'Identity of the key, as usage and costs carry it; not the key.';
comment on column openai.api_keys.api_key_name is 'Current name; null for a stub and for a key without one.';
comment on column openai.api_keys.redacted_value is 'The key with all but a few of its characters hidden by the API; null for a stub.';
comment on column openai.api_keys.key_kind is '''project'', or ''admin'' for one that cannot call models; ''project'' for a stub.';
comment on column openai.api_keys.project_id is 'Project the key belongs to; null for admin keys and stubs.';
comment on column openai.api_keys.owner_user_id is 'Person or service account that owns the key; null when the API does not say.';
comment on column openai.api_keys.owner_kind is '''user'' or ''service_account'' as the API says; an open list. Null when it does not say.';
comment on column openai.api_keys.created_at is 'When the key was created; null for a stub.';
comment on column openai.api_keys.last_used_at is 'When the key was last used, as the API says; null when never or unknown.';
comment on column openai.api_keys.expires_at is 'When the key ends by itself; null when it does not.';
comment on column openai.api_keys.api_key_label is 'What to show: the name, else the redacted value, else the id.';
comment on column openai.api_keys.is_stub is 'True for an id that usage or costs carry and that no list has ever held.';
comment on column openai.api_keys.first_seen_at is 'When a run first saw it.';
comment on column openai.api_keys.last_seen_at is 'When a run last saw it: in a list, or as a stub in changed usage or costs.';
comment on column openai.api_keys.removed_at is 'When it was found missing from a list read to its end; null while it is there. Rows are never deleted.';
comment on column openai.api_keys.updated_at is 'When a value of the row last changed; being seen again is no change.';
comment on column openai.api_keys.changed_xid is 'Transaction that last changed a value of the row.';

create table openai.project_members (
  org_id text not null,
  project_id text not null,
  user_id text not null,
  role text,
  added_at timestamptz,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  removed_at timestamptz,
  updated_at timestamptz not null,
  changed_xid xid8 not null,
  primary key (org_id, project_id, user_id)
);
comment on table openai.project_members is 'Who belongs to which project, and who did.';
comment on column openai.project_members.org_id is 'Name of the organization in the configuration.';
comment on column openai.project_members.project_id is 'The project (openai.projects).';
comment on column openai.project_members.user_id is 'The person (openai.users).';
comment on column openai.project_members.role is 'Role in the project; an open list.';
comment on column openai.project_members.added_at is 'When the person was added to the project.';
comment on column openai.project_members.first_seen_at is 'When a run first saw it.';
comment on column openai.project_members.last_seen_at is 'When a run last saw it: in a list, or as a stub in changed usage or costs.';
comment on column openai.project_members.removed_at is 'When it was found missing from a list read to its end; null while it is there. Rows are never deleted.';
comment on column openai.project_members.updated_at is 'When a value of the row last changed; being seen again is no change.';
comment on column openai.project_members.changed_xid is 'Transaction that last changed a value of the row.';

create table openai.groups (
  org_id text not null,
  group_id text not null,
  group_name text,
  group_type text,
  created_at timestamptz,
  group_label text generated always as (coalesce(group_name, group_id)) stored,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  removed_at timestamptz,
  updated_at timestamptz not null,
  changed_xid xid8 not null,
  primary key (org_id, group_id)
);
comment on table openai.groups is 'Groups of people of each organization, deleted ones too.';
comment on column openai.groups.org_id is 'Name of the organization in the configuration.';
comment on column openai.groups.group_id is 'Identity of the group.';
comment on column openai.groups.group_name is 'Current name.';
comment on column openai.groups.group_type is 'Kind of group as the API says; an open list.';
comment on column openai.groups.created_at is 'When the group was created.';
comment on column openai.groups.group_label is 'What to show: the name, else the id.';
comment on column openai.groups.first_seen_at is 'When a run first saw it.';
comment on column openai.groups.last_seen_at is 'When a run last saw it: in a list, or as a stub in changed usage or costs.';
comment on column openai.groups.removed_at is 'When it was found missing from a list read to its end; null while it is there. Rows are never deleted.';
comment on column openai.groups.updated_at is 'When a value of the row last changed; being seen again is no change.';
comment on column openai.groups.changed_xid is 'Transaction that last changed a value of the row.';

create table openai.group_members (
  org_id text not null,
  group_id text not null,
  user_id text not null,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  removed_at timestamptz,
  updated_at timestamptz not null,
  changed_xid xid8 not null,
  primary key (org_id, group_id, user_id)
);
comment on table openai.group_members is 'Who belongs to which group, and who did. One person may be in several: sums over groups count such a person several times.';
comment on column openai.group_members.org_id is 'Name of the organization in the configuration.';
comment on column openai.group_members.group_id is 'The group (openai.groups).';
comment on column openai.group_members.user_id is 'The person (openai.users).';
comment on column openai.group_members.first_seen_at is 'When a run first saw it.';
comment on column openai.group_members.last_seen_at is 'When a run last saw it: in a list, or as a stub in changed usage or costs.';
comment on column openai.group_members.removed_at is 'When it was found missing from a list read to its end; null while it is there. Rows are never deleted.';
comment on column openai.group_members.updated_at is 'When a value of the row last changed; being seen again is no change.';
comment on column openai.group_members.changed_xid is 'Transaction that last changed a value of the row.';

create table openai.name_history (
  org_id text not null,
  entity text not null check (entity in ('project', 'user', 'api_key', 'group')),
  id text not null,
  name text not null,
  valid_from timestamptz not null,
  valid_to timestamptz,
  primary key (org_id, entity, id, valid_from),
  check (valid_to > valid_from)
);
comment on table openai.name_history is 'Names through time: one row per name and the time it was valid. The times of one id do not overlap.';
comment on column openai.name_history.org_id is 'Name of the organization in the configuration.';
comment on column openai.name_history.entity is '''project'', ''user'', ''api_key'' or ''group''.';
comment on column openai.name_history.id is 'Identity of the project, user, key or group.';
comment on column openai.name_history.name is 'The name.';
comment on column openai.name_history.valid_from is 'Start, inclusive. Of the first name known: when what it names was created, else when it was first seen; of a later one: when it was first read.';
comment on column openai.name_history.valid_to is 'End, exclusive: when another name was first read; null for the present name, and for the last name of what is gone.';

create table openai_etl.directory_lists (
  org_id text not null,
  list text not null,
  scope text not null,
  status text not null check (status in ('read', 'refused', 'failed')),
  detail text,
  entries integer not null,
  tried_at timestamptz not null,
  read_at timestamptz,
  status_since timestamptz not null,
  primary key (org_id, list, scope)
);
comment on table openai_etl.directory_lists is 'What became of reading each list of names. They are optional: a key that may not read them loses names, not numbers.';
comment on column openai_etl.directory_lists.org_id is 'Name of the organization in the configuration.';
comment on column openai_etl.directory_lists.list is 'Name of the list.';
comment on column openai_etl.directory_lists.scope is 'Project or group whose list it is; empty for a list of the whole organization.';
comment on column openai_etl.directory_lists.status is 'read: to its end; refused: the API does not give it to this key or organization; failed: no complete answer, what is stored stays.';
comment on column openai_etl.directory_lists.detail is 'What the API said, for a person; null when the list was read.';
comment on column openai_etl.directory_lists.entries is 'Entries of the last complete reading; 0 before there was one.';
comment on column openai_etl.directory_lists.tried_at is 'When it was last asked for.';
comment on column openai_etl.directory_lists.read_at is 'When it was last read to its end; null when it never was.';
comment on column openai_etl.directory_lists.status_since is 'Since when the status is what it is.';

create table openai_etl.stub_progress (
  org_id text not null primary key,
  seen_xid xid8 not null
);
comment on table openai_etl.stub_progress is 'How far usage and costs have been searched for ids that no list holds.';
comment on column openai_etl.stub_progress.org_id is 'Name of the organization in the configuration.';
comment on column openai_etl.stub_progress.seen_xid is 'Buckets changed by earlier transactions have been searched (openai_etl.buckets.changed_xid).';


create view openai_bi.projects as
select
  org_id,
  project_id,
  project_name,
  status,
  residency,
  created_at,
  archived_at,
  project_label,
  team,
  cost_center,
  environment,
  is_stub,
  first_seen_at,
  last_seen_at,
  removed_at,
  updated_at
from openai.projects;
comment on view openai_bi.projects is 'Projects with their names, archived and removed ones too, one row per project.';
comment on column openai_bi.projects.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.projects.project_id is 'Identity of the project, as usage and costs carry it.';
comment on column openai_bi.projects.project_name is 'Current name; null for a stub.';
comment on column openai_bi.projects.status is '''active'' or ''archived'' as the API says; an open list. Null for a stub.';
comment on column openai_bi.projects.residency is 'Where the data of the project is kept, as the API says; null when it does not.';
comment on column openai_bi.projects.created_at is 'When the project was created; null for a stub.';
comment on column openai_bi.projects.archived_at is 'When the project was archived; null while it is active.';
comment on column openai_bi.projects.project_label is 'What to show: the name, else the id.';
comment on column openai_bi.projects.team is 'Team that answers for the project; null when nobody has said. Written by usage-etl map.';
comment on column openai_bi.projects.cost_center is 'Cost center that pays for it; null when nobody has said. Written by usage-etl map.';
comment on column openai_bi.projects.environment is 'Such as production or test; null when nobody has said. Written by usage-etl map.';
comment on column openai_bi.projects.is_stub is 'True for an id that usage or costs carry and that no list has ever held.';
comment on column openai_bi.projects.first_seen_at is 'When a run first saw it.';
comment on column openai_bi.projects.last_seen_at is 'When a run last saw it: in a list, or as a stub in changed usage or costs.';
comment on column openai_bi.projects.removed_at is 'When it was found missing from a list read to its end; null while it is there. Rows are never deleted.';
comment on column openai_bi.projects.updated_at is 'When a value of the row last changed; being seen again is no change.';

create view openai_bi.users as
select
  org_id,
  user_id,
  user_name,
  user_email,
  user_kind,
  role,
  project_id,
  added_at,
  user_label,
  is_stub,
  first_seen_at,
  last_seen_at,
  removed_at,
  updated_at
from openai.users;
comment on view openai_bi.users is 'People and service accounts with their names, those that have left too, one row per person.';
comment on column openai_bi.users.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.users.user_id is 'Identity of the person or service account, as usage carries it.';
comment on column openai_bi.users.user_name is 'Current name; null for a stub, and for people when personal data is switched off.';
comment on column openai_bi.users.user_email is 'E-mail address of a person; null for service accounts, and when personal data is switched off.';
comment on column openai_bi.users.user_kind is '''user'', ''service_account'', or ''unknown'' where no list says.';
comment on column openai_bi.users.role is 'Role in the organization, of a service account in its project; an open list. Null for a stub.';
comment on column openai_bi.users.project_id is 'Project a service account belongs to; null for people.';
comment on column openai_bi.users.added_at is 'When the person joined or the service account was created; null for a stub.';
comment on column openai_bi.users.user_label is 'What to show: the name, else the e-mail address, else the id.';
comment on column openai_bi.users.is_stub is 'True for an id that usage or costs carry and that no list has ever held.';
comment on column openai_bi.users.first_seen_at is 'When a run first saw it.';
comment on column openai_bi.users.last_seen_at is 'When a run last saw it: in a list, or as a stub in changed usage or costs.';
comment on column openai_bi.users.removed_at is 'When it was found missing from a list read to its end; null while it is there. Rows are never deleted.';
comment on column openai_bi.users.updated_at is 'When a value of the row last changed; being seen again is no change.';

create view openai_bi.api_keys as
select
  org_id,
  api_key_id,
  api_key_name,
  redacted_value,
  key_kind,
  project_id,
  owner_user_id,
  owner_kind,
  created_at,
  last_used_at,
  expires_at,
  api_key_label,
  is_stub,
  first_seen_at,
  last_seen_at,
  removed_at,
  updated_at
from openai.api_keys;
comment on view openai_bi.api_keys is 'API keys with their names and owners, deleted ones too, one row per key.';
comment on column openai_bi.api_keys.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.api_keys.api_key_id is 'Identity of the key, as usage and costs carry it; not the key.';
comment on column openai_bi.api_keys.api_key_name is 'Current name; null for a stub and for a key without one.';
comment on column openai_bi.api_keys.redacted_value is 'The key with all but a few of its characters hidden by the API; null for a stub.';
comment on column openai_bi.api_keys.key_kind is '''project'', or ''admin'' for one that cannot call models; ''project'' for a stub.';
comment on column openai_bi.api_keys.project_id is 'Project the key belongs to; null for admin keys and stubs.';
comment on column openai_bi.api_keys.owner_user_id is 'Person or service account that owns the key; null when the API does not say.';
comment on column openai_bi.api_keys.owner_kind is '''user'' or ''service_account'' as the API says; an open list. Null when it does not say.';
comment on column openai_bi.api_keys.created_at is 'When the key was created; null for a stub.';
comment on column openai_bi.api_keys.last_used_at is 'When the key was last used, as the API says; null when never or unknown.';
comment on column openai_bi.api_keys.expires_at is 'When the key ends by itself; null when it does not.';
comment on column openai_bi.api_keys.api_key_label is 'What to show: the name, else the redacted value, else the id.';
comment on column openai_bi.api_keys.is_stub is 'True for an id that usage or costs carry and that no list has ever held.';
comment on column openai_bi.api_keys.first_seen_at is 'When a run first saw it.';
comment on column openai_bi.api_keys.last_seen_at is 'When a run last saw it: in a list, or as a stub in changed usage or costs.';
comment on column openai_bi.api_keys.removed_at is 'When it was found missing from a list read to its end; null while it is there. Rows are never deleted.';
comment on column openai_bi.api_keys.updated_at is 'When a value of the row last changed; being seen again is no change.';

create view openai_bi.project_members as
select
  org_id,
  project_id,
  user_id,
  role,
  added_at,
  first_seen_at,
  last_seen_at,
  removed_at,
  updated_at
from openai.project_members;
comment on view openai_bi.project_members is 'Who belongs to which project, and who did, one row per project and person.';
comment on column openai_bi.project_members.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.project_members.project_id is 'The project (openai.projects).';
comment on column openai_bi.project_members.user_id is 'The person (openai.users).';
comment on column openai_bi.project_members.role is 'Role in the project; an open list.';
comment on column openai_bi.project_members.added_at is 'When the person was added to the project.';
comment on column openai_bi.project_members.first_seen_at is 'When a run first saw it.';
comment on column openai_bi.project_members.last_seen_at is 'When a run last saw it: in a list, or as a stub in changed usage or costs.';
comment on column openai_bi.project_members.removed_at is 'When it was found missing from a list read to its end; null while it is there. Rows are never deleted.';
comment on column openai_bi.project_members.updated_at is 'When a value of the row last changed; being seen again is no change.';

create view openai_bi.groups as
select
  org_id,
  group_id,
  group_name,
  group_type,
  created_at,
  group_label,
  first_seen_at,
  last_seen_at,
  removed_at,
  updated_at
from openai.groups;
comment on view openai_bi.groups is 'Groups of people, deleted ones too, one row per group.';
comment on column openai_bi.groups.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.groups.group_id is 'Identity of the group.';
comment on column openai_bi.groups.group_name is 'Current name.';
comment on column openai_bi.groups.group_type is 'Kind of group as the API says; an open list.';
comment on column openai_bi.groups.created_at is 'When the group was created.';
comment on column openai_bi.groups.group_label is 'What to show: the name, else the id.';
comment on column openai_bi.groups.first_seen_at is 'When a run first saw it.';
comment on column openai_bi.groups.last_seen_at is 'When a run last saw it: in a list, or as a stub in changed usage or costs.';
comment on column openai_bi.groups.removed_at is 'When it was found missing from a list read to its end; null while it is there. Rows are never deleted.';
comment on column openai_bi.groups.updated_at is 'When a value of the row last changed; being seen again is no change.';

create view openai_bi.group_members as
select
  org_id,
  group_id,
  user_id,
  first_seen_at,
  last_seen_at,
  removed_at,
  updated_at
from openai.group_members;
comment on view openai_bi.group_members is 'Who belongs to which group, and who did, one row per group and person. One person may be in several: sums over groups count such a person several times.';
comment on column openai_bi.group_members.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.group_members.group_id is 'The group (openai.groups).';
comment on column openai_bi.group_members.user_id is 'The person (openai.users).';
comment on column openai_bi.group_members.first_seen_at is 'When a run first saw it.';
comment on column openai_bi.group_members.last_seen_at is 'When a run last saw it: in a list, or as a stub in changed usage or costs.';
comment on column openai_bi.group_members.removed_at is 'When it was found missing from a list read to its end; null while it is there. Rows are never deleted.';
comment on column openai_bi.group_members.updated_at is 'When a value of the row last changed; being seen again is no change.';

create view openai_bi.name_history as
select
  org_id,
  entity,
  id,
  name,
  valid_from,
  valid_to
from openai.name_history;
comment on view openai_bi.name_history is 'Names through time, one row per name and the time it was valid. The name something had on a UTC day is the one valid when the day ended.';
comment on column openai_bi.name_history.org_id is 'Name of the organization in the configuration.';
comment on column openai_bi.name_history.entity is '''project'', ''user'', ''api_key'' or ''group''.';
comment on column openai_bi.name_history.id is 'Identity of the project, user, key or group.';
comment on column openai_bi.name_history.name is 'The name.';
comment on column openai_bi.name_history.valid_from is 'Start, inclusive. Of the first name known: when what it names was created, else when it was first seen; of a later one: when it was first read.';
comment on column openai_bi.name_history.valid_to is 'End, exclusive: when another name was first read; null for the present name, and for the last name of what is gone.';
