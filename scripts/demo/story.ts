/** Runs the steps of the demo on real files, prints each, and checks it by the output of the programs. */
import { basename, join } from "node:path";
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { SAMPLE_INSTITUTIONS } from "../../src/chain/embedded/samples.ts";
import type { Language } from "../../src/core/directory.ts";
import type { Reason } from "../../src/core/entry.ts";
import { formatOfficialId } from "../../src/core/official-id.ts";
import { formatLocalTime } from "../../src/core/time.ts";
import type { RestsOn, VerdictCode } from "../../src/core/verdict.ts";
import { restsOnText } from "../../src/sdk/verify/answer-text.ts";
import { fill, wordsIn } from "../../src/words/index.ts";
import { byKind, carries } from "../../test/support/network/recording-proxy.ts";
import { hufu } from "./operator.ts";
import type { Stage } from "./stage.ts";
import { DEMO_WORDS, type DemoWords } from "./words.ts";

const SCENE = "enterprise-credit-report";
/** The bank names the institution that the reports name. */
const EXPECTED = ["--expected-issuer", ...SAMPLE_INSTITUTIONS.slice(0, 1).map(formatOfficialId)];
const REASON: Reason = "content-corrected";
/** Polling, until an operator has indexed what the other recorded. */
const ATTEMPTS = 40;
const INTERVAL_MS = 250;

export class StepFailed extends Error {}

interface Verified {
  readonly verdict: VerdictCode;
  readonly results: readonly {
    readonly entries?: readonly {
      readonly index: number;
      readonly institution: { readonly id: number; readonly names: Readonly<Record<Language, string>> };
      readonly recordedAt: string;
    }[];
    readonly withdrawal?: { readonly reason: Reason; readonly recordedAt: string };
    readonly asOf?: { readonly time: string };
    readonly restsOn: RestsOn;
    readonly statedBy?: readonly string[];
  }[];
}

/** Verifies a file at an operator, or directly at the node; `by` is what its answers rest on. */
interface Check {
  readonly by: RestsOn;
  verify(file: string): Promise<{ code: number; answer: Verified }>;
}

export class Story {
  readonly #stage: Stage;
  readonly #files: readonly string[];
  readonly #language: Language;
  readonly #words: DemoWords;
  readonly #print: (line: string) => void;
  #step = 0;
  /** Index by file. */
  readonly #issued = new Map<string, number>();

  constructor(options: {
    stage: Stage;
    files: readonly string[];
    language: Language;
    print: (line: string) => void;
  }) {
    this.#stage = options.stage;
    this.#files = options.files;
    this.#language = options.language;
    this.#words = DEMO_WORDS[options.language];
    this.#print = options.print;
  }

