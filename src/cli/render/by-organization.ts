import type { Style } from '../style.ts';

/** The same body once for each organization, under its name where there are several. */
export function byOrganization<T extends { readonly org_id: string }>(
  items: readonly T[],
  body: (items: readonly T[]) => string,
  style: Style,
): string {
  const groups = [...Map.groupBy(items, ({ org_id }) => org_id)];
  if (groups.length <= 1) return body(items);
  return groups.map(([name, group]) => `${style.bold(name)}\n${body(group)}`).join('\n\n');
}
