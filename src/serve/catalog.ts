import { lstat, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Summary } from '../analysis/types.ts';
import { type FoundFleetRun, listFleetRuns } from '../read/fleet/list.ts';
import { listRuns, type RunListing } from '../read/listing.ts';
import { readStoredSummary } from '../read/summary.ts';
import type { RunFigures } from '../render/web/types.ts';
import { FILES, SESSION_FILES } from '../store/files.ts';
import { partFolder } from '../store/fleet-file.ts';
import { Refusal } from './refusal.ts';

/** A list is good for so long: a flood of requests reads the folders once. */
const FRESH_MS = 1_000;

/** Runs whose figures are kept: some hundred bytes each. */
const MAX_FIGURES = 4_000;

export interface DamagedFolder {
  readonly folder: string;
  readonly why: string;
}

export interface CatalogRun extends RunListing {
  /** Name of its folder: unlike the id, no two are the same. */
  readonly folder: string;
}

/** The runs of a results folder, by name. A request for a run is answered from this list, so no name becomes a path. */
export class Catalog {
  readonly #resultsDir: string;
  readonly #now: () => number;
  #list: Promise<readonly CatalogRun[]> | undefined;
  #listedAtMs = 0;
  #damaged: readonly DamagedFolder[] = [];
  #fleets: readonly FoundFleetRun[] = [];
  readonly #figures = new Map<string, { readonly state: string; readonly figures: RunFigures | undefined }>();

  constructor(resultsDir: string, now: () => number = Date.now) {
    this.#resultsDir = resultsDir;
    this.#now = now;
  }

  /** Oldest first, at most a second old. */
  list(): Promise<readonly CatalogRun[]> {
    if (this.#list === undefined || this.#now() - this.#listedAtMs > FRESH_MS) {
      // While it is read, however long that takes, it is read once.
      this.#listedAtMs = Number.POSITIVE_INFINITY;
      const damaged: DamagedFolder[] = [];
      const onDamaged = ({ dir, why }: { readonly dir: string; readonly why: string }): void => {
        // The path of the folder on this machine is not disclosed.
        damaged.push({ folder: basename(dir), why: why.replaceAll(dir, basename(dir)) });
      };
      this.#list = Promise.all([
        listRuns(this.#resultsDir, onDamaged),
        listFleetRuns(this.#resultsDir, onDamaged),
      ])
        .then(([runs, fleets]) => {
          this.#fleets = fleets;
          return runs.map((run) => ({ ...run, folder: basename(run.dir) }));
        })
        .finally(() => {
          this.#listedAtMs = this.#now();
          this.#damaged = damaged;
        });
    }
    return this.#list;
  }

  /** Folders that the list leaves out, or of which a part is damaged; as old as the list. */
  async damaged(): Promise<readonly DamagedFolder[]> {
    await this.list();
    return this.#damaged;
  }

  /**
   * Finds a run by its folder or id.
   * @throws Refusal if there is none, or its files are outside the results folder
   */
  async find(name: string): Promise<CatalogRun> {
    const runs = await this.list();
    const run = runs.find(({ folder }) => folder === name) ?? runs.find(({ id }) => id === name);
    if (run === undefined)
      throw new Refusal(404, 'there is no such run', 'the list shows those that there are');
    if (await hasLinks(run.dir))
      throw new Refusal(403, 'this run is not shown', 'files of its folder are links to somewhere else');
    return run;
  }

  /** Runs of fleets, oldest first; as old as the list. */
  async fleets(): Promise<readonly FoundFleetRun[]> {
    await this.list();
    return this.#fleets;
  }

  /**
   * Finds the run of a fleet by its id.
   * @throws Refusal if there is none, or its files or those of its probes are outside the results folder
   */
  async findFleet(id: string): Promise<FoundFleetRun> {
    const found = (await this.fleets()).find(({ file }) => file.id === id);
    if (found === undefined)
      throw new Refusal(404, 'there is no such run of a fleet', 'the list shows those that there are');
    const { dir, file } = found;
    const folders = [dir, ...file.parts.map(({ probe }) => partFolder(dir, probe))];
    for (const folder of folders) {
      if ((await isLink(folder)) || (await hasLinks(folder)))
        throw new Refusal(403, 'this run is not shown', 'files of its folders are links to somewhere else');
    }
    return found;
  }

  /** What a finished run came to; undefined without a summary. */
  async figures({ dir }: CatalogRun): Promise<RunFigures | undefined> {
    const state = await stateOf(dir, [FILES.summary]);
    const known = this.#figures.get(dir);
    if (known?.state === state) return known.figures;
    const summary = await readStoredSummary(dir);
    const figures = summary === undefined ? undefined : figuresOf(summary);
    this.#figures.delete(dir);
    this.#figures.set(dir, { state, figures });
    for (const oldest of this.#figures.keys()) {
      if (this.#figures.size <= MAX_FIGURES) break;
      this.#figures.delete(oldest);
    }
    return figures;
  }
}

/** All that tells one state of a run's files from the next. */
export async function stateOf(dir: string, files: readonly string[] = Object.values(FILES)): Promise<string> {
  const states = await Promise.all(
    files.map((file) =>
      lstat(join(dir, file)).then(
        ({ ino, mtimeMs, size }) => `${ino}:${mtimeMs}:${size}`,
        () => '-',
      ),
    ),
  );
  return states.join(' ');
}

function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
}

/** A folder that came from elsewhere must not show what else lies on this machine. */
async function hasLinks(dir: string): Promise<boolean> {
  const folders = [dir, join(dir, SESSION_FILES.recent)];
  const entries = await Promise.all(
    folders.map((folder) => readdir(folder, { withFileTypes: true }).catch(() => [])),
  );
  return entries.flat().some((entry) => entry.isSymbolicLink());
}

/** What is not excluded, in names: a list keeps thousands of runs. */
function leftIn({
  verdict,
  causes,
}: NonNullable<Summary['diagnosis']>): NonNullable<RunFigures['diagnosis']> {
  const left = causes.filter(({ status }) => status !== 'excluded');
  const none = { for: [], against: [], next: [], proof: '' };
  return { verdict, causes: left.map(({ id, name, status }) => ({ id, name, status, ...none })) };
}

/** Undefined of a summary that is not what it should be. */
function figuresOf({ run, arms, diagnosis }: Summary): RunFigures | undefined {
  try {
    return {
      lastedUs: Math.max(0, Date.parse(run.endedAt) - Date.parse(run.startedAt)) * 1_000,
      arms: Object.entries(arms).map(([name, { started, stalled }]) => ({
        ...{ name, started, stalled: stalled.count, rate: stalled.rate },
        ci95: [stalled.ci95[0], stalled.ci95[1]],
      })),
      ...(diagnosis === undefined ? {} : { diagnosis: leftIn(diagnosis) }),
    };
  } catch {
    return undefined;
  }
}