  async run(): Promise<void> {
    const bank = this.#bank();
    this.#introduce();
    await this.#issue();
    await this.#verifyAll(bank, new Map(this.#files.map((file) => [file, "valid"])), this.#words.verify);
    const tampered = await this.#tamper(bank);
    await this.#revoke();
    const first = this.#first();
    const now = new Map<string, VerdictCode>([
      [first, "revoked"],
      ...this.#files.slice(1).map((file) => [file, "valid"] as const),
    ]);
    await this.#verifyAll(bank, now, this.#words.afterwards);
    const evidence = await this.#fetchEvidence();
    await Promise.all([this.#stage.shenzhen.stop(), this.#stage.hongkong.stop()]);
    await this.#verifyAll(this.#direct(), new Map([...now, [tampered, "not-found"]]), this.#words.direct);
    await this.#verifyOffline(evidence);
    await this.#audit();
    this.#showTraffic();
    this.#print("");
    this.#print(this.#words.done);
  }

  #introduce(): void {
    this.#print(this.#words.stage);
    this.#print(this.#words.documents);
    for (const file of this.#files)
      this.#print(
        `  ${fill(this.#words.document, { name: basename(file), bytes: readFileSync(file).length })}`,
      );
  }

  async #issue(): Promise<void> {
    this.#heading(this.#words.issue);
    const { issuer } = this.#stage.links;
    const apiKey = this.#stage.shenzhen.credentials.keys["issuer"];
    const args = [
      "anchor",
      ...this.#files,
      "--scene",
      SCENE,
      "--valid-until",
      "2099-12-31",
      "--server",
      issuer.url,
    ];
    const { code, document } = await hufu(args, { home: this.#home("issuer"), apiKey });
    this.#expect("exit code", 0, code);
    const anchors = document["anchors"] as {
      file: string;
      state: string;
      index: number;
      recordedAt: string;
    }[];
    for (const { file, state, index, recordedAt } of anchors) {
      this.#expect(file, "final", state);
      this.#issued.set(file, index);
      this.#say(fill(this.#words.issued, { name: basename(file), index, time: local(recordedAt) }));
    }
    this.#expect("documents", this.#files.length, anchors.length);
  }

  async #verifyAll(check: Check, expected: ReadonlyMap<string, VerdictCode>, heading: string): Promise<void> {
    this.#heading(heading);
    for (const [file, verdict] of expected) await this.#verify(check, file, verdict);
  }

  async #verify(check: Check, file: string, expected: VerdictCode): Promise<void> {
    let found = await check.verify(file);
    for (let attempt = 1; attempt < ATTEMPTS && found.answer.verdict !== expected; attempt++) {
      await sleep(INTERVAL_MS);
      found = await check.verify(file);
    }
    this.#expect(basename(file), expected, found.answer.verdict);
    this.#expect("exit code", expected === "valid" ? 0 : 1, found.code);
    const [result] = found.answer.results;
    const entry = result?.entries?.[0];
    if (expected !== "not-found") this.#expect("entry", this.#issued.get(file), entry?.index);
    const words = wordsIn(this.#language);
    const { title, means } = words.verdicts[expected];
    const issuer = entry?.institution.names[this.#language] ?? "";
    const { withdrawal } = result ?? {};
    const time = local(withdrawal?.recordedAt ?? entry?.recordedAt ?? result?.asOf?.time ?? "");
    const reason = withdrawal === undefined ? "" : words.reasons[withdrawal.reason];
    if (expected === "revoked") this.#expect("reason", REASON, withdrawal?.reason);
    const where = entry === undefined ? "" : ` (${words.labels.entry} ${entry.index})`;
    this.#say(`${basename(file)}${where}: ${title}`);
    this.#say(`  ${fill(means, { issuer, actor: issuer, time, reason })}`);
    this.#sayRestsOn(result, check.by);
  }

  #sayRestsOn(result: Verified["results"][number] | undefined, expected: RestsOn): void {
    const { restsOn = "operator", statedBy = [] } = result ?? {};
    this.#expect("restsOn", expected, restsOn);
    const words = wordsIn(this.#language);
    this.#say(
      `  ${words.restsOn.label}: ${restsOnText(restsOn, statedBy, { words, language: this.#language })}`,
    );
  }

  /** @returns the changed copy */
  async #tamper(check: Check): Promise<string> {
    const first = this.#first();
    this.#heading(fill(this.#words.tamper, { name: basename(first) }));
    const bytes = readFileSync(first);
    const at = Math.floor(bytes.length / 2);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    const copy = join(this.#stage.folder, `tampered-${basename(first)}`);
    writeFileSync(copy, bytes);
    this.#say(fill(this.#words.tampered, { name: basename(copy), at }));
    await this.#verify(check, copy, "not-found");
    return copy;
  }

  async #revoke(): Promise<void> {
    const first = this.#first();
    this.#heading(fill(this.#words.revoke, { name: basename(first) }));
    const index = this.#issued.get(first) ?? -1;
    const args = ["revoke", String(index), "--reason", REASON, "--server", this.#stage.links.issuer.url];
    const apiKey = this.#stage.shenzhen.credentials.keys["issuer"];
    const { code, document } = await hufu(args, { home: this.#home("issuer"), apiKey });
    this.#expect("exit code", 0, code);
    this.#expect("state", "final", document["state"]);
    this.#say(fill(this.#words.revoked, { index, reason: wordsIn(this.#language).reasons[REASON] }));
  }

  /** Fetches the last document's receipt with both signatures, and a policy. @returns options of `hufu verify` */
  async #fetchEvidence(): Promise<string[]> {
    const last = this.#last();
    this.#heading(fill(this.#words.receipt, { name: basename(last) }));
    const index = this.#issued.get(last) ?? -1;
    const apiKey = this.#stage.shenzhen.credentials.keys["issuer"];
    const args = ["receipt", String(index), "--server", this.#stage.links.issuer.url];
    const fetched = async (): Promise<string> => {
      const { code, document } = await hufu(args, { home: this.#home("issuer"), apiKey });
      this.#expect("exit code", 0, code);
      return String(document["receipt"]);
    };
    let receipt = await fetched();
    const signed = (): number[] => [...receipt.matchAll(/\/witness\/(\d+) /g)].map(([, id]) => Number(id));
    for (let attempt = 1; attempt < ATTEMPTS && signed().length < 2; attempt++) {
      await sleep(INTERVAL_MS);
      receipt = await fetched();
    }
    this.#expect("witnesses", "1 2", signed().join(" "));
    this.#say(fill(this.#words.signed, { bytes: Buffer.byteLength(receipt) }));
    const { code, document } = await hufu(["policy", ...this.#node("direct")], { home: this.#home("bank") });
    this.#expect("exit code", 0, code);
    const path = (name: string, text: unknown): string => {
      writeFileSync(join(this.#stage.folder, name), String(text));
      return join(this.#stage.folder, name);
    };
    return ["--receipt", path("receipt.tlog-proof", receipt), "--policy", path("policy", document["policy"])];
  }

  /** The operators are stopped, and no node is used. */
  async #verifyOffline(evidence: readonly string[]): Promise<void> {
    const last = this.#last();
    this.#heading(this.#words.offline);
    const args = ["verify", last, ...evidence, ...EXPECTED];
    const { code, document } = await hufu(args, { home: this.#home("offline") });
    this.#expect("exit code", 3, code);
    this.#expect(basename(last), "registered", document["verdict"]);
    const { title, next } = wordsIn(this.#language).verdicts.registered;
    this.#say(`${basename(last)}: ${title}`);
    this.#say(`  ${next}`);
    this.#sayRestsOn((document as unknown as Verified).results[0], "proof");
  }

  async #audit(): Promise<void> {
    this.#heading(this.#words.audit);
    const args = ["audit", ...this.#node("auditor")];
    const { code, document } = await hufu(args, { home: this.#home("auditor") });
    this.#expect("exit code", 0, code);
    const { entries, proof } = document as unknown as {
      entries: {
        index: number;
        kind: keyof ReturnType<typeof wordsIn>["kinds"];
        recordedAt: string;
        institution: { names: Record<Language, string> };
      }[];
      proof: { treeSize: number; root: string; proven: boolean };
    };
    this.#expect("proof", true, proof.proven);
    this.#expect("entries", proof.treeSize, entries.length);
    const { kinds } = wordsIn(this.#language);
    for (const { index, kind, institution, recordedAt } of entries.filter(
      (entry) => entry.kind !== "directory",
    )) {
      this.#say(
        fill(this.#words.listed, {
          index,
          kind: kinds[kind],
          institution: institution.names[this.#language],
          time: local(recordedAt),
        }),
      );
    }
    this.#say(fill(this.#words.proven, { count: entries.length, root: proof.root }));
  }

  #showTraffic(): void {
    this.#heading(this.#words.traffic);
    const everything = Object.values(this.#stage.links).flatMap(({ exchanges }) => exchanges);
    for (const [name, { exchanges }] of Object.entries(this.#stage.links)) {
      const traffic = byKind(exchanges);
      const link = this.#words.link[name as keyof DemoWords["link"]];
      const [sent, received] = [
        sum(traffic.map((kind) => kind.sent)),
        sum(traffic.map((kind) => kind.received)),
      ];
      this.#say(fill(this.#words.kinds, { link, sent, received }));
      for (const { kind, times, sent: bytes } of traffic) {
        this.#say(`  ${kind} × ${times}: ${bytes} (${this.#words.carries[contentOf(kind)]})`);
      }
    }
    const documents = this.#files.map((file) => readFileSync(file));
    for (const document of documents)
      this.#expect("a piece of a document", false, carries(everything, document));
    const bytes = sum(documents.map(({ length }) => length));
    this.#say(fill(this.#words.nothing, { count: documents.length, bytes }));
  }

  #bank(): Check {
    const apiKey = this.#stage.hongkong.credentials.keys["verifier"];
    const where = ["--server", this.#stage.links.bank.url];
    return { by: "operator", verify: (file) => this.#ask(where, file, apiKey) };
  }

  #direct(): Check {
    return { by: "proof", verify: (file) => this.#ask(this.#node("direct"), file, undefined) };
  }

  async #ask(
    where: readonly string[],
    file: string,
    apiKey: string | undefined,
  ): Promise<{ code: number; answer: Verified }> {
    const args = ["verify", file, ...where, ...EXPECTED];
    const { code, document } = await hufu(args, { home: this.#home("bank"), apiKey });
    return { code, answer: document as unknown as Verified };
  }

  #node(link: "direct" | "auditor"): string[] {
    const { links, registry } = this.#stage;
    return ["--rpc", links[link].url, "--registry", registry, "--finality", "1"];
  }

  #home(name: string): string {
    return join(this.#stage.folder, `home-${name}`);
  }

  #first(): string {
    const [first] = this.#files;
    if (first === undefined) throw new RangeError("no files");
    return first;
  }

  #last(): string {
    return this.#files.at(-1) ?? this.#first();
  }

  #heading(text: string): void {
    this.#print("");
    this.#print(`${++this.#step}. ${text}`);
  }

  #say(text: string): void {
    this.#print(`   ${text}`);
  }

  #expect(what: string, expected: unknown, got: unknown): void {
    if (expected === got) return;
    throw new StepFailed(
      `${what}: ${fill(this.#words.failed, { expected: String(expected), got: String(got) })}`,
    );
  }
}

function contentOf(kind: string): keyof DemoWords["carries"] {
  if (kind === "POST /v1/anchors" || kind === "POST /v1/verifications") return "digests";
  if (kind.endsWith("/status")) return "decision";
  if (kind.startsWith("POST /witness/")) return "checkpoints";
  return kind === "eth_sendRawTransaction" || kind === "eth_estimateGas" ? "transactions" : "reads";
}

function local(time: string): string {
  return formatLocalTime(Math.floor(Date.parse(time) / 1000));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
