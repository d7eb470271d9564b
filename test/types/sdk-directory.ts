import type { AdminAPIKey } from 'openai/resources/admin/organization/admin-api-keys';
import type { Group } from 'openai/resources/admin/organization/groups/groups';
import type { OrganizationGroupUser } from 'openai/resources/admin/organization/groups/users';
import type { ProjectAPIKey } from 'openai/resources/admin/organization/projects/api-keys';
import type { Project } from 'openai/resources/admin/organization/projects/projects';
import type { ProjectServiceAccount } from 'openai/resources/admin/organization/projects/service-accounts';
import type { ProjectUser } from 'openai/resources/admin/organization/projects/users';
import type { OrganizationUser } from 'openai/resources/admin/organization/users';
import type {
  adminApiKeyList,
  groupList,
  groupUserList,
  projectApiKeyList,
  projectList,
  projectServiceAccountList,
  projectUserList,
  userList,
} from '../../src/catalog/directory/index.ts';
import type { DirectoryList } from '../../src/catalog/directory/list.ts';
import type { Known, Nothing } from './nothing.ts';

/**
 * The lists of names held against the types of the newest official client: every field is stored or deliberately
 * ignored, and none is invented. What differs fails to compile by its name, with dots between nested ones.
 */

/** The names of the fields of an entry, those of objects inside it with dots; lists inside it count as one field. */
type FieldsOf<Entry> = {
  [Name in keyof Entry & string]: NonNullable<Entry[Name]> extends readonly unknown[]
    ? Name
    : NonNullable<Entry[Name]> extends object
      ? `${Name}.${FieldsOf<NonNullable<Entry[Name]>>}`
      : Name;
}[keyof Entry & string];

type PathsOf<Field> = Field extends { from: { paths: readonly (infer Path)[] } }
  ? Path
  : Field extends { from: { path: infer Path } }
    ? Path
    : never;
type Dotted<Path> = Path extends readonly [infer Head extends string, ...infer Rest extends readonly string[]]
  ? Rest extends readonly []
    ? Head
    : `${Head}.${Dotted<Rest>}`
  : never;
type StoredOf<L extends DirectoryList> = Dotted<PathsOf<L['fields'][number]>>;
type IgnoredOf<L extends DirectoryList> = L['ignored'][number];
/** An ignored object is ignored with all that is in it. */
type WithInner<Name extends string> = Name | `${Name}.${string}`;

/** What either side has and the other lacks; must be `never`. */
type Differences<L extends DirectoryList, Entry> =
  | Exclude<FieldsOf<Entry>, StoredOf<L> | WithInner<IgnoredOf<L>> | 'object' | `${string}.object`>
  | Exclude<StoredOf<L>, FieldsOf<Entry>>;

export type EveryListAsTheClientHasIt = Known<
  [
    Nothing<Differences<typeof projectList, Project>>,
    Nothing<Differences<typeof userList, OrganizationUser>>,
    Nothing<Differences<typeof adminApiKeyList, AdminAPIKey>>,
    Nothing<Differences<typeof groupList, Group>>,
    Nothing<Differences<typeof projectUserList, ProjectUser>>,
    Nothing<Differences<typeof projectServiceAccountList, ProjectServiceAccount>>,
    Nothing<Differences<typeof projectApiKeyList, ProjectAPIKey>>,
    Nothing<Differences<typeof groupUserList, OrganizationGroupUser>>,
  ]
>;
