import { UsageError } from '../../errors.ts';
import {
  order,
  type Presence,
  type RunOrder,
  readMessage,
  readRefused,
  type SoakOrder,
} from '../messages.ts';
import { isDiskFull } from '../outbox/journal.ts';
import type { Publish } from '../outbox/publish.ts';
import type { RunOutbox } from '../outbox/run-outbox.ts';
import { PROTOCOL, SUBJECTS } from '../protocol.ts';
import { codeOf } from './lack.ts';
import { MEND_FOLDERS } from './lack-of-folders.ts';
import type { ProbeOutbox } from './outbox.ts';
import { inOneLine, type PlannedOrder, type PlannedRun } from './plan-run.ts';
import { Player, type PlayerOptions } from './player.ts';
import { nextNight, SoakKeeper } from './soaks.ts';

/** What this machine lacks, in words: who ordered a run waits for an answer. @throws the error, if it is not the system's */
function lackOf(error: unknown): string {
  if (isDiskFull(error)) return 'its disk is full';
  const code = codeOf(error);
  const mend = OF_FOLDERS.includes(code) ? `: ${MEND_FOLDERS}` : '';
  return `it cannot keep it for now (${code})${mend}`;
}

/** Errors of the system that one more try does not mend, as a folder of the probe is not what it was. */
const OF_FOLDERS = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS'];

export interface OrdersOptions extends Omit<PlayerOptions, 'plan' | 'ended'> {
  readonly outbox: ProbeOutbox;
  /** Judges what is asked by the policy as it is now. */
  readonly plan: (order: PlannedOrder, hasBegun?: boolean) => Promise<PlannedRun>;
}

/** What a probe was asked, and does: runs, each at its time, and soaks that it keeps. No server is needed for it. */
export class Orders {
  readonly #options: OrdersOptions;
  readonly #player: Player;
  readonly #soaks: SoakKeeper;

