/** Hashes and checks the files of the page and holds their state, without access to the DOM. */
import type { Clock } from "../core/clock.ts";
import type { Digest } from "../core/digest.ts";
import { AppError, fault, isAppError } from "../core/errors.ts";
import type { OfficialId } from "../core/official-id.ts";
import type { EntryIndex, UnixSeconds } from "../core/units.ts";
import { formatPolicy, type Policy } from "../log/policy.ts";
import { oneOperatorPolicy } from "../log/policy-of.ts";
import { openCarried, type Carried } from "../sdk/verify/carried.ts";
import { checkFile, type Checked, type ServiceConnection } from "../sdk/verify/check.ts";
import { HufuClient } from "../sdk/http/client.ts";
import {
  MAX_EVIDENCE_BYTES,
  EMPTY_EVIDENCE,
  classifyFile,
  withEvidence,
  type ClassifiedFile,
  type GivenEvidence,
} from "../sdk/verify/classify.ts";
import { LogClient } from "../sdk/http/log-client.ts";
import { checkEntry, type LookedUp } from "../sdk/verify/entry.ts";
import { receiptOf } from "../sdk/verify/question.ts";
import { MemoryTrust, trustIn, type FirstContact } from "../sdk/verify/trust.ts";
import { SendLog, type SentRequest } from "../sdk/http/send-log.ts";
import type { InstitutionsResponse } from "../wire/entries.ts";

/** A file of the user, or why it cannot be read. */
export type GivenFile = File | { readonly name: string; readonly fault: AppError };

/** Digests of a file; undefined = stopped. */
export type HashFile = (
  file: File,
  options: { onProgress: (done: number) => void; signal: AbortSignal },
) => Promise<readonly Digest[] | undefined>;

export type Progress =
  | { readonly state: "queued" | "asking" | "cancelled" | "key" }
  /** `done` is in bytes. */
  | { readonly state: "hashing"; readonly done: number }
  | {
      readonly state: "done";
      readonly checked: Checked;
      readonly at: UnixSeconds;
      readonly sent: readonly SentRequest[];
      /** What this page pinned, where the answer is by that. */
      readonly firstContact: FirstContact | undefined;
    };

export interface Item {
  readonly id: number;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly progress: Progress;
  readonly digests: readonly Digest[] | undefined;
  /** Whether the file is checked without receipts, though some were given. */
  readonly ignoresReceipts: boolean;
  /** Of a ZIP with documents and their receipt, or why it cannot be opened: it is opened if the ZIP itself has no entry. */
  readonly carried: Carried | AppError | undefined;
  /** Requests about the ZIP that it came in. */
  readonly sentBefore: readonly SentRequest[];
  /** The institution that the user has chosen as the one that the document names. */
  readonly expectedIssuer: OfficialId | undefined;
}

/** The entry of a link, as a printed record has it. */
export interface LinkedEntry {
  readonly index: EntryIndex;
  /** Undefined: it is being looked up. */
  readonly found: LookedUp | AppError | undefined;
}

/** A receipt, statement, policy, kept answer or part of a bundle with its file name; or a ZIP that was opened. */
export type NamedEvidence = (
  Exclude<ClassifiedFile, { kind: "file" }> | { readonly kind: "zip"; readonly ignored: readonly string[] }
) & { readonly name: string };

export interface State {
  readonly items: readonly Item[];
  readonly given: readonly NamedEvidence[];
  readonly evidence: GivenEvidence;
  readonly offline: boolean;
  readonly linked: LinkedEntry | undefined;
  /** What was pinned of this service. */
  readonly pinned: Policy | undefined;
  /** Why the service refused the API key, while files wait for one. */
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

const KEY_ERRORS = ["AUTH_MISSING", "AUTH_MALFORMED", "AUTH_INVALID", "SCOPE_REQUIRED"] as const;
/** Of what was pinned of the service. */
export const POLICY_NAME = "hufu-policy.txt";
/** An entry is not looked up offline. */
const NOT_ASKED = new AppError("RECEIPT_MISSING", { detail: "an entry is looked up at the service" });
/** Files that are checked concurrently. */
const MAX_CONCURRENT = 4;
/** The longest Retry-After that is waited for, in seconds, and the number of attempts. */
const RETRY = { seconds: 60, attempts: 5 };

const EMPTY: State = {
  items: [],
  given: [],
  evidence: EMPTY_EVIDENCE,
  offline: false,
  linked: undefined,
  pinned: undefined,
  keyWanted: undefined,
  directory: undefined,
};

export class Session {
  #state: State = EMPTY;
  #key: string | undefined;
  #stop = new AbortController();
  #nextId = 1;
  #running = 0;
  #directory: Promise<InstitutionsResponse> | undefined;
  readonly #options: SessionOptions;
  /** Pinned for the session: the page is as honest as who serves it. */
  readonly #trust: ServiceConnection["trust"];
  readonly #listeners = new Set<(state: State) => void>();

