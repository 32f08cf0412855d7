// What Grafana's application sets up before it shows a dashboard, as far as drawing one needs it.
import * as data from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import * as runtime from '@grafana/runtime';
import { Observable } from 'rxjs';

import { PANELS } from './panels';
import { DATA_SOURCE, Prometheus } from './prometheus';

const FIELD_OPTIONS: Record<string, Function> = {
  unit: data.unitOverrideProcessor,
  min: data.numberOverrideProcessor,
  max: data.numberOverrideProcessor,
  fieldMinMax: data.booleanOverrideProcessor,
  decimals: data.numberOverrideProcessor,
  displayName: data.displayNameOverrideProcessor,
  color: data.identityOverrideProcessor,
  noValue: data.identityOverrideProcessor,
  links: data.dataLinksOverrideProcessor,
  actions: data.identityOverrideProcessor,
  mappings: data.valueMappingsOverrideProcessor,
  thresholds: data.thresholdsOverrideProcessor,
  filterable: data.booleanOverrideProcessor,
};

const DEFAULTS: Record<string, unknown> = {
  mappings: [],
  thresholds: {
    mode: data.ThresholdsMode.Absolute,
    steps: [
      { value: -Infinity, color: 'green' },
      { value: 80, color: 'red' },
    ],
  },
};

function fieldOptions(): any[] {
  return Object.entries(FIELD_OPTIONS).map(([id, process]) => ({
    id,
    path: id,
    name: id,
    description: '',
    settings: {},
    process,
    defaultValue: DEFAULTS[id],
    editor: () => null,
    override: () => null,
    shouldApply: () => true,
  }));
}

function transformers(): any[] {
  const byId = new Map(Object.values(data.standardTransformers).map((one) => [one.id, one]));
  return [...byId.values()].map((one) => ({
    id: one.id,
    name: one.name,
    transformation: async () => one,
    editor: () => null,
  }));
}

function runRequest(source: any, request: any): any {
  return new Observable((panel) =>
    source.query(request).subscribe({
      next: ({ state, data: series }: any) => panel.next({ state, series, timeRange: request.range, request }),
      error: (error: Error) => {
        panel.next({
          state: data.LoadingState.Error,
          series: [],
          errors: [{ message: error.message }],
          error,
          timeRange: request.range,
          request,
        });
        panel.complete();
      },
      complete: () => panel.complete(),
    }),
  );
}

export async function setUpGrafana(prometheus: Prometheus) {
  const settings: any = { ...DATA_SOURCE, isDefault: true, meta: { id: DATA_SOURCE.type, info: { logos: {} } } };
  const unlinked: any = () => ({ links: [], components: [], isLoading: false });
  runtime.config.theme2 = data.createTheme({ colors: { mode: 'dark' } });
  runtime.setAppEvents(new data.EventBusSrv());
  data.standardFieldConfigEditorRegistry.setInit(fieldOptions);
  data.standardTransformersRegistry.setInit(transformers);
  data.locationUtil.initialize({
    config: runtime.config,
    getVariablesUrlParams: () => ({}),
    getTimeRangeForUrl: () => ({}),
  } as any);
  runtime.setPluginImportUtils({
    importPanelPlugin: async (id: string) => PANELS[id],
    getPanelPluginFromCache: (id: string) => PANELS[id],
  } as any);
  runtime.setRunRequest(runRequest);
  runtime.setDataSourceSrv({
    get: async () => prometheus,
    getInstanceSettings: () => settings,
    getList: () => [settings],
  } as any);
  runtime.setTemplateSrv({
    getVariables: () => [],
    replace: (text: string) => text,
    containsTemplate: () => false,
  } as any);
  runtime.setPluginLinksHook(unlinked);
  runtime.setPluginComponentsHook(unlinked);
  await initPluginTranslations('grafana-scenes', [async () => ({})]);
}
