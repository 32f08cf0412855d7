// Bundles page/ with Grafana's packages into one script and one style sheet in build/render.
import { createRequire } from 'node:module';
import { cpSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
export const built = fileURLToPath(new URL('../../build/render/', import.meta.url));
const { build } = createRequire(built)('esbuild');

// Scenes is written for the sixth react-router, the rest for the fifth; the bridge between them has both.
const bridge = {
  name: 'bridge',
  setup(esbuild) {
    esbuild.onResolve({ filter: /^react-router-dom$/ }, (wanted) =>
      wanted.importer.includes('@grafana/scenes')
        ? esbuild.resolve('react-router-dom-v5-compat', { resolveDir: built, kind: wanted.kind })
        : undefined,
    );
  },
};

export async function bundle() {
  await build({
    entryPoints: [`${here}page/page.tsx`],
    outfile: `${built}page.js`,
    bundle: true,
    format: 'iife',
    nodePaths: [`${built}node_modules`],
    define: { 'process.env.NODE_ENV': '"production"', global: 'window' },
    loader: { '.svg': 'dataurl', '.png': 'dataurl', '.woff': 'dataurl', '.woff2': 'dataurl', '.ttf': 'dataurl' },
    plugins: [bridge],
    logLevel: 'error',
  });
  cpSync(`${here}page/page.html`, `${built}page.html`);
}
