// Bundles the programs of src/ (the command line, its workers, the far end and what else is started by itself) into dist/,
// each where tsc would put it: bundle.mjs [FOLDER]. What several need, and what a command loads only when it runs, are chunks
// of their own. Names, lines and comments stay as they are, for stack traces; source maps lead to src/ (RUSHHOUR_DEBUG=1).
//
// To find and read 700 modules, and 300 of packages, is what a start would spend its time on. The bundler is the one that
// runs in WebAssembly: nothing optional, nothing for one platform alone. Where it fails, tsc compiles instead, and says so.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const SRC = join(ROOT, 'src');
const outdir = resolve(process.argv[2] ?? join(ROOT, 'dist'));
const CHUNKS = join(outdir, 'chunks');

/** They look for files of their own, or are loaded seldom: npm's copy of them is as good. */
const LEFT_TO_NPM = ['piscina', 'prom-client', 'undici', 'uplot'];

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** What is started or imported by its path. */
function findEntries() {
  const programs = readdirSync(SRC, { recursive: true }).filter((file) =>
    /(^|\/)(main|[a-z-]+-thread)\.ts$/.test(file),
  );
  const contract = manifest.exports['./results'].default.replace(/^\.\/dist\//, '').replace(/js$/, 'ts');
  return [...programs, 'worker/task.ts', contract].map((file) => join(SRC, file));
}

async function bundle() {
  const { build } = await import('esbuild-wasm');
  return build({
    absWorkingDir: ROOT,
    entryPoints: findEntries(),
    outdir,
    outbase: SRC,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: [...LEFT_TO_NPM, ...Object.keys(manifest.optionalDependencies)],
    sourcemap: true,
    sourcesContent: false,
    // Packages that are CommonJS ask for Node's own modules by it.
    banner: {
      js: "import { createRequire as createRequireOfBundle } from 'node:module';\nconst require = createRequireOfBundle(import.meta.url);",
    },
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
}

/** The text of each licence whose code has become part of a file. */
function writeLicences({ inputs }) {
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
function write({ outputFiles, metafile }) {
  const isChunk = ({ path }) => dirname(path) === CHUNKS;
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
  writeLicences(metafile);
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
