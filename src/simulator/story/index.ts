import type { Directory, Named, SimulatedKey, SimulatedUser } from '../directory/directory.ts';
import type { Endpoint } from '../endpoint.ts';
import type { DayNumber } from '../world/activity.ts';
import type { Atom } from '../world/atom.ts';
import type { Organization } from '../world/organization.ts';
import { type Random, randomFrom } from '../world/random.ts';
import { type StoryActor, storyActivity } from './activity.ts';
import { storyCalendar } from './calendar.ts';
import { companyName, type ProjectKey, type StoryProject, storyProjects } from './company.ts';
import { workloadsOf } from './workloads.ts';

/** A made-up company with a year behind it, in place of what a seed draws by itself. */
export interface Story {
  readonly organization: Organization;
  readonly directory: Directory;
  activityOf(endpoint: Endpoint): (day: DayNumber) => readonly Atom[];
}

const hexadecimal = '0123456789abcdef';
const daySeconds = 86_400;
/** Before the story begins. */
const foundedDaysBefore = 500;

interface Member {
  readonly project: ProjectKey;
  readonly caller: string;
  readonly actor: StoryActor;
}

/** The story of a seed as it is told at an instant: the same seed tells the same story, month by month. */
export function tellStory(seed: number, now: Date): Story {
  const random = randomFrom(seed, 'company');
  const calendar = storyCalendar(now);
  const founded = (calendar.firstDay - foundedDaysBefore) * daySeconds;
  const projects = new Map(entries(storyProjects).map(([key]) => [key, `proj_${random.text(24)}`] as const));
  const stores = new Map([...projects].map(([key]) => [key, `vs_${random.text(32, hexadecimal)}`] as const));
  const members = entries(storyProjects).flatMap(([project, { people, service }]) =>
    [...(service === null ? [] : ['service']), ...people].map((caller): Member => {
      const userId = `user-${random.text(24)}`;
      const apiKeyId = `key_${random.text(16)}`;
      const [projectId = '', vectorStoreId = ''] = [projects.get(project), stores.get(project)];
      return { project, caller, actor: { projectId, userId, apiKeyId, vectorStoreId } };
    }),
  );
  const actorOf = (project: ProjectKey, caller: string) =>
    members.find((member) => member.project === project && member.caller === caller)?.actor;
  const tasks = workloadsOf(calendar).flatMap((workload) => {
    const actor = actorOf(workload.project, workload.caller);
    return actor === undefined ? [] : [{ workload, actor }];
  });
  return {
    organization: {
      id: `org-${random.text(24)}`,
      name: companyName,
      projects: [...projects].map(([key, id]) => ({ id, name: storyProjects[key].name })),
      userIds: members.map(({ actor }) => actor.userId),
      credentials: members.map(({ actor: { projectId, userId, apiKeyId } }) => ({ projectId, userId, apiKeyId })),
      vectorStoreIds: new Map([...projects].map(([key, id]) => [id, [stores.get(key) ?? '']])),
      sharingProjectId: null,
    },
    directory: directoryOf(projects, members, founded, random),
    activityOf: (endpoint) => storyActivity(seed, endpoint, tasks),
  };
}

function directoryOf(
  projects: ReadonlyMap<ProjectKey, string>,
  members: readonly Member[],
  founded: number,
  random: Random,
): Directory {
  const named = (id: string, name: string): Named => {
    const created = founded + random.below(120) * daySeconds;
    return { id, names: [{ since: created, name }], created, removed: null };
  };
  const nameOf = ({ project, caller }: Member) => (caller === 'service' ? (serviceOf(project) ?? caller) : caller);
  const users = members.map((member): SimulatedUser => {
    const isService = member.caller === 'service';
    const email = isService ? '' : `${member.caller.toLowerCase().replaceAll(' ', '.')}@northwind.example`;
    return {
      ...named(member.actor.userId, nameOf(member)),
      email,
      projectId: isService ? member.actor.projectId : null,
    };
  });
  const keys = members.map(
    (member): SimulatedKey => ({
      ...named(member.actor.apiKeyId, keyName(member)),
      redactedValue: `sk-proj-********************${random.text(4)}`,
      projectId: member.actor.projectId,
      ownerId: member.actor.userId,
    }),
  );
  const admin: SimulatedKey = {
    ...named(`key_${random.text(16)}`, 'usage-etl'),
    redactedValue: `sk-admin-******************${random.text(4)}`,
    projectId: null,
    ownerId: users.find(({ projectId }) => projectId === null)?.id ?? '',
  };
  const teams = Map.groupBy(members, ({ project }) => storyProjects[project].team);
  return {
    projects: [...projects].map(([key, id]) => ({ ...named(id, storyProjects[key].name), archived: null })),
    users,
    apiKeys: [...keys, admin],
    groups: [...teams].map(([team, of]) => ({
      ...named(`group_${random.text(16)}`, team),
      memberIds: of.filter(({ caller }) => caller !== 'service').map(({ actor }) => actor.userId),
    })),
  };
}

function serviceOf(project: ProjectKey): string | null {
  return storyProjects[project].service;
}

/** The key that gets loose is a notebook's. */
function keyName({ project, caller }: Member): string {
  if (caller === 'service') return `${serviceOf(project) ?? project}-production`;
  const first = caller.split(' ')[0]?.toLowerCase() ?? '';
  return project === 'analytics' ? `${first}-notebook` : `${first}-laptop`;
}

function entries<K extends string>(
  projects: Readonly<Record<K, StoryProject>>,
): readonly (readonly [K, StoryProject])[] {
  return Object.entries(projects) as [K, StoryProject][];
}
