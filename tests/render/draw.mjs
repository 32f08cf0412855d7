// Draws dashboards in headless Chromium from a Prometheus that runs, and says what is wrong with them.
//
//   node draw.mjs --prometheus URL --from MS --to MS --scrape SECONDS --out DIR [--var NAME=VALUE]... DASHBOARD.json...
//
// Writes DIR/NAME.png, DIR/NAME-top.png and DIR/NAME.json (what was asked and drawn) for each. Ends with 1 when a panel
// has an error, has no data, or was not drawn.
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { parseArgs } from 'node:util';

import { built, bundle } from './bundle.mjs';

const puppeteer = createRequire(built)('puppeteer-core').default;
const WIDTH = 1500;
const ROW = 38; // pixels of a grid row and the gap below it
const TOP = 1230; // pixels of the picture that shows the beginning
const PATIENCE_MS = 60_000;
// All that Chromium would do by itself on a network is off.
const CHROMIUM = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--hide-scrollbars',
  '--force-color-profile=srgb',
];
const CANVAS_TYPES = ['timeseries'];

function readArguments() {
  const text = { type: 'string' };
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      prometheus: text,
      from: text,
      to: text,
      scrape: text,
      out: text,
      var: { ...text, multiple: true, default: [] },
    },
  });
  return { ...values, files: positionals };
}

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json' };

/** The page, its script and style, and the dashboard that is being drawn. */
async function serve(dashboard) {
  const server = createServer((request, response) => {
    const name = basename(new URL(request.url, 'http://localhost').pathname);
    if (!['page.html', 'page.js', 'page.css', 'dashboard.json'].includes(name)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'Content-Type': TYPES[extname(name)], 'Cache-Control': 'no-store' });
    response.end(name === 'dashboard.json' ? dashboard() : readFileSync(join(built, name)));
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return server;
}

/** Rows of the grid when every row is open. */
function heightOf({ panels }) {
  const bottom = (some) => Math.max(0, ...some.map(({ gridPos }) => gridPos.y + gridPos.h));
  const folded = panels.flatMap((panel) => (panel.panels?.length ? [bottom(panel.panels) - panel.gridPos.y - 1] : []));
  return bottom(panels) + folded.reduce((sum, rows) => sum + rows, 0);
}

const pause = (ms) => new Promise((over) => setTimeout(over, ms));

/** The report, once it has not changed for a while and every panel is done. */
async function settledReport(page) {
  let last = '';
  for (const end = Date.now() + PATIENCE_MS; ; await pause(400)) {
    const report = await page.evaluate(() => window.report?.());
    const text = JSON.stringify(report);
    const isOver = Date.now() > end;
    if (report && (isOver || (text === last && report.panels.every((panel) => panel.isDone && panel.isDrawn)))) {
      return report;
    }
    if (isOver) {
      throw new Error('the page did not come up');
    }
    last = text;
  }
}

function problems({ panels, variables, queries, errors }) {
  const found = errors.map((error) => `page: ${error}`);
  variables
    .filter(({ error }) => error)
    .forEach(({ name, error }) => found.push(`variable ${name}: ${JSON.stringify(error)}`));
  queries.filter((query) => query.error).forEach(({ error, expr }) => found.push(`query: ${error}: ${expr}`));
  queries
    .filter((query) => !query.error && !query.series)
    .forEach(({ expr }) => found.push(`query: no series: ${expr}`));
  for (const panel of panels) {
    const complaints = [...new Set(panel.errors)];
    if (!panel.isDone) {
      complaints.push('its data never came');
    }
    if (!panel.isDrawn) {
      complaints.push('it was not drawn');
    }
    if (panel.saysNoData || /\bNo data\b/.test(panel.text)) {
      complaints.push('it says "No data"');
    }
    if (CANVAS_TYPES.includes(panel.type) && !panel.saysNoData && !panel.canvases) {
      complaints.push('it has no canvas');
    }
    complaints.forEach((complaint) => found.push(`panel "${panel.title}": ${complaint}`));
  }
  if (!panels.length) {
    found.push('there is no panel');
  }
  return found;
}

async function drawOne(browser, server, dashboard, options) {
  const page = await browser.newPage();
  try {
    const chosen = new URLSearchParams(options.var.map((pair) => `var-${pair}`.split(/=(.*)/s).slice(0, 2)));
    for (const name of ['prometheus', 'scrape', 'from', 'to']) {
      chosen.set(name, options[name]);
    }
    await page.setViewport({ width: WIDTH, height: heightOf(dashboard) * ROW + 80 });
    await page.goto(`http://127.0.0.1:${server.address().port}/page.html?${chosen}`);
    const report = await settledReport(page);
    const top = { x: 0, y: 0, width: WIDTH, height: Math.min(TOP, page.viewport().height) };
    return { report, picture: await page.screenshot(), beginning: await page.screenshot({ clip: top }) };
  } finally {
    await page.close();
  }
}

async function main() {
  const options = readArguments();
  let current = '';
  await bundle();
  mkdirSync(options.out, { recursive: true });
  const profile = mkdtempSync(join(tmpdir(), 'virtmeter-chromium-'));
  const server = await serve(() => current);
  const browser = await puppeteer.launch({
    executablePath: '/usr/bin/chromium',
    headless: true,
    userDataDir: profile,
    args: CHROMIUM,
  });
  let count = 0;
  try {
    for (const file of options.files) {
      const name = basename(file, '.json');
      current = readFileSync(file, 'utf8');
      const { report, picture, beginning } = await drawOne(browser, server, JSON.parse(current), options);
      const found = problems(report);
      writeFileSync(join(options.out, `${name}.png`), picture);
      writeFileSync(join(options.out, `${name}-top.png`), beginning);
      writeFileSync(join(options.out, `${name}.json`), JSON.stringify({ ...report, problems: found }, null, 1));
      found.forEach((problem) => console.log(`${name}: ${problem}`));
      console.log(
        `${name}: ${report.panels.length} panels, ${report.queries.length} queries, ${found.length} problems`,
      );
      count += found.length;
    }
  } finally {
    await browser.close();
    server.close();
    rmSync(profile, { recursive: true, force: true });
  }
  process.exitCode = count ? 1 : 0;
}

await main();