  constructor(options: SessionOptions) {
    this.#options = options;
    const { server: name, clock, fetch: send } = options;
    const log = this.#logClient(send);
    this.#trust = trustIn({ name, log, store: new MemoryTrust(), now: () => clock.now() });
  }

  get state(): State {
    return this.#state;
  }

  /** Calls `listener` after each change. @returns unsubscribes */
  subscribe(listener: (state: State) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Adds files, receipts, statements, policies and kept answers, in any order. Files that are added when all others are done replace
   * them.
   */
  async add(files: readonly GivenFile[]): Promise<void> {
    const { signal } = this.#stop;
    const given: NamedEvidence[] = [];
    const items: NewItem[] = [];
    for (const file of files) {
      const classified = "fault" in file ? undefined : await classify(file);
      const carried = "fault" in file || classified?.kind !== "file" ? undefined : await openZip(file);
      if (signal.aborted) return;
      if (classified !== undefined && classified.kind !== "file")
        given.push({ ...classified, name: file.name });
      else items.push({ item: this.#itemOf(file, { carried }), file: "fault" in file ? undefined : file });
    }
    const before = this.#state;
    const startsOver = items.length > 0 && before.items.length > 0 && before.items.every(isFinished);
    const kept = startsOver ? before.given.filter(({ kind }) => kind === "policy") : before.given;
    this.#set({
      items: [...(startsOver ? [] : before.items), ...items.map(({ item }) => item)],
      given: [...kept, ...given],
      evidence: evidenceOf([...kept, ...given]),
    });
    if (given.some(({ kind }) => kind !== "answer" && kind !== "leaflet")) this.#requeue();
    await this.#hashAll(items, signal);
  }

  async #hashAll(items: readonly NewItem[], signal: AbortSignal): Promise<void> {
    await Promise.all(items.map(async ({ item, file }) => file && (await this.#hash(item.id, file, signal))));
    this.#startChecks();
  }

  /** Puts the documents in a ZIP in its place, and their evidence beside what was given. */
  async #open(zip: Item, carried: Carried, sentBefore: readonly SentRequest[]): Promise<void> {
    const { signal } = this.#stop;
    const { evidence, ignored } = carried;
    const items: NewItem[] = [];
    for (const { name, content } of carried.documents) {
      const file = await content().then(
        (blob) => new File([blob], nameIn(zip, name)),
        asFault(nameIn(zip, name)),
      );
      items.push({ item: this.#itemOf(file, { sentBefore }), file: "fault" in file ? undefined : file });
    }
    if (signal.aborted) return;
    const inside = evidence.map((each) => ({ ...each, name: nameIn(zip, each.name) }));
    const given = [...this.#state.given, { kind: "zip" as const, name: zip.name, ignored }, ...inside];
    const opened = this.#state.items.flatMap((item) =>
      item.id === zip.id ? items.map((each) => each.item) : [item],
    );
    this.#set({ items: opened, given, evidence: evidenceOf(given) });
    await this.#hashAll(items, signal);
  }

  /** Checks one file, or all, once more. */
  retry(id?: number): void {
    this.#requeue(id);
    this.#startChecks();
  }

  /** Checks a file as if no receipt had been given. */
  checkWithoutReceipts(id: number): void {
    this.#change(id, { ignoresReceipts: true });
    this.retry(id);
  }

  /** Checks a file by the entries of one institution alone; undefined = by all. */
  chooseIssuer(id: number, expectedIssuer: OfficialId | undefined): void {
    this.#change(id, { expectedIssuer });
    this.retry(id);
  }

  /** Uses what was pinned of this service as a policy for trying out, offline too. @returns it as text, to be kept as a file */
  usePinned(pinned: Policy): string {
    const text = formatPolicy(oneOperatorPolicy(pinned));
    void this.add([new File([text], POLICY_NAME)]);
    return text;
  }

  useKey(key: string): void {
    this.#key = key;
    this.#set({ keyWanted: undefined });
    for (const { id, progress } of this.#state.items) if (progress.state === "key") this.#requeue(id);
    this.#startChecks();
    this.#lookUpAgain();
  }

  setOffline(offline: boolean): void {
    this.#set({ offline });
    this.retry();
    this.#lookUpAgain();
  }

  cancel(): void {
    this.#stop.abort();
    this.#stop = new AbortController();
    for (const { id, progress } of this.#state.items)
      if (progress.state !== "done") this.#change(id, { progress: { state: "cancelled" } });
    this.#set({ keyWanted: undefined });
  }

  /** Removes all files and evidence; the key, the mode and the directory stay. */
  clear(): void {
    this.cancel();
    const { offline, directory, linked, pinned } = this.#state;
    this.#set({ ...EMPTY, offline, directory, linked, pinned });
  }

  /** The institutions and document types of the service; cached unless `refresh`. */
  async directory({ refresh = false, send = this.#options.fetch } = {}): Promise<InstitutionsResponse> {
    if (refresh) this.#directory = undefined;
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

  /** Looks up the entry of a link. */
  async lookUp(index: EntryIndex): Promise<void> {
    const found = this.#state.offline ? NOT_ASKED : undefined;
    const linked: LinkedEntry = { index, found };
    this.#set({ linked });
    if (found !== undefined) return;
    const result = await this.#lookUp(index);
    if (this.#state.linked === linked) this.#set({ linked: { index, found: result } });
  }

  async #lookUp(index: EntryIndex): Promise<LookedUp | AppError> {
    const { evidence } = this.#state;
    const service = this.#service(new SendLog(this.#options.fetch));
    try {
      const found = await checkEntry(index, { evidence, service, now: this.#options.clock.now() });
      const { checked } = found;
      if (checked?.kind === "fault" && isKeyError(checked.fault)) this.#set({ keyWanted: checked.fault });
      return found;
    } catch (error) {
      if (isAppError(error)) return error;
      throw error;
    }
  }

  #lookUpAgain(): void {
    if (this.#state.linked !== undefined) void this.lookUp(this.#state.linked.index);
  }

  #logClient(send: typeof fetch): LogClient {
    return new LogClient({ server: this.#options.server, fetch: send });
  }

  #itemOf(
    file: GivenFile,
    { carried, sentBefore = [] }: Partial<Pick<Item, "carried" | "sentBefore">> = {},
  ): Item {
    const failed = "fault" in file ? this.#done({ kind: "fault", fault: file.fault }) : undefined;
    return {
      id: this.#nextId++,
      name: file.name,
      size: "fault" in file ? 0 : file.size,
      progress: failed ?? { state: "queued" },
      digests: undefined,
      ignoresReceipts: false,
      carried,
      sentBefore,
      expectedIssuer: undefined,
    };
  }

  #done(checked: Checked, sent: readonly SentRequest[] = [], firstContact?: FirstContact): Progress {
    return { state: "done", checked, sent, firstContact, at: this.#options.clock.now() };
  }

  async #hash(id: number, file: File, signal: AbortSignal): Promise<void> {
    const onProgress = (done: number): void => {
      if (!signal.aborted) this.#change(id, { progress: { state: "hashing", done } });
    };
    try {
      const digests = await this.#options.hash(file, { signal, onProgress });
      if (signal.aborted || digests === undefined) return;
      this.#change(id, { digests, progress: { state: "queued" } });
      this.#startChecks();
    } catch (error) {
      if (!isAppError(error)) throw error;
      if (!signal.aborted) this.#change(id, { progress: this.#done({ kind: "fault", fault: error }) });
    }
  }

  /** Marks hashed files for another check. */
  #requeue(only?: number): void {
    for (const { id, digests, progress } of this.#state.items)
      if (digests !== undefined && progress.state !== "asking" && (only ?? id) === id)
        this.#change(id, { progress: { state: "queued" } });
  }

  /** Starts checks of queued files, up to the limit. */
  #startChecks(): void {
    for (const item of this.#state.items) {
      if (this.#running >= MAX_CONCURRENT) return;
      const { id, digests, progress } = item;
      if (progress.state !== "queued" || digests === undefined) continue;
      const evidence = this.#evidenceFor(item, digests);
      if (evidence === "later") continue;
      if (isAppError(evidence))
        this.#change(id, { progress: this.#done({ kind: "fault", fault: evidence }) });
      else void this.#check(item, digests, evidence);
    }
  }

  /**
   * The evidence to check a file by. A file without a receipt waits until all files are hashed: if a receipt then matches
   * no file, the file may be its altered document, and its digest is not sent unless the user asks for that.
   */
  #evidenceFor(
    { ignoresReceipts, carried }: Item,
    digests: readonly Digest[],
  ): GivenEvidence | AppError | "later" {
    const { items, evidence } = this.#state;
    const { receipts, faults } = evidence;
    if (ignoresReceipts) return { ...evidence, receipts: [], faults: [] };
    const own = fault(() => receiptOf(digests, receipts));
    if (own !== undefined && !isAppError(own)) return { ...evidence, receipts: [own] };
    if (receipts.length + faults.length === 0) return evidence;
    if (carried !== undefined) return { ...evidence, receipts: [], faults: [] };
    const isUnhashed = ({ digests: hashed, progress: { state } }: Item): boolean =>
      hashed === undefined && (state === "queued" || state === "hashing");
    if (items.some(isUnhashed)) return "later";
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

  async #check(item: Item, digests: readonly Digest[], evidence: GivenEvidence): Promise<void> {
    const { id, expectedIssuer, carried, sentBefore } = item;
    const { signal } = this.#stop;
    this.#running += 1;
    this.#change(id, { progress: { state: "asking" } });
    const sent = new SendLog(this.#options.fetch);
    try {
      const checked = await this.#withRetries(() =>
        checkFile({
          digests,
          evidence,
          expectedIssuer: expectedIssuer ?? "any",
          service: this.#state.offline ? undefined : this.#service(sent),
          now: this.#options.clock.now(),
        }),
      );
      if (signal.aborted) return;
      const refused = checked.kind === "fault" && isKeyError(checked.fault);
      if (refused) this.#set({ keyWanted: checked.fault });
      const requests = [...sentBefore, ...sent.since(0)];
      if (!refused && carried !== undefined && !isFound(checked)) {
        const unopened = (fault: AppError): Progress => this.#done({ kind: "fault", fault }, requests);
        if (isAppError(carried)) this.#change(id, { progress: unopened(carried) });
        else await this.#open(item, carried, requests);
        return;
      }
      const trust = checked.kind === "online" ? await this.#trust(evidence.policy) : undefined;
      if (trust !== undefined && evidence.policy === undefined) this.#set({ pinned: trust.policy });
      const done = this.#done(checked, requests, trust?.firstContact);
      this.#change(id, { progress: refused ? { state: "key" } : done });
    } finally {
      this.#running -= 1;
      this.#startChecks();
    }
  }

  /** Repeats a check after Retry-After, where the service names one. */
  async #withRetries(check: () => Promise<Checked>): Promise<Checked> {
    for (let attempt = 1; ; attempt++) {
      const checked = await check();
      const wait = checked.kind === "fault" ? Number(checked.fault.fields["retryAfter"]) : NaN;
      if (!(wait <= RETRY.seconds) || attempt === RETRY.attempts) return checked;
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
    const { wait } = this.#options;
    return { client, log: this.#logClient(sent.fetch), trust: this.#trust, wait };
  }

  #change(id: number, change: Partial<Item>): void {
    this.#set({ items: this.#state.items.map((item) => (item.id === id ? { ...item, ...change } : item)) });
  }

  #set(change: Partial<State>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener(this.#state);
  }
}

interface NewItem {
  readonly item: Item;
  readonly file: File | undefined;
}

/** Whether a file has an entry of its own. */
function isFound(checked: Checked): boolean {
  return checked.kind === "offline" || (checked.kind === "online" && checked.answer.verdict !== "not-found");
}

function evidenceOf(given: readonly NamedEvidence[]): GivenEvidence {
  return given.reduce(
    (evidence, each) => (each.kind === "zip" ? evidence : withEvidence(evidence, each)),
    EMPTY_EVIDENCE,
  );
}

/** The name of what is in a ZIP: the paths of a bundle's files are no use to a person. */
function nameIn(zip: Item, name: string): string {
  return `${zip.name}: ${name.replace(/^document\//, "")}`;
}

/** Takes the fault of a file for the file. */
function asFault(name: string): (fault: unknown) => GivenFile {
  return (fault) => {
    if (isAppError(fault)) return { name, fault };
    throw fault;
  };
}

/** A file that the browser does not read is found to be so when it is hashed. */
async function openZip(file: File): Promise<Carried | AppError | undefined> {
  try {
    return await openCarried(file);
  } catch (error) {
    return isAppError(error) ? error : undefined;
  }
}

function isKeyError({ code }: AppError): boolean {
  return (KEY_ERRORS as readonly string[]).includes(code);
}

function isFinished({ progress: { state } }: Item): boolean {
  return state === "done" || state === "cancelled";
}

/** Files that cannot be read, or are too large for evidence, count as documents. */
async function classify(file: File): Promise<ClassifiedFile> {
  if (file.size > MAX_EVIDENCE_BYTES) return { kind: "file" };
  try {
    return classifyFile(file.name, new Uint8Array(await file.arrayBuffer()));
  } catch {
    return { kind: "file" };
  }
}
