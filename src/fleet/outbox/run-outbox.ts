import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { markUnsent, unmarkUnsent } from '../../store/unsent-mark.ts';
import { type FleetEvent, fitEvent, type RunOrder, type SoakOrder } from '../messages.ts';
import { PROTOCOL, SUBJECTS } from '../protocol.ts';
import { encodeRunPart, type Piece, type RunPart } from '../run-part.ts';
import {
  digestOf,
  findLost,
  listUnsent,
  noteSent,
  readPiece,
  readPieces,
  type SentFolder,
  sumUpFolder,
  unsentMessages,
} from './folder.ts';
import { type Entry, isDiskFull, type RunJournal } from './journal.ts';
import type { Publish } from './publish.ts';
import { RunEvents } from './run-events.ts';

/** What is part of a message id, so that no two messages that differ have the same. */
const ID_CHARACTERS = 32;

/**
 * One order of a probe on its way to the server: its events and the folder of its run, each until the server has stored
 * it. What is sent again, also by a later process, has the same id and the same bytes.
 */
export class RunOutbox {
  readonly fleetRun: string;
  readonly #probe: string;
  readonly #journal: RunJournal;
  readonly #sent: SentFolder = { bytes: new Map(), wholes: new Map(), read: new Map() };
  readonly #events: RunEvents;
  readonly #parts = new Map<string, readonly Piece[]>();
  #dir: string | undefined;
  #process: string | undefined;
  #order: RunOrder | SoakOrder | undefined;
  #lastNight: { readonly run: string; readonly became: string } | undefined;
  #isFinal = false;
  readonly #givenUp = new Map<string, number>();
  #doneAtMs: number | undefined;

  private constructor(probe: string, fleetRun: string, journal: RunJournal) {
    this.#probe = probe;
    this.fleetRun = fleetRun;
    this.#journal = journal;
    this.#events = new RunEvents(probe);
  }

  /** Takes an order. @throws Error of the system if its journal exists: it was taken before */
  static async take(
    probe: string,
    fleetRun: string,
    journal: RunJournal,
    order?: RunOrder | SoakOrder,
  ): Promise<RunOutbox> {
    await journal.append({ kind: 'taken', order }, true);
    const outbox = new RunOutbox(probe, fleetRun, journal);
    outbox.#order = order;
    return outbox;
  }

  /** As an earlier process left it. */
  static async reopen(probe: string, fleetRun: string, journal: RunJournal): Promise<RunOutbox> {
    const outbox = new RunOutbox(probe, fleetRun, journal);
    for (const entry of await journal.read()) await outbox.#replay(entry);
    return outbox;
  }

  get isDone(): boolean {
    return this.#doneAtMs !== undefined;
  }

  /** When all of it was at the server, milliseconds since 1970; undefined: it is not. */
  get doneAtMs(): number | undefined {
    return this.#doneAtMs;
  }

  /** Whether the operator was told, or will be, that it is accepted. */
  get isAccepted(): boolean {
    return this.#events.has('accepted');
  }

  /** Whether the operator was told, or will be, that it started. */
  get isStarted(): boolean {
    return this.#events.has('started');
  }

  get isFinal(): boolean {
    return this.#isFinal;
  }

  /** What was asked; undefined if it was not understood, or is a soak. */
  get order(): RunOrder | undefined {
    return this.#order?.kind === 'run' ? this.#order : undefined;
  }

  /** The soak that is kept; undefined if it is a run. */
  get soak(): SoakOrder | undefined {
    return this.#order?.kind === 'soak' ? this.#order : undefined;
  }

  /** Of a soak; undefined before its first night was over. */
  get lastNight(): { readonly run: string; readonly became: string } | undefined {
    return this.#lastNight;
  }

  async noteNight(run: string, became: string): Promise<void> {
    this.#lastNight = { run, became };
    await this.#journal.append({ kind: 'night', run, became });
  }