  constructor(options: OrdersOptions) {
    this.#options = options;
    this.#player = new Player({ ...options, ended: (read, status) => this.#soaks.note(read, status) });
    this.#soaks = new SoakKeeper({
      offer: (night) => this.#offerNight(night),
      stop: (fleetRun, how) => this.#player.stop(fleetRun, how),
      say: options.say,
    });
  }

  describe(nowMs: number): Required<Pick<Presence, 'busy' | 'waiting' | 'soaks'>> {
    const { busy = null, waiting } = this.#player;
    return { busy, waiting, soaks: this.#soaks.list(nowMs) };
  }

  /** Begins the nights whose time has come. */
  look(nowMs: number): Promise<void> {
    return this.#soaks.look(nowMs);
  }

  /** Lets a run in progress finish its attempts; what waits, and soaks, are left for a later process. */
  close(): Promise<void> {
    return this.#player.close();
  }

  /** Ends the attempts of a run in progress at once. */
  abort(): void {
    this.#player.abort();
  }

  /** What was accepted by an earlier process: soaks, runs that have not begun, and nights that were cut short. */
  async resume(): Promise<void> {
    for (const run of this.#options.outbox.soaks) this.#soaks.keep(run, run.soak!);
    for (const run of this.#options.outbox.waiting) {
      const { order } = run;
      if (order === undefined) continue;
      const planned = await this.#options.plan(order, run.folder !== undefined);
      this.#soaks.goOn(order);
      this.#player.play(run, order, planned.accepted ? planned.forUs : 0);
    }
  }

  /** What has arrived: it is acted upon, or refused in words. @param publish tells what a full disk cannot keep */
  async take(data: Uint8Array, publish: Publish): Promise<void> {
    const read = readMessage(order, data);
    if (read === undefined) {
      const refused = readRefused(data);
      this.#options.say(
        `an order was not understood${refused === undefined ? '' : ` (version ${refused.v})`}`,
      );
      if (refused === undefined) return;
      return this.#answer(publish, refused.fleetRun, () => this.#refuseStrange(refused));
    }
    if (read.kind === 'stop') {
      if (!(await this.#soaks.remove(read.fleetRun, read.how))) this.#player.stop(read.fleetRun, read.how);
      return;
    }
    return this.#answer(publish, read.fleetRun, () =>
      read.kind === 'soak' ? this.#keep(read) : this.#offer(read),
    );
  }

  /** Does what answers an order, or refuses it if this machine cannot. */
  async #answer(publish: Publish, fleetRun: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      const lack = lackOf(error);
      // The path is for its owner alone.
      this.#options.say(`${fleetRun}: ${(error as Error).message}`);
      await this.#refuseUnkept(publish, fleetRun, lack);
    }
  }

  /** Of another version, or of none. */
  async #refuseStrange({ fleetRun, v }: { readonly fleetRun: string; readonly v: number }): Promise<void> {
    const run = await this.#options.outbox.take(fleetRun);
    if (run === undefined) return;
    await this.#refuse(run, [
      v === PROTOCOL
        ? 'it is not an order that this probe understands'
        : `it is of version ${v}, and this probe is of version ${PROTOCOL}: install the same rushhour on both`,
    ]);
  }

  /** A full disk, or whatever the system lacks, ends no other: the night is missed. */
  async #offerNight(night: RunOrder): Promise<void> {
    try {
      await this.#offer(night);
    } catch (error) {
      this.#options.say(`${night.fleetRun}: refused: ${lackOf(error)}`);
      await this.#soaks.note(night, 'refused');
    }
  }

  /** Plays a run at its time, if it may and can. */
  async #offer(read: RunOrder): Promise<void> {
    const run = await this.#options.outbox.take(read.fleetRun, read);
    if (run === undefined) return;
    const planned = await this.#options.plan(read);
    if (!planned.accepted) return this.#refuse(run, planned.reasons);
    const isBusy = this.#player.refusalOf(read, planned.forUs);
    if (isBusy !== undefined) return this.#refuse(run, [isBusy]);
    const { attempts } = planned;
    const { fleetRun } = read;
    await run.addEvent({ v: PROTOCOL, kind: 'accepted', fleetRun, attempts, ...ofSoak(read) });
    this.#options.say(`${fleetRun}: accepted`);
    this.#player.play(run, read, planned.forUs);
  }

  /** Keeps a soak, if its first night may be played by the policy as it is now; each is judged again when it begins. */
  async #keep(read: SoakOrder): Promise<void> {
    const run = await this.#options.outbox.take(read.fleetRun, read);
    if (run === undefined) return;
    const { fleetRun } = read;
    try {
      const firstAtMs = nextNight(read, Date.now());
      const refusal = this.#soaks.refusalOf(read, Date.now());
      if (refusal !== undefined || firstAtMs === undefined) return await this.#refuse(run, [refusal ?? '']);
      const planned = await this.#options.plan({
        ...{ scenario: read.scenario, soak: read },
        ...{ startsAtMs: firstAtMs, expiresAtMs: firstAtMs },
      });
      if (!planned.accepted) return await this.#refuse(run, planned.reasons);
      const { attempts } = planned;
      await run.addEvent({ v: PROTOCOL, kind: 'accepted', fleetRun, attempts, firstAtMs });
      this.#options.say(`${fleetRun}: kept`);
      this.#soaks.keep(run, read);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      await this.#refuse(run, [inOneLine(error.message)]);
    }
  }

  /** What this machine cannot keep, only the server can. */
  async #refuseUnkept(publish: Publish, fleetRun: string, lack: string): Promise<void> {
    const { id, say } = this.#options;
    const reasons = [lack];
    say(`${fleetRun}: refused: ${lack}`);
    const told = JSON.stringify({ v: PROTOCOL, kind: 'refused', fleetRun, reasons });
    await publish(SUBJECTS.event(id, fleetRun), `${id}.${fleetRun}.refused`, Buffer.from(told));
  }

  async #refuse(run: RunOutbox, reasons: readonly string[]): Promise<void> {
    const { fleetRun, order: read } = run;
    this.#options.say(`${fleetRun}: refused: ${reasons.join('; ')}`);
    await run.addEvent({
      ...{ v: PROTOCOL, kind: 'refused', fleetRun, reasons: [...reasons] },
      ...(read !== undefined && ofSoak(read)),
    });
    await run.finish();
    if (read !== undefined) await this.#soaks.note(read, 'refused');
  }
}

/** Of a night: by what its operator will find it. */
function ofSoak({ soak, agreed, startsAtMs }: RunOrder): object {
  return soak === undefined ? {} : { ofSoak: { soak: soak.id, startsAtMs, labels: agreed.labels } };
}
