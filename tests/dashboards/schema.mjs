// Checks each dashboard against the types that Grafana itself is built with, and its units against Grafana's list.
//
//   node tests/dashboards/schema.mjs [DASHBOARD.json...]    (after tests/render/install; all of dashboards/out without)
//
// The JSON is written into a TypeScript file that says `satisfies Dashboard`; misspelt keys, wrong types and words that
// no enumeration has make tsc fail. The options of panels are `unknown` in that type, so those of each panel are checked
// against its own.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const modules = path.join(root, 'build/render/node_modules');
const work = path.join(root, 'build/render/schema');
const own = path.join(root, 'dashboards/out/grafana');

// Of each type of panel: its options, and what its fields may have of their own.
const panels = {
  timeseries: ['timeseries.Options', 'GraphFieldConfig'],
  stat: ['stat.Options', 'Record<string, never>'],
  bargauge: ['bargauge.Options', 'Record<string, never>'],
  table: ['table.Options', 'TableFieldOptions'],
  text: ['text.Options', 'Record<string, never>'],
};
const kinds = Object.keys(panels);

// JSON has the values of enumerations, not their names: Loose takes `${Enum}` for Enum, at any depth.
// Annotations have what the plugin for Prometheus adds to them.
const head = `import type { AnnotationQuery, Dashboard, GraphFieldConfig, TableFieldOptions } from '@grafana/schema';
${kinds.map((kind) => `import type * as ${kind} from './${kind}.gen';`).join('\n')}
type Loose<T> = T extends string ? T | \`\${T}\` : T extends (infer E)[] ? Loose<E>[] : T extends object ? { [K in keyof T]: Loose<T[K]> } : T;
type Annotation = AnnotationQuery & { expr: string; step: string; titleFormat: string; textFormat: string; tagKeys: string; useValueForTime: boolean };
type Page = Omit<Dashboard, 'annotations'> & { annotations: { list: Annotation[] } };
`;

function source(dashboard) {
  const lines = [head, `export const dashboard = ${JSON.stringify(dashboard, null, 1)} satisfies Loose<Page>;`];
  for (const panel of dashboard.panels.filter((p) => panels[p.type])) {
    const [options, custom] = panels[panel.type];
    lines.push(`/* ${panel.title} */`);
    lines.push(`export const options${panel.id} = ${JSON.stringify(panel.options, null, 1)} satisfies Loose<Partial<${options}>>;`);
    lines.push(`export const custom${panel.id} = ${JSON.stringify(panel.fieldConfig?.defaults.custom ?? {}, null, 1)} satisfies Loose<Partial<${custom}>>;`);
  }
  return lines.join('\n');
}

function unitsOf(dashboard) {
  const fields = dashboard.panels.flatMap((p) => (p.fieldConfig ? [p.fieldConfig] : []));
  const overrides = fields.flatMap((f) => f.overrides).flatMap((o) => o.properties).filter((p) => p.id === 'unit');
  return new Set([...fields.map((f) => f.defaults.unit), ...overrides.map((p) => p.value)].filter(Boolean));
}

const given = process.argv.slice(2);
const files = given.length ? given : fs.readdirSync(own).map((name) => path.join(own, name));
fs.rmSync(work, { recursive: true, force: true });
fs.mkdirSync(work, { recursive: true });
for (const kind of kinds) {
  fs.copyFileSync(path.join(modules, `@grafana/schema/dist/types/raw/composable/${kind}/panelcfg/x/types.gen.d.ts`), path.join(work, `${kind}.gen.d.ts`));
  const text = fs.readFileSync(path.join(work, `${kind}.gen.d.ts`), 'utf8').replace(/from '[./]+\/common\/common\.gen'/g, "from '@grafana/schema'");
  fs.writeFileSync(path.join(work, `${kind}.gen.d.ts`), text);
}
globalThis.navigator ??= { languages: ['en'] }; // the list of units asks a browser for its languages
const { getValueFormats } = createRequire(path.join(modules, 'x.js'))('@grafana/data');
const known = new Set(getValueFormats().flatMap((group) => group.submenu.map((unit) => unit.value)));
let isWrong = false;
for (const file of files) {
  const dashboard = JSON.parse(fs.readFileSync(file, 'utf8'));
  fs.writeFileSync(path.join(work, `${path.basename(file, '.json')}.ts`), source(dashboard));
  for (const unit of unitsOf(dashboard)) {
    if (!known.has(unit)) {
      console.error(`${path.basename(file)}: Grafana has no unit ${unit}`);
      isWrong = true;
    }
  }
}
fs.writeFileSync(path.join(work, 'tsconfig.json'), JSON.stringify({
  compilerOptions: { strict: true, noEmit: true, skipLibCheck: true, module: 'esnext', moduleResolution: 'bundler', target: 'es2022', types: [] },
  include: ['*.ts'],
}));
const done = spawnSync(process.execPath, [path.join(modules, 'typescript/bin/tsc'), '-p', work], { stdio: 'inherit' });
process.exit(isWrong || done.status !== 0 ? 1 : 0);
