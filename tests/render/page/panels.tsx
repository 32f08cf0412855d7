// The panels. Grafana's panel plugins are part of its server; the components that they draw with are published, and
// these wrappers hand them the options of a panel as the plugins do.
import {
  DataFrame,
  DisplayValueAlignmentFactors,
  FieldColorModeId,
  FieldConfigProperty,
  FieldDisplay,
  PanelPlugin,
  PanelProps,
  VizOrientation,
  cacheFieldDisplayNames,
  getDisplayValueAlignmentFactors,
  getFieldDisplayValues,
  identityOverrideProcessor,
  renderMarkdown,
} from '@grafana/data';
import { BarGauge, BigValue, TimeSeries, VizRepeater, VizRepeaterRenderValueProps, useTheme2 } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import React from 'react';

const NO_DATA = 'No data';
const NoData = () => <div className="no-data">{NO_DATA}</div>;
const hasRows = (frames: DataFrame[]) => frames.some((frame) => frame.length > 0);

function TimeSeriesPanel({ data, width, height, timeRange, timeZone, options }: PanelProps) {
  if (!hasRows(data.series)) {
    return <NoData />;
  }
  return (
    <TimeSeries
      frames={data.series}
      width={width}
      height={height}
      timeRange={timeRange}
      timeZone={timeZone}
      legend={options.legend}
    />
  );
}

interface Drawn {
  value: FieldDisplay;
  width: number;
  height: number;
  orientation: VizOrientation;
  factors?: DisplayValueAlignmentFactors;
  count: number;
}

/** One picture for each value that the panel's reduce options leave. */
function Values({
  panel,
  isSparkline,
  draw,
  itemSpacing = 8,
  ...layout
}: {
  panel: PanelProps;
  isSparkline: boolean;
  autoGrid?: boolean;
  itemSpacing?: number;
  minVizWidth?: number;
  minVizHeight?: number;
  draw: (drawn: Drawn) => React.JSX.Element;
}) {
  const theme = useTheme2();
  if (!hasRows(panel.data.series)) {
    return <NoData />;
  }
  const { options, fieldConfig, replaceVariables, timeZone } = panel;
  const values = () =>
    getFieldDisplayValues({
      fieldConfig,
      reduceOptions: options.reduceOptions,
      replaceVariables,
      theme,
      data: panel.data.series,
      sparkline: isSparkline,
      timeZone,
    });
  return (
    <VizRepeater
      getValues={values}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      source={panel.data}
      renderCounter={panel.renderCounter}
      width={panel.width}
      height={panel.height}
      itemSpacing={itemSpacing}
      {...layout}
      orientation={options.orientation ?? VizOrientation.Auto}
      renderValue={({
        alignmentFactors,
        ...rest
      }: VizRepeaterRenderValueProps<FieldDisplay, DisplayValueAlignmentFactors>) =>
        draw({ ...rest, factors: alignmentFactors })
      }
    />
  );
}

function StatPanel(panel: PanelProps) {
  const theme = useTheme2();
  const { options } = panel;
  return (
    <Values
      panel={panel}
      isSparkline={options.graphMode !== 'none'}
      autoGrid
      itemSpacing={3}
      draw={({ value, width, height, factors, count }) => (
        <BigValue
          value={value.display}
          sparkline={value.sparkline}
          width={width}
          height={height}
          count={count}
          theme={theme}
          alignmentFactors={factors}
          colorMode={options.colorMode}
          graphMode={options.graphMode}
          justifyMode={options.justifyMode}
          textMode={options.textMode}
          text={options.text}
        />
      )}
    />
  );
}

function BarGaugePanel(panel: PanelProps) {
  const theme = useTheme2();
  const { options } = panel;
  return (
    <Values
      panel={panel}
      isSparkline={false}
      itemSpacing={10}
      minVizWidth={8}
      minVizHeight={16}
      draw={({ value, width, height, orientation, factors }) => (
        <BarGauge
          value={value.display}
          field={value.field}
          display={value.view?.getFieldDisplayProcessor(value.colIndex!)}
          width={width}
          height={height}
          orientation={orientation}
          theme={theme}
          alignmentFactors={factors}
          displayMode={options.displayMode}
          valueDisplayMode={options.valueMode}
          namePlacement={options.namePlacement}
          showUnfilled={options.showUnfilled}
          text={options.text}
        />
      )}
    />
  );
}

function TablePanel({ data, width, height, options, fieldConfig, timeRange }: PanelProps) {
  const frame = data.series[0];
  if (!frame?.length) {
    return <NoData />;
  }
  cacheFieldDisplayNames(data.series);
  return (
    <TableNG
      data={frame}
      width={width}
      height={height}
      fieldConfig={fieldConfig}
      timeRange={timeRange}
      noHeader={options.showHeader === false}
      sortBy={options.sortBy}
      cellHeight={options.cellHeight}
      columnMinWidth={50}
      enableVirtualization={false}
      disableKeyboardEvents
    />
  );
}

