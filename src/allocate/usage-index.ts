import type { Cost, DatasetUsage, Grouped, Usage } from './day-inputs.ts';
import { isSameModel, type ModelRung } from './model-name.ts';
import { keyOf } from './shares.ts';

/** Which dimensions of a cost its usage must have in common with it. */
export interface Scope {
  readonly project: boolean;
  readonly apiKey: boolean;
}

/**
 * The scopes to look for a cost's usage in, narrowest first. Never across projects: a project that the usage was not
 * grouped by is vouched for by the key only. The key is let go only where the cost has none.
 */
export function scopesOf(bill: Grouped<Cost>, cost: Cost, { grain }: DatasetUsage): readonly Scope[] {
  const keyed = grain.has('api_key_id');
  if (cost.apiKeyId !== null && !keyed) return [];
  const wantsProject = bill.grain.has('project_id');
  if (wantsProject && !grain.has('project_id')) {
    return cost.apiKeyId === null ? [] : [{ project: false, apiKey: true }];
  }
  const withKey = { project: wantsProject, apiKey: true };
  const withoutKey = { project: wantsProject, apiKey: false };
  if (cost.apiKeyId !== null) return [withKey];
  // Where the bill is grouped by key, a cost without one is first of all that of usage without one.
  return bill.grain.has('api_key_id') && keyed ? [withKey, withoutKey] : [withoutKey];
}

type ByModel = ReadonlyMap<string | null, readonly Usage[]>;

/** Finds a dataset's usage by scope and model. */
export interface UsageIndex {
  /** Usage of any model where `model` is null. */
  find(scope: Scope, cost: Cost, model: string | null, rung: ModelRung): readonly Usage[];
}

/** An index that is built for a scope when it is first asked for. */
export function createUsageIndex(rows: readonly Usage[]): UsageIndex {
  const byScope = new Map<string, ReadonlyMap<string, ByModel>>();
  const scoped = (scope: Scope) => {
    const name = `${scope.project} ${scope.apiKey}`;
    const known = byScope.get(name) ?? indexed(rows, scope);
    byScope.set(name, known);
    return known;
  };
  return {
    find: (scope, cost, model, rung) => {
      const byModel = scoped(scope).get(scopeKey(cost, scope));
      if (byModel === undefined) return [];
      if (model === null) return [...byModel.values()].flat();
      if (rung === 'model') return byModel.get(model) ?? [];
      return [...byModel].flatMap(([used, usage]) => (used !== null && isSameModel(rung, model, used) ? usage : []));
    },
  };
}

function indexed(rows: readonly Usage[], scope: Scope): ReadonlyMap<string, ByModel> {
  const grouped = Map.groupBy(rows, (usage) => scopeKey(usage, scope));
  return new Map([...grouped].map(([key, usage]) => [key, Map.groupBy(usage, ({ model }) => model)]));
}

function scopeKey({ projectId, apiKeyId }: Pick<Usage, 'projectId' | 'apiKeyId'>, scope: Scope): string {
  return keyOf([scope.project ? projectId : null, scope.apiKey ? apiKeyId : null]);
}
