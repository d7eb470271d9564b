import * as barchart from '@grafana/grafana-foundation-sdk/barchart';
import * as common from '@grafana/grafana-foundation-sdk/common';
import {
  type DynamicConfigValue,
  FieldColorBuilder,
  FieldColorModeId,
  MappingType,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as statushistory from '@grafana/grafana-foundation-sdk/statushistory';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { dataSource, sqlQuery } from './data-source.ts';

/** What every panel says of itself. */
interface Panel {
  readonly title: string;
  /** What it counts, and what to beware of. */
  readonly description: string;
  readonly sql: string;
  /** Unit of Grafana, such as `short`, `percentunit`, `bytes`. */
  readonly unit?: string;
  readonly decimals?: number;
  /** Columns of 24. */
  readonly width: number;
  readonly height?: number;
}

/** A colour from a value on; the first holds from minus infinity. */
export type Step = readonly [from: number | null, color: string];

/** Colours by value. */
function steps(list: readonly Step[]): ThresholdsConfigBuilder {
  const thresholds: Threshold[] = list.map(([value, color]) => ({ value, color }));
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(thresholds);
}

/** Colours, and other texts, by text. */
export function texts(
  list: Readonly<Record<string, { readonly color: string; readonly text?: string }>>,
): ValueMapping {
  return { type: MappingType.ValueToText, options: { ...list } };
}

/** One or a few figures, each a column of the one row that the query returns. */
export function figures(
  panel: Panel & { readonly steps?: readonly Step[]; readonly mapping?: ValueMapping },
): stat.PanelBuilder {
  const builder = new stat.PanelBuilder()
    .title(panel.title)
    .description(panel.description)
    .datasource(dataSource)
    .withTarget(sqlQuery(panel.sql, 'table'))
    .span(panel.width)
    .height(panel.height ?? 4)
    .unit(panel.unit ?? 'short')
    .noValue('nothing loaded')
    .graphMode(common.BigValueGraphMode.None)
    .colorMode(
      panel.steps === undefined && panel.mapping === undefined
        ? common.BigValueColorMode.None
        : common.BigValueColorMode.Value,
    )
    .reduceOptions(new common.ReduceDataOptionsBuilder().values(false).calcs(['lastNotNull']).fields('/.*/'))
    .thresholds(steps(panel.steps ?? [[null, 'text']]));
  if (panel.decimals !== undefined) builder.decimals(panel.decimals);
  if (panel.mapping !== undefined) builder.mappings([panel.mapping]);
  return builder;
}

/** Something through time: from `time`, a text beside it as the name of the series, and values. */
export function series(
  panel: Panel & {
    readonly shape: 'bars' | 'lines';
    readonly stacked?: 'sums' | 'shares';
    /** A column of each series, for queries that return no text beside `time`. */
    readonly wide?: boolean;
    readonly max?: number;
  },
): timeseries.PanelBuilder {
  const isBars = panel.shape === 'bars';
  const stacking = { sums: common.StackingMode.Normal, shares: common.StackingMode.Percent };
  const builder = new timeseries.PanelBuilder()
    .title(panel.title)
    .description(panel.description)
    .datasource(dataSource)
    .withTarget(sqlQuery(panel.sql, panel.wide === true ? 'table' : 'time_series'))
    .span(panel.width)
    .height(panel.height ?? 9)
    .unit(panel.unit ?? 'short')
    .min(0)
    .drawStyle(isBars ? common.GraphDrawStyle.Bars : common.GraphDrawStyle.Line)
    // A day's bar begins where the day does, as the shading does.
    .barAlignment(common.BarAlignment.After)
    .barWidthFactor(0.9)
    .fillOpacity(isBars ? 85 : 0)
    .lineWidth(isBars ? 0 : 2)
    .showPoints(isBars ? common.VisibilityMode.Never : common.VisibilityMode.Auto)
    .stacking(
      new common.StackingConfigBuilder()
        .mode(panel.stacked === undefined ? common.StackingMode.None : stacking[panel.stacked])
        .group('A'),
    )
    // A gap is a day without data, not a line over it.
    .spanNulls(false)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName))
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .calcs([]),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending),
    );
  if (panel.decimals !== undefined) builder.decimals(panel.decimals);
  if (panel.max !== undefined) builder.max(panel.max);
  return builder;
}

