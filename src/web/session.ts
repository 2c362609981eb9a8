import type { Clock } from "../core/clock.ts";
import type { Digest } from "../core/digest.ts";
import { AppError, fault, isAppError } from "../core/errors.ts";
import type { UnixSeconds } from "../core/units.ts";
import { checkFile, type Checked, type ServiceConnection } from "../sdk/check.ts";
import { HufuClient } from "../sdk/client.ts";
import {
  MAX_EVIDENCE_BYTES,
  EMPTY_EVIDENCE,
  classifyFile,
  withEvidence,
  type ClassifiedFile,
  type GivenEvidence,
} from "../sdk/classify.ts";
import { LogClient } from "../sdk/log-client.ts";
import { checkInclusion, fetchInclusion, logKeysOf } from "../sdk/proof.ts";
import { receiptOf } from "../sdk/question.ts";
import { SendLog, type SentRequest } from "../sdk/send-log.ts";
import type { InstitutionsResponse } from "../wire/entries.ts";

/** A file that somebody gave, or why there is none. */
export type GivenFile = File | { readonly name: string; readonly fault: AppError };

/** Digests of a file; undefined = it was stopped. */
export type HashFile = (
  file: File,
  options: { onProgress: (done: number) => void; signal: AbortSignal },
) => Promise<readonly Digest[] | undefined>;

/** How far a file is. */
export type Progress =
  | { readonly state: "queued" | "asking" | "cancelled" | "key" }
  /** `done` bytes are read. */
  | { readonly state: "hashing"; readonly done: number }
  | {
      readonly state: "done";
      readonly checked: Checked;
      readonly at: UnixSeconds;
      readonly sent: readonly SentRequest[];
    };

/** A file that is to be checked. */
export interface Item {
  readonly id: number;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly progress: Progress;
  readonly digests: readonly Digest[] | undefined;
  /** Whether it is to be asked for by itself, though receipts were given that are not of it. */
  readonly alone: boolean;
}

/** Something that was given beside files. */
export type NamedEvidence = Exclude<ClassifiedFile, { kind: "file" }> & { readonly name: string };

export interface State {
  readonly items: readonly Item[];
  readonly given: readonly NamedEvidence[];
  readonly evidence: GivenEvidence;
  readonly offline: boolean;
  /** Why the service wants another key, while files wait for one. */
  readonly keyWanted: AppError | undefined;
  readonly directory: InstitutionsResponse | undefined;
}

export interface SessionOptions {
  /** Base URL of the service. */
  readonly server: string;
  readonly hash: HashFile;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  readonly wait: (seconds: number) => Promise<void>;
}

const KEY_FAULTS = ["AUTH_MISSING", "AUTH_MALFORMED", "AUTH_INVALID", "SCOPE_REQUIRED"] as const;
/** Files that are asked about at once. */
const AT_ONCE = 4;
/** Seconds that a service may ask to be left alone for, and how often. */
const PATIENCE = { seconds: 60, times: 5 };

const EMPTY: State = {
  items: [],
  given: [],
  evidence: EMPTY_EVIDENCE,
  offline: false,
  keyWanted: undefined,
  directory: undefined,
};

/** Everything that the page knows, and what it does with it; no DOM. */
export class Session {
  #state: State = EMPTY;
  #key: string | undefined;
  #stop = new AbortController();
  #next = 1;
  #asking = 0;
  #directory: Promise<InstitutionsResponse> | undefined;
  readonly #options: SessionOptions;
  readonly #readers = new Set<(state: State) => void>();

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  get state(): State {
    return this.#state;
  }

  /** Calls `read` after each change, until what is returned is called. */
  follow(read: (state: State) => void): () => void {
    this.#readers.add(read);
    return () => this.#readers.delete(read);
  }

