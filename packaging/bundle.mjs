// Bundles the programs of src/ (the command line, its workers, the far end and what else is started by itself) into dist/,
// each where tsc would put it: bundle.mjs [FOLDER]. What several need, and what a command loads only when it runs, are chunks
// of their own. Names stay as they are, for stack traces; source maps lead to src/ (RUSHHOUR_DEBUG=1).
//
// To find and read 700 modules, and 300 of packages, is what a start would spend its time on. What starts a load needs two
// hundred of the chunks: it has a file of its own with all of them, and so has a worker. These files are CommonJS, which costs
// less to load than modules do: they ask for Node's own modules without making a list of what those export.
//
// The bundler is the one that runs in WebAssembly: nothing optional, nothing for one platform alone. Where it fails, tsc
// compiles instead, and says so.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const SRC = join(ROOT, 'src');
const outdir = resolve(process.argv[2] ?? join(ROOT, 'dist'));
const CHUNKS = join(outdir, 'chunks');
const WHOLE = join(outdir, 'whole');

/** Commands that conduct a load, as in src/cli/small-heap.ts. */
const LOADS = ['run', 'hit', 'soak'];

/** They look for files of their own, or are loaded seldom: npm's copy of them is as good. */
const LEFT_TO_NPM = ['piscina', 'prom-client', 'undici', 'uplot'];

const COMMAND_LINE = 'cli/main.ts';

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** What is started or imported by its path, but for a worker, and the command line, which has to be chosen. */
function findEntries() {
  const programs = readdirSync(SRC, { recursive: true }).filter((file) =>
    /(^|\/)(main|[a-z-]+-thread)\.ts$/.test(file),
  );
  const contract = manifest.exports['./results'].default.replace(/^\.\/dist\//, '').replace(/js$/, 'ts');
  const asTsc = [...programs, contract].filter((file) => file !== COMMAND_LINE);
  return [
    ...asTsc.map((file) => ({ in: join(SRC, file), out: file.replace(/\.ts$/, '') })),
    { in: join(SRC, COMMAND_LINE), out: 'chunks/main' },
  ];
}

/** What both kinds of files have in common. */
const COMMON = {
  absWorkingDir: ROOT,
  outdir,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  external: [...LEFT_TO_NPM, ...Object.keys(manifest.optionalDependencies)],
  sourcemap: true,
  sourcesContent: false,
  // Nearly a third of the code was indents, line ends and comments, which are read at each start.
  minifyWhitespace: true,
  metafile: true,
  write: false,
  logLevel: 'warning',
};

/** Every program, in modules that share what they have in common. */
function bundleShared({ build }) {
  return build({
    ...COMMON,
    entryPoints: findEntries(),
    chunkNames: 'chunks/[name]-[hash]',
    splitting: true,
    format: 'esm',
    // Packages that are CommonJS ask for Node's own modules by it.
    banner: {
      js: "import { createRequire as createRequireOfBundle } from 'node:module';\nconst require = createRequireOfBundle(import.meta.url);",
    },
  });
}

/** The command line as far as a load needs it, and a worker, each in one file. */
function bundleWhole({ build }) {
  return build({
    ...COMMON,
    entryPoints: [
      { in: join(SRC, COMMAND_LINE), out: 'whole/load' },
      { in: join(SRC, 'worker/task.ts'), out: 'whole/worker' },
    ],
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    define: { 'import.meta.url': 'urlOfBundle' },
    banner: { js: "const urlOfBundle = require('node:url').pathToFileURL(__filename).href;" },
    plugins: [{ name: 'loads alone', setup: leaveOtherCommandsOut }],
  });
}

/** Of commands, a load is started by these alone: the others are never asked for. */
function leaveOtherCommandsOut({ onResolve }) {
  onResolve({ filter: /^\.\/commands\// }, ({ path, kind }) =>
    kind === 'dynamic-import' && !LOADS.some((name) => path === `./commands/${name}.ts`)
      ? { path, external: true }
      : undefined,
  );
}

/** What stands where tsc would put these programs, and chooses the file. */
const CHOOSERS = {
  'cli/main.js': `import { createRequire } from 'node:module';
// Before anything is loaded: what was loaded until then has no map.
if (process.env.RUSHHOUR_DEBUG === '1') process.setSourceMapsEnabled(true);
const [command, ...rest] = process.argv.slice(2);
// Help is a few chunks.
const isLoad = ${JSON.stringify(LOADS)}.includes(command) && !rest.some((word) => word === '--help' || word === '-h');
export const { ended } = isLoad ? createRequire(import.meta.url)('../whole/load.cjs') : await import('../chunks/main.js');
`,
  'worker/task.js': `import { createRequire } from 'node:module';
if (process.env.RUSHHOUR_DEBUG === '1') process.setSourceMapsEnabled(true);
export default createRequire(import.meta.url)('../whole/worker.cjs').default;
`,
};

async function bundle() {
  const esbuild = await import('esbuild-wasm');
  const [shared, whole] = [await bundleShared(esbuild), await bundleWhole(esbuild)];
  const choosers = Object.entries(CHOOSERS).map(([file, text]) => ({
    path: join(outdir, file),
    contents: text,
  }));
  return {
    outputFiles: [...shared.outputFiles, ...whole.outputFiles, ...choosers],
    inputs: { ...shared.metafile.inputs, ...whole.metafile.inputs },
  };
}

/** The text of each licence whose code has become part of a file. */
function writeLicences(inputs) {
  const folders = Object.keys(inputs).flatMap(
    (path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? [],
  );
  const texts = [...new Set(folders)].sort().map((folder) => {
    const { name, version } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
    const file = readdirSync(join(ROOT, folder)).find((file) => /^(licen[cs]e|copying)/i.test(file));
    if (file === undefined) throw new Error(`${folder} comes without a licence`);
    return `${name} ${version}\n\n${readFileSync(join(ROOT, folder, file), 'utf8').trim()}\n`;
  });
  writeFileSync(join(outdir, 'LICENSES'), texts.join(`\n${'-'.repeat(80)}\n\n`));
}

/** Chunks before what imports them, and each file at once: whoever starts meanwhile has the former or the present. */
function write({ outputFiles, inputs }) {
  const isChunk = ({ path }) => [CHUNKS, WHOLE].includes(dirname(path));
  const inOrder = [...outputFiles.filter(isChunk), ...outputFiles.filter((file) => !isChunk(file))];
  for (const { path, contents } of inOrder) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, contents);
    renameSync(`${path}.new`, path);
  }
  const present = new Set(outputFiles.map(({ path }) => path));
  for (const name of readdirSync(CHUNKS)) {
    const file = join(CHUNKS, name);
    if (!present.has(file)) rmSync(file, { force: true });
  }
  writeLicences(inputs);
}

function compileInstead(error) {
  process.stderr.write(
    `packaging/bundle: ${String(error?.message ?? error).split('\n')[0]}\n  compiling without bundling instead: the same program, which takes longer to start\n`,
  );
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const args = [tsc, '-p', 'tsconfig.build.json', '--outDir', relative(ROOT, outdir) || '.'];
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  process.exitCode = status ?? 1;
}

try {
  write(await bundle());
} catch (error) {
  compileInstead(error);
}