/** Lying bars, one a row: a text and a value. */
export function bars(panel: Panel): barchart.PanelBuilder {
  const builder = new barchart.PanelBuilder()
    .title(panel.title)
    .description(panel.description)
    .datasource(dataSource)
    .withTarget(sqlQuery(panel.sql, 'table'))
    .span(panel.width)
    .height(panel.height ?? 9)
    .unit(panel.unit ?? 'short')
    .orientation(common.VizOrientation.Horizontal)
    .xField('label')
    .showValue(common.VisibilityMode.Always)
    .barWidth(0.9)
    .fillOpacity(85)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(false)
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .calcs([]),
    )
    .overrideByName('value', [{ id: 'displayName', value: 'Spend' }]);
  if (panel.decimals !== undefined) builder.decimals(panel.decimals);
  return builder;
}

/** What a column of a table is besides text. */
export interface Column {
  readonly name?: string;
  readonly unit?: string;
  readonly decimals?: number;
  readonly hidden?: boolean;
  /** Colours the cell by its value. */
  readonly steps?: readonly Step[];
  readonly mapping?: ValueMapping;
  /** Where a click leads: the title and the path of a dashboard with its query. */
  readonly link?: { readonly title: string; readonly url: string };
}

/** Rows as they are. */
export function rows(
  panel: Panel & { readonly columns?: Readonly<Record<string, Column>>; readonly shaded?: boolean },
): table.PanelBuilder {
  const builder = new table.PanelBuilder()
    .title(panel.title)
    .description(panel.description)
    .datasource(dataSource)
    .withTarget(sqlQuery(panel.sql, 'table'))
    .span(panel.width)
    .height(panel.height ?? 9)
    .unit(panel.unit ?? 'string')
    .showHeader(true)
    .cellHeight(common.TableCellHeight.Sm);
  if (panel.decimals !== undefined) builder.decimals(panel.decimals);
  if (panel.shaded === true) {
    builder
      .cellOptions({
        type: common.TableCellDisplayMode.ColorBackground,
        mode: common.TableCellBackgroundDisplayMode.Basic,
      })
      .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.ContinuousBlues));
  }
  for (const [name, column] of Object.entries(panel.columns ?? {})) builder.overrideByName(name, properties(column));
  return builder;
}

function properties(column: Column): DynamicConfigValue[] {
  const list: DynamicConfigValue[] = [];
  if (column.name !== undefined) list.push({ id: 'displayName', value: column.name });
  if (column.unit !== undefined) list.push({ id: 'unit', value: column.unit });
  if (column.decimals !== undefined) list.push({ id: 'decimals', value: column.decimals });
  if (column.hidden === true) list.push({ id: 'custom.hidden', value: true });
  if (column.mapping !== undefined) list.push({ id: 'mappings', value: [column.mapping] });
  if (column.steps !== undefined) list.push({ id: 'thresholds', value: steps(column.steps).build() });
  if (column.steps !== undefined || column.mapping !== undefined) {
    list.push({ id: 'custom.cellOptions', value: { type: 'color-text' } });
  }
  if (column.link !== undefined) list.push({ id: 'links', value: [column.link] });
  return list;
}

/** A cell a day and series, coloured by what a number stands for. */
export function states(panel: Panel & { readonly mapping: ValueMapping }): statushistory.PanelBuilder {
  return new statushistory.PanelBuilder()
    .title(panel.title)
    .description(panel.description)
    .datasource(dataSource)
    .withTarget(sqlQuery(panel.sql, 'time_series'))
    .span(panel.width)
    .height(panel.height ?? 10)
    .unit(panel.unit ?? 'short')
    .mappings([panel.mapping])
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .thresholds(steps([[null, 'text']]))
    .showValue(common.VisibilityMode.Never)
    .rowHeight(0.9)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .calcs([]),
    );
}