  /** Folder of the run, and a mark of the process that writes it; undefined if none began. */
  get folder(): { readonly dir: string; readonly process: string } | undefined {
    return this.#dir === undefined ? undefined : { dir: this.#dir, process: this.#process ?? '' };
  }

  async addEvent(told: FleetEvent): Promise<void> {
    const event = fitEvent(told);
    const id = this.#events.idOf(event);
    this.#events.add(id, event);
    await this.#journal.append({ kind: 'event', id, event }, true);
  }

  /** Notes the folder of a run that is about to begin, before it can send anything. */
  noteFolder(dir: string, process: string): void {
    try {
      this.#journal.appendNow({ kind: 'folder', dir, process });
    } catch (error) {
      // It is noted once there is room.
      if (isDiskFull(error)) return;
      throw error;
    }
    this.#dir = dir;
    this.#process = process;
  }

  async addFolder(dir: string, process: string): Promise<void> {
    if (this.#dir !== dir) await this.#journal.append({ kind: 'folder', dir, process });
    this.#dir = dir;
    this.#process = process;
    await markUnsent(dir);
  }

  /**
   * Another process goes on with its folder. It may take back what the one before had not finished writing, and write it
   * otherwise: all is sent again, and each piece has its place.
   */
  async goOn(process: string): Promise<void> {
    await this.#journal.append({ kind: 'resumed', process });
    this.#begunAgain(process);
  }

  #begunAgain(process: string): void {
    this.#process = process;
    this.#parts.clear();
    this.#sent.bytes.clear();
    // It takes back its summary, too.
    this.#sent.wholes.clear();
  }

  /** Nothing is written into the folder any more, or none will be made. */
  async finish(): Promise<void> {
    this.#isFinal = true;
    await this.#journal.append({ kind: 'final' });
  }

