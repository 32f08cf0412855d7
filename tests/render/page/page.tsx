// Draws the dashboard that the address names, and says in window.report what became of it.
import { LoadingState, ThemeContext } from '@grafana/data';
import { config } from '@grafana/runtime';
import { VizPanel, sceneGraph } from '@grafana/scenes';
import { GlobalStyles, PortalContainer } from '@grafana/ui';
import React from 'react';
import { createRoot } from 'react-dom/client';
import { MemoryRouter } from 'react-router-dom-v5-compat';

import { setUpGrafana } from './grafana';
import { Prometheus } from './prometheus';
import { dashboardScene } from './scene';

import 'uplot/dist/uPlot.min.css';
import '@grafana/react-data-grid/lib/styles.css';
import './page.css';

const errors: string[] = [];
window.addEventListener('error', (event) => errors.push(String(event.message)));
window.addEventListener('unhandledrejection', (event) => errors.push(String(event.reason)));

const isDone = (state?: LoadingState) => state === LoadingState.Done || state === LoadingState.Error;

function describe(panel: VizPanel) {
  const element = document.querySelector(`[data-viz-panel-key="${panel.state.key}"]`);
  const data = panel.state.$data?.state.data;
  return {
    title: panel.state.title,
    type: panel.state.pluginId,
    isDone: !panel.state.$data || isDone(data?.state),
    series: data?.series.length ?? 0,
    errors: [
      ...(data?.errors ?? []).map((error) => error.message ?? ''),
      ...(panel.state._pluginLoadError ? [panel.state._pluginLoadError] : []),
    ],
    isDrawn: Boolean(element),
    saysNoData: Boolean(element?.querySelector('.no-data')),
    canvases: element?.querySelectorAll('canvas').length ?? 0,
    text: (element as HTMLElement)?.innerText ?? '',
  };
}

async function main() {
  const chosen = new URLSearchParams(location.search);
  const prometheus = new Prometheus(chosen.get('prometheus')!, Number(chosen.get('scrape')));
  await setUpGrafana(prometheus);
  const scene = dashboardScene(await (await fetch('dashboard.json')).json(), chosen);
  createRoot(document.getElementById('root')!).render(
    <ThemeContext.Provider value={config.theme2}>
      <GlobalStyles />
      <MemoryRouter>
        <scene.Component model={scene} />
      </MemoryRouter>
      <PortalContainer />
    </ThemeContext.Provider>,
  );
  const report = () => ({
    panels: (sceneGraph.findAllObjects(scene, (one) => one instanceof VizPanel) as VizPanel[]).map(describe),
    variables: scene.state.$variables!.state.variables.map(({ state }: any) => ({
      name: state.name,
      value: state.value,
      error: state.error,
    })),
    queries: prometheus.asked,
    errors,
  });
  Object.assign(window, { report });
}

main().catch(
  (error) =>
    errors.push(error.stack) &&
    Object.assign(window, { report: () => ({ panels: [], variables: [], queries: [], errors }) }),
);
