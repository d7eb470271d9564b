import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  type AnnotationQuery,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  type Panel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { type VariableName, variables } from './variables.ts';

/** A dashboard: what stands on it, from left to right and top to bottom, wrapped at 24 columns. */
export interface DashboardDefinition {
  /** Last word of its uid and name of its file. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly VariableName[];
  readonly annotations: readonly AnnotationQuery[];
  readonly panels: readonly Builder<Panel>[];
}

const tag = 'openai-usage';

/** The identity of a dashboard, by which links and bookmarks find it. */
export function uidOf(name: string): string {
  return `openai-usage-${name}`;
}

/** The dashboard as Grafana reads it. */
export function buildDashboard(definition: DashboardDefinition): Dashboard {
  const builder = new DashboardBuilder(definition.title)
    .uid(uidOf(definition.name))
    .description(definition.description)
    .tags([tag])
    // Days are UTC days, as the bill is cut.
    .timezone('utc')
    .weekStart('monday')
    .time({ from: 'now-30d/d', to: 'now' })
    .refresh('15m')
    .tooltip(DashboardCursorSync.Crosshair)
    .readonly()
    .annotations(definition.annotations.map((annotation) => ({ build: () => annotation })))
    .variables(definition.variables.map((name) => variables[name]))
    .link(
      new DashboardLinkBuilder('Dashboards')
        .type(DashboardLinkType.Dashboards)
        .tags([tag])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true),
    );
  for (const panel of definition.panels) builder.withPanel(panel);
  const dashboard = builder.build();
  return { ...dashboard, panels: (dashboard.panels ?? []).map((panel, index) => ({ ...panel, id: index + 1 })) };
}