function TextPanel({ options }: PanelProps) {
  return <div className="markdown-html" dangerouslySetInnerHTML={{ __html: renderMarkdown(options.content) }} />;
}

// What a field of such a panel can have of its own: GraphFieldConfig and TableFieldOptions of @grafana/schema. Scenes
// drops what is not registered.
const LINE_DEFAULTS = {
  drawStyle: 'line',
  lineInterpolation: 'linear',
  lineWidth: 1,
  fillOpacity: 0,
  gradientMode: 'none',
  barAlignment: 0,
  showPoints: 'auto',
  pointSize: 5,
  spanNulls: false,
  axisPlacement: 'auto',
  axisLabel: '',
  axisColorMode: 'text',
  axisBorderShow: false,
  axisCenteredZero: false,
  scaleDistribution: { type: 'linear' },
  insertNulls: false,
  hideFrom: { legend: false, tooltip: false, viz: false },
  stacking: { mode: 'none', group: 'A' },
  thresholdsStyle: { mode: 'off' },
  ...Object.fromEntries(
    [
      ...['axisGridShow', 'axisSoftMax', 'axisSoftMin', 'axisWidth', 'barMaxWidth', 'barWidthFactor', 'fillBelowTo'],
      ...['fillColor', 'lineColor', 'lineStyle', 'pointColor', 'pointSymbol', 'showValues', 'transform'],
    ].map((name) => [name, undefined]),
  ),
};
const CELL_DEFAULTS = {
  align: 'auto',
  inspect: false,
  cellOptions: { type: 'auto' },
  hideFrom: { viz: false },
  width: undefined,
  minWidth: undefined,
  filterable: undefined,
  hidden: undefined,
};
const STAT_DEFAULTS = {
  reduceOptions: { values: false, calcs: ['lastNotNull'], fields: '' },
  colorMode: 'value',
  graphMode: 'area',
  justifyMode: 'auto',
  textMode: 'auto',
};
const BAR_DEFAULTS = {
  reduceOptions: STAT_DEFAULTS.reduceOptions,
  displayMode: 'gradient',
  valueMode: 'color',
  namePlacement: 'auto',
  showUnfilled: true,
};
const LEGEND_DEFAULTS = { legend: { showLegend: true, displayMode: 'list', placement: 'bottom', calcs: [] } };

function plugin(
  id: string,
  Component: React.ComponentType<PanelProps>,
  options: object,
  custom: object,
  color: FieldColorModeId,
) {
  const made = new PanelPlugin<any>(Component)
    .setPanelOptions((builder) =>
      Object.entries(options).forEach(([path, defaultValue]) =>
        builder.addCustomEditor({ id: path, path, name: path, defaultValue, editor: () => null }),
      ),
    )
    .useFieldConfig({
      standardOptions: {
        [FieldConfigProperty.Color]: { defaultValue: { mode: color }, settings: { byValueSupport: true } },
      },
      useCustomConfig: (builder) =>
        Object.entries(custom).forEach(([path, defaultValue]) =>
          builder.addCustomEditor({
            id: path,
            path,
            name: path,
            defaultValue,
            editor: () => null,
            override: () => null,
            process: identityOverrideProcessor,
            shouldApply: () => true,
          }),
        ),
    });
  made.meta = { id, name: id, info: { version: '1' } } as any;
  return made;
}

const CUSTOM: Record<string, object> = { timeseries: LINE_DEFAULTS, table: CELL_DEFAULTS };

/** Options of fields that the wrappers would drop in silence. */
export function unknownOptions({ type, fieldConfig }: any): string[] {
  const overridden = (fieldConfig?.overrides ?? []).flatMap((one: any) => one.properties.map(({ id }: any) => id));
  const used = [
    ...Object.keys(fieldConfig?.defaults?.custom ?? {}),
    ...overridden.filter((id: string) => id.startsWith('custom.')).map((id: string) => id.split('.')[1]),
  ];
  return used.filter((name) => !(name in (CUSTOM[type] ?? {})));
}

export const PANELS: Record<string, PanelPlugin<any>> = {
  timeseries: plugin('timeseries', TimeSeriesPanel, LEGEND_DEFAULTS, LINE_DEFAULTS, FieldColorModeId.PaletteClassic),
  stat: plugin('stat', StatPanel, STAT_DEFAULTS, {}, FieldColorModeId.Thresholds),
  bargauge: plugin('bargauge', BarGaugePanel, BAR_DEFAULTS, {}, FieldColorModeId.Thresholds),
  table: plugin('table', TablePanel, {}, CELL_DEFAULTS, FieldColorModeId.Thresholds),
  text: plugin('text', TextPanel, {}, {}, FieldColorModeId.Thresholds),
};