  /** Sends what there is to send; returns once all of it is stored, and rejects if the server cannot be told. */
  async send(publish: Publish): Promise<void> {
    await this.#events.send(publish, (id) => this.#journal.append({ kind: 'stored', id }));
    if (this.#dir !== undefined) {
      for (const [id, pieces] of this.#parts) await this.#sendAgain(publish, id, pieces);
      // Whether it is final is read before the folder is: what is written in between is sent next time.
      const isFinal = this.#isFinal;
      for await (const read of unsentMessages(this.#dir, this.#sent, isFinal)) {
        const pieces = read.map(({ piece }) => piece);
        const contents = read.map((each) => each.contents);
        const id = this.#idOf(JSON.stringify(pieces), contents);
        this.#parts.set(id, pieces);
        await this.#journal.append({ kind: 'part', id, pieces });
        await this.#sendPart(publish, id, pieces, contents);
      }
      if (!isFinal) return;
      const files = await sumUpFolder(this.#dir);
      const givenUp = [...this.#givenUp].map(([file, bytes]) => ({ file, bytes }));
      const lost = (await findLost(this.#dir, this.#sent, files))?.filter((file) => !this.#givenUp.has(file));
      const isLost = lost !== undefined && (lost.length > 0 || files.length === 0);
      const head: RunPart = {
        ...{ v: PROTOCOL, kind: 'end', files },
        ...(givenUp.length > 0 && { givenUp }),
        ...(isLost && { lost }),
      };
      await publish(
        SUBJECTS.run(this.#probe, this.fleetRun),
        this.#idOf(JSON.stringify(isLost ? [files, givenUp, lost] : [files, givenUp]), []),
        encodeRunPart(head, []),
      );
    }
    if (!this.#isFinal || !this.#events.areStored) return;
    this.#doneAtMs = Date.now();
    await this.#journal.append({ kind: 'done', atMs: this.#doneAtMs });
    if (this.#dir !== undefined) await unmarkUnsent(this.#dir);
    // What was only appended is good enough where a full disk takes no other file.
    await this.#journal.shorten(this.#dir, this.#doneAtMs).catch(() => {});
  }

  /** Bytes of the run that are not at the server yet. */
  async countUnsent(): Promise<number> {
    if (this.#dir === undefined || this.isDone) return 0;
    const unsent = await listUnsent(this.#dir, this.#sent);
    return unsent.reduce((sum, { unsentBytes }) => sum + unsentBytes, 0);
  }

  /** Removes files that are not sent whole, to make room: whoever receives the run is told. @returns bytes given up */
  async giveUp(isMeant: (file: string) => boolean): Promise<number> {
    if (this.#dir === undefined || !this.#isFinal || this.isDone) return 0;
    let sum = 0;
    for (const { file, bytes, unsentBytes } of await listUnsent(this.#dir, this.#sent)) {
      if (!isMeant(file)) continue;
      this.#givenUp.set(file, bytes);
      await this.#journal.append({ kind: 'given-up', file, bytes }, true);
      await rm(join(this.#dir, file), { force: true });
      sum += unsentBytes;
    }
    return sum;
  }

  /** What may have been stored before, just as it was. */
  async #sendAgain(publish: Publish, id: string, pieces: readonly Piece[]): Promise<void> {
    const contents = await readPieces(this.#dir!, pieces);
    if (contents !== undefined && this.#idOf(JSON.stringify(pieces), contents) === id)
      return this.#sendPart(publish, id, pieces, contents);
    // What its other files have is cut anew.
    this.#parts.delete(id);
    return this.#journal.append({ kind: 'dropped', id });
  }

  async #sendPart(
    publish: Publish,
    id: string,
    pieces: readonly Piece[],
    contents: readonly Uint8Array[],
  ): Promise<void> {
    const part: RunPart = { v: PROTOCOL, kind: 'pieces', pieces: [...pieces] };
    await publish(SUBJECTS.run(this.#probe, this.fleetRun), id, encodeRunPart(part, contents));
    this.#parts.delete(id);
    pieces.forEach((piece, index) => {
      noteSent(this.#sent, piece, contents[index]!);
    });
    await this.#journal.append({ kind: 'stored', id });
  }

  #idOf(head: string, contents: readonly Uint8Array[]): string {
    const digest = digestOf(Buffer.concat([Buffer.from(head), ...contents]));
    return `${this.#probe}.${this.fleetRun}.${digest.slice(0, ID_CHARACTERS)}`;
  }

  async #replay(entry: Entry): Promise<void> {
    switch (entry.kind) {
      case 'taken':
        this.#order = entry.order;
        return;
      case 'event':
        this.#events.add(entry.id, entry.event);
        return;
      case 'folder':
        this.#dir = entry.dir;
        this.#process = entry.process;
        return;
      case 'resumed':
        this.#begunAgain(entry.process);
        return;
      case 'night':
        this.#lastNight = { run: entry.run, became: entry.became };
        return;
      case 'part':
        this.#parts.set(entry.id, entry.pieces);
        return;
      case 'stored':
        this.#events.noteStored(entry.id);
        await this.#noteStored(entry.id);
        return;
      case 'dropped':
        this.#parts.delete(entry.id);
        return;
      case 'final':
        this.#isFinal = true;
        return;
      case 'given-up':
        this.#givenUp.set(entry.file, entry.bytes);
        if (this.#dir !== undefined) await rm(join(this.#dir, entry.file), { force: true });
        return;
      case 'done':
        this.#doneAtMs = entry.atMs;
        return;
    }
  }

  async #noteStored(id: string): Promise<void> {
    for (const piece of this.#parts.get(id) ?? []) {
      const contents = piece.whole === true ? await readPiece(this.#dir!, piece) : undefined;
      // A file that has been written anew since is sent again.
      if (piece.whole !== true) noteSent(this.#sent, piece, Buffer.alloc(0));
      else if (contents !== undefined && this.#idOf(JSON.stringify(this.#parts.get(id)), [contents]) === id)
        noteSent(this.#sent, piece, contents);
    }
    this.#parts.delete(id);
  }
}