  /**
   * Takes files, receipts, statements and policies, in any order; faults are of what could not even be opened. Files that
   * come when all others are done begin anew.
   */
  async add(files: readonly GivenFile[]): Promise<void> {
    const { signal } = this.#stop;
    const given: NamedEvidence[] = [];
    const items: { item: Item; file: File | undefined }[] = [];
    for (const file of files) {
      const dropped = "fault" in file ? undefined : await read(file);
      if (signal.aborted) return;
      if (dropped !== undefined && dropped.kind !== "file") given.push({ ...dropped, name: file.name });
      else items.push({ item: this.#itemOf(file), file: "fault" in file ? undefined : file });
    }
    const before = this.#state;
    const over = items.length > 0 && before.items.length > 0 && before.items.every(isOver);
    const kept = over ? before.given.filter(({ kind }) => kind === "policy") : before.given;
    this.#set({
      items: [...(over ? [] : before.items), ...items.map(({ item }) => item)],
      given: [...kept, ...given],
      evidence: [...kept, ...given].reduce(withEvidence, EMPTY_EVIDENCE),
    });
    if (given.length > 0) this.#again();
    await Promise.all(items.map(async ({ item, file }) => file && (await this.#hash(item.id, file, signal))));
    this.#ask();
  }

  /** Asks about one file, or all, once more. */
  retry(id?: number): void {
    this.#again(id);
    this.#ask();
  }

  /** Asks about a file by itself, as if no receipt had been given. */
  checkAlone(id: number): void {
    this.#change(id, { alone: true });
    this.retry(id);
  }

  useKey(key: string): void {
    this.#key = key;
    this.#set({ keyWanted: undefined });
    for (const { id, progress } of this.#state.items) if (progress.state === "key") this.#again(id);
    this.#ask();
  }

  setOffline(offline: boolean): void {
    this.#set({ offline });
    this.retry();
  }

  cancel(): void {
    this.#stop.abort();
    this.#stop = new AbortController();
    for (const { id, progress } of this.#state.items)
      if (progress.state !== "done") this.#change(id, { progress: { state: "cancelled" } });
    this.#set({ keyWanted: undefined });
  }

  /** Forgets everything but the key and the mode. */
  clear(): void {
    this.cancel();
    const { offline, directory } = this.#state;
    this.#set({ ...EMPTY, offline, directory });
  }

  /** What the service shows of institutions and document types; cached, or read `again`. */
  async directory(read?: "again", send = this.#options.fetch): Promise<InstitutionsResponse> {
    if (read === "again") this.#directory = undefined;
    this.#directory ??= this.#logClient(send).institutions();
    try {
      const directory = await this.#directory;
      if (this.#state.directory !== directory) this.#set({ directory });
      return directory;
    } catch (error) {
      this.#directory = undefined;
      throw error;
    }
  }

  /** The bytes of an entry that the log proves. @throws AppError as `fetchInclusion` and `checkInclusion` */
  async entry(index: number): Promise<Uint8Array> {
    const log = this.#logClient(this.#options.fetch);
    const [inclusion, directory] = await Promise.all([fetchInclusion(index, log), this.directory()]);
    return checkInclusion(inclusion, logKeysOf(directory)).document.entry;
  }

  #logClient(send: typeof fetch): LogClient {
    return new LogClient({ server: this.#options.server, fetch: send });
  }

  #itemOf(file: GivenFile): Item {
    const failed = "fault" in file ? this.#done({ kind: "fault", fault: file.fault }) : undefined;
    return {
      id: this.#next++,
      name: file.name,
      size: "fault" in file ? 0 : file.size,
      progress: failed ?? { state: "queued" },
      digests: undefined,
      alone: false,
    };
  }

  #done(checked: Checked, sent: readonly SentRequest[] = []): Progress {
    return { state: "done", checked, sent, at: this.#options.clock.now() };
  }

  async #hash(id: number, file: File, signal: AbortSignal): Promise<void> {
    const onProgress = (done: number): void => {
      if (!signal.aborted) this.#change(id, { progress: { state: "hashing", done } });
    };
    try {
      const digests = await this.#options.hash(file, { signal, onProgress });
      if (signal.aborted || digests === undefined) return;
      this.#change(id, { digests, progress: { state: "queued" } });
      this.#ask();
    } catch (error) {
      if (!isAppError(error)) throw error;
      if (!signal.aborted) this.#change(id, { progress: this.#done({ kind: "fault", fault: error }) });
    }
  }

  /** What was judged, or waits, is to be judged again: there is more to judge it by. */
  #again(only?: number): void {
    for (const { id, digests, progress } of this.#state.items)
      if (digests !== undefined && progress.state !== "asking" && (only ?? id) === id)
        this.#change(id, { progress: { state: "queued" } });
  }

  /** Asks about every file whose turn it is. */
  #ask(): void {
    for (const item of this.#state.items) {
      if (this.#asking >= AT_ONCE) return;
      const { id, digests, progress } = item;
      if (progress.state !== "queued" || digests === undefined) continue;
      const evidence = this.#evidenceFor(item, digests);
      if (evidence === "later") continue;
      if (isAppError(evidence))
        this.#change(id, { progress: this.#done({ kind: "fault", fault: evidence }) });
      else void this.#check(id, digests, evidence);
    }
  }

  /**
   * What a file is judged by. One that none of the receipts is of waits until all files are read: with a receipt left over,
   * it may be the one that was meant, and then its digest is not sent unless somebody asks for that.
   */
  #evidenceFor({ alone }: Item, digests: readonly Digest[]): GivenEvidence | AppError | "later" {
    const { items, evidence } = this.#state;
    const { receipts, faults } = evidence;
    if (alone) return { ...evidence, receipts: [], faults: [] };
    const own = fault(() => receiptOf(digests, receipts));
    if (own !== undefined && !isAppError(own)) return { ...evidence, receipts: [own] };
    if (receipts.length + faults.length === 0) return evidence;
    const isUnread = ({ digests: read, progress: { state } }: Item): boolean =>
      read === undefined && (state === "queued" || state === "hashing");
    if (items.some(isUnread)) return "later";
    if (isAppError(own)) return own;
    const [damaged] = faults;
    if (damaged !== undefined) return damaged;
    const used = items.map((item) => item.digests && fault(() => receiptOf(item.digests ?? [], receipts)));
    if (receipts.every((receipt) => used.includes(receipt))) return { ...evidence, receipts: [] };
    return new AppError("DOCUMENT_MISMATCH", {
      detail:
        "the file is not, bit for bit, the document of a receipt that was given; saving it again changes it",
    });
  }

  async #check(id: number, digests: readonly Digest[], evidence: GivenEvidence): Promise<void> {
    const { signal } = this.#stop;
    this.#asking += 1;
    this.#change(id, { progress: { state: "asking" } });
    const sent = new SendLog(this.#options.fetch);
    try {
      const checked = await this.#patiently(() =>
        checkFile({ digests, evidence, service: this.#state.offline ? undefined : this.#service(sent) }),
      );
      if (signal.aborted) return;
      const refused =
        checked.kind === "fault" && (KEY_FAULTS as readonly string[]).includes(checked.fault.code);
      if (refused) this.#set({ keyWanted: checked.fault });
      this.#change(id, { progress: refused ? { state: "key" } : this.#done(checked, sent.since(0)) });
    } finally {
      this.#asking -= 1;
      this.#ask();
    }
  }

  /** A service that has too much to do is asked again when it says so. */
  async #patiently(check: () => Promise<Checked>): Promise<Checked> {
    for (let times = 1; ; times++) {
      const checked = await check();
      const wait = checked.kind === "fault" ? Number(checked.fault.fields["retryAfter"]) : NaN;
      const limited = checked.kind === "fault" && checked.fault.code === "RATE_LIMITED";
      if (!limited || !(wait <= PATIENCE.seconds) || times === PATIENCE.times) return checked;
      await this.#options.wait(wait);
    }
  }

  #service(sent: SendLog): ServiceConnection {
    const { server } = this.#options;
    const client = new HufuClient({
      server,
      fetch: sent.fetch,
      ...(this.#key === undefined ? {} : { apiKey: this.#key }),
    });
    return { client, directory: (read) => this.directory(read, sent.fetch) };
  }

  #change(id: number, change: Partial<Item>): void {
    this.#set({ items: this.#state.items.map((item) => (item.id === id ? { ...item, ...change } : item)) });
  }

  #set(change: Partial<State>): void {
    this.#state = { ...this.#state, ...change };
    for (const read of this.#readers) read(this.#state);
  }
}

function isOver({ progress: { state } }: Item): boolean {
  return state === "done" || state === "cancelled";
}

/** What a thing is; one that cannot be read, or is too large for anything else, is a file. */
async function read(file: File): Promise<ClassifiedFile> {
  if (file.size > MAX_EVIDENCE_BYTES) return { kind: "file" };
  try {
    return classifyFile(file.name, new Uint8Array(await file.arrayBuffer()));
  } catch {
    return { kind: "file" };
  }
}
