/** What becomes of documents that a program issues: what is sent of them, in which order, and what is believed. */
import { beforeEach, describe, expect, it } from "vitest";
import { toHex } from "../../../src/core/bytes.ts";
import { formatDigest, parseDigest, type Binding, type Digest } from "../../../src/core/digest.ts";
import { encodeEntry } from "../../../src/core/entry.ts";
import { AppError } from "../../../src/core/errors.ts";
import type { SaltRecord } from "../../../src/core/salt.ts";
import { formatReceipt } from "../../../src/log/receipt.ts";
import { RetryPolicy } from "../../../src/sdk/http/retry.ts";
import { inBatches } from "../../../src/sdk/issue/batches.ts";
import { Issuer, type Issued, type IssuerOptions } from "../../../src/sdk/issue/issuer.ts";
import type { SaltStore } from "../../../src/sdk/issue/ports.ts";
import { fetchReceipt } from "../../../src/sdk/issue/receipts.ts";
import type { AnchorResult, DocumentRequest } from "../../../src/wire/anchors.ts";
import type { InstitutionsResponse } from "../../../src/wire/entries.ts";
import { TestLog } from "../../support/log/receipts.ts";

const OPEN = "enterprise-credit-report";
const BLINDED = "personal-credit-report";
const log = new TestLog();
const INSTITUTION = 1;

/** What happened, in order. */
let events: string[];
let service: FakeService;
let salts: SlowSalts;
beforeEach(() => {
  events = [];
  service = new FakeService();
  salts = new SlowSalts();
});

const nameOf = ({ digest, commitment }: DocumentRequest): string => digest ?? commitment ?? "";

/** Records what is sent at once, and answers as `answers` has it. */
class FakeService {
  readonly sent: { documents: readonly DocumentRequest[]; key: string | undefined; wait: boolean }[] = [];
  institution = INSTITUTION;
  /** Faults of the next requests. */
  faults: AppError[] = [];
  answer: (document: DocumentRequest, wait: boolean) => AnchorResult = (document) => this.final(document);
  byId: AnchorResult = { state: "final" };
  readonly #indexes = new Map<string, number>();

  readonly client: IssuerOptions["client"] = {
    institutions: () =>
      Promise.resolve({
        scenes: [
          { slug: OPEN, blinded: false },
          { slug: BLINDED, blinded: true },
        ],
        registry: { origin: log.origin },
      } as unknown as InstitutionsResponse),
    me: () => Promise.resolve({ name: "issuer", role: "issuer", institution: this.institution }),
    anchor: (documents, { wait, idempotencyKey }) => {
      events.push("send");
      this.sent.push({ documents, key: idempotencyKey, wait });
      const fault = this.faults.shift();
      if (fault !== undefined) return Promise.reject(fault);
      return Promise.resolve({ anchors: documents.map((document) => this.answer(document, wait)) });
    },
    anchorById: () => Promise.resolve(this.byId),
    evidence: () => Promise.reject(new RangeError("not asked")),
  };

  final(document: DocumentRequest, institution = INSTITUTION): AnchorResult {
    const name = nameOf(document);
    if (!this.#indexes.has(name)) this.#indexes.set(name, this.#indexes.size);
    const index = this.#indexes.get(name) ?? -1;
    const { algorithm, bytes: payload } = parseDigest(name);
    const blinded = document.commitment !== undefined;
    const rest = { kind: "document", scene: 1, recordedAt: 1, validUntil: 0, governedAdmin: false } as const;
    const recordedBy = `0x${"0a".repeat(20)}` as const;
    const entry = encodeEntry({ ...rest, recordedBy, algorithm, blinded, institution, payload });
    return { state: "final", index, entry: toHex(entry), recordedAt: "2026-11-30T00:00:00Z" };
  }
}

/** Salts in memory, which answer later, as a database elsewhere does. */
class SlowSalts {
  readonly records: SaltRecord[] = [];
  readonly bindings = new Map<string, Binding>();
  opened = 0;

  readonly open = (): Promise<SaltStore> => {
    this.opened += 1;
    const isSame = (a: Digest, b: Digest): boolean => formatDigest(a) === formatDigest(b);
    return Promise.resolve({
      keep: async (records) => {
        await Promise.resolve();
        events.push("keep");
        return records.map((record) => {
          const { digest, scene, origin, institution } = record;
          const kept = this.records.find(
            (other) =>
              isSame(other.digest, digest) &&
              other.scene === scene &&
              other.origin === origin &&
              other.institution === institution,
          );
          if (kept === undefined) this.records.push(record);
          return kept ?? record;
        });
      },
      ofDigest: (digest) => Promise.resolve(this.records.filter((record) => isSame(record.digest, digest))),
      ofCommitment: (commitment) =>
        Promise.resolve(this.records.filter((record) => isSame(record.commitment, commitment))),
      bindingOf: (peer) => Promise.resolve(this.bindings.get(peer)),
      bind: async (peer, binding) => {
        await Promise.resolve();
        this.bindings.set(peer, binding);
      },
      [Symbol.dispose]: () => void (this.opened -= 1),
    });
  };
}

const issuer = (options: Partial<IssuerOptions> = {}): Issuer =>
  new Issuer({
    client: service.client,
    salts: salts.open,
    peer: "https://issuer.example",
    patience: new RetryPolicy({ seconds: 60, timer: (_, wake) => (wake(), () => undefined) }),
    ...options,
  });
const document = (byte: number, scene = OPEN): { digest: string; scene: string } => ({
  digest: `sha256:${byte.toString(16).padStart(2, "0").repeat(32)}`,
  scene,
});
const kinds = (issued: readonly Issued[]): string[] => issued.map(({ kind }) => kind);
const EMPTY = `sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855`;

describe("documents that are submitted", () => {
  it("each has its outcome, in order, and what cannot be sent delays no other", async () => {
    service.answer = (sent) => {
      if (nameOf(sent) === document(2).digest) return { state: "queued", id: "2" };
      if (nameOf(sent) === document(3).digest)
        return { state: "refused", error: { code: "DATE_INVALID", title: "", detail: "" } };
      return service.final(sent);
    };
    const issued = await issuer().submit([
      document(1),
      document(9, "no-such-scene"),
      document(2),
      { digest: EMPTY, scene: BLINDED },
      document(3),
      document(4, BLINDED),
    ]);
    expect(kinds(issued)).toEqual(["final", "not-sent", "open", "not-sent", "refused", "final"]);
    expect(issued[1]).toMatchObject({ fault: { code: "SCENE_UNKNOWN" } });
    expect(issued[3]).toMatchObject({ fault: { code: "DIGEST_OF_EMPTY_INPUT" } });
    expect(issued[4]).toMatchObject({ result: { error: { code: "DATE_INVALID" } } });
    expect(service.sent.map(({ documents }) => documents.length)).toEqual([4]);
  });

  it("a document of a blinded type is sent as a commitment whose salt is stored before", async () => {
    const [issued] = await issuer().submit([document(4, BLINDED)]);
    expect(events).toEqual(["keep", "send"]);
    expect(JSON.stringify(service.sent)).not.toContain("04".repeat(32));
    const [record] = salts.records;
    expect(issued).toMatchObject({ document: { commitment: record && formatDigest(record.commitment) } });
    expect([salts.opened, salts.bindings.get("https://issuer.example")]).toEqual([
      0,
      { origin: log.origin, institution: INSTITUTION },
    ]);
  });

  it("a document that is issued again, by another process too, has the same commitment", async () => {
    const again = async (): Promise<unknown> => await issuer().submit([document(4, BLINDED)]);
    expect(await again()).toEqual(await again());
    expect(salts.records).toHaveLength(1);
  });

  it("no salts are opened where no document is blinded, and nothing is sent where none can be", async () => {
    await issuer().submit([document(1)]);
    expect([salts.opened, events]).toEqual([0, ["send"]]);
    expect(kinds(await issuer().submit([document(1, "no-such-scene")]))).toEqual(["not-sent"]);
    expect(await issuer().submit([])).toEqual([]);
    expect(events).toEqual(["send"]);
  });

  it("nothing is sent where the salts cannot be stored", async () => {
    const failed = new AppError("STORAGE_FAILED", { detail: "full" });
    const broken = (): Promise<SaltStore> => Promise.reject(failed);
    await expect(issuer({ salts: broken }).submit([document(4, BLINDED)])).rejects.toThrowCode(
      "STORAGE_FAILED",
    );
    expect(service.sent).toEqual([]);
  });

  it("nothing is sent to a service that acts for another institution than before", async () => {
    await issuer().submit([document(4, BLINDED)]);
    service.institution = 2;
    service.sent.length = 0;
    await expect(issuer().submit([document(5, BLINDED)])).rejects.toThrowCode("BOUND_TO_ANOTHER");
    expect(service.sent).toEqual([]);
  });

  it("a blinded document whose entry is of another institution is not believed to be registered", async () => {
    service.answer = (sent) => service.final(sent, 2);
    const [blinded, open] = await issuer().submit([document(4, BLINDED), document(1)]);
    expect(blinded).toMatchObject({ kind: "not-believed", fault: { code: "BOUND_TO_ANOTHER" } });
    expect(open?.kind).toBe("final");
  });

  it("an answer with another number of results is none of the service", async () => {
    const { client } = service;
    const short = { ...client, anchor: () => Promise.resolve({ anchors: [] }) };
    await expect(issuer({ client: short }).submit([document(1)])).rejects.toThrowCode("NOT_THE_SERVICE");
  });

  it("a request is repeated under the name that the caller gave it", async () => {
    await issuer().scenes(); // a service that never answered is not waited for
    const one = issuer();
    service.faults = [new AppError("OVERLOADED", { detail: "busy" })];
    await one.submit([document(1)], { idempotencyKey: "night 7, batch 1" });
    await one.submit([document(1)]);
    expect(service.sent.map(({ key }) => key)).toEqual(["night 7, batch 1", "night 7, batch 1", undefined]);
  });
});

describe("open documents that are waited for", () => {
  const open = async (...all: ReturnType<typeof document>[]): Promise<Issued[]> => {
    service.answer = () => ({ state: "queued", id: "1", duplicate: true, warnings: [WARNING] });
    const issued = await issuer().submit(all);
    service.sent.length = 0;
    return issued;
  };
  const WARNING = { code: "REFERENCE_REUSED", detail: "twice" };

  it("they become final in their order, and keep the marks of their first answer", async () => {
    const issued = await open(document(1), document(2));
    const refused: Issued = { kind: "refused", document: document(3), result: { state: "failed" } };
    service.answer = (sent, wait) => (wait ? service.final(sent) : { state: "queued" });
    const settled = await issuer().settle([...issued, refused]);
    expect(kinds(settled)).toEqual(["final", "final", "refused"]);
    expect(settled[0]).toMatchObject({ index: 0, result: { duplicate: true, warnings: [WARNING] } });
    expect(service.sent.map(({ documents }) => documents.length)).toEqual([2]);
  });

  it("one that would be refused now is asked for by its id", async () => {
    const issued = await open(document(1));
    service.answer = () => ({ state: "refused", error: { code: "DATE_INVALID", title: "", detail: "" } });
    service.byId = service.final(document(1));
    expect(kinds(await issuer().settle(issued))).toEqual(["final"]);
  });

  it("those that stay open are open after 20 requests", async () => {
    const issued = await open(document(1));
    expect(kinds(await issuer().settle(issued))).toEqual(["open"]);
    expect(service.sent).toHaveLength(20);
  });
});

describe("the receipt of a document", () => {
  const digest = parseDigest(document(7).digest);
  const salt = new Uint8Array(32).fill(5);
  const index = log.document(digest, { salt });
  const receipt = log.receipt(index);
  const PENDING = { code: "PENDING", index, state: "final", confirmations: 1, deadline: "" } as const;

  const fetched = async (pending: number, kept: Partial<SaltRecord> = {}): Promise<unknown> => {
    const answers = [...Array.from({ length: pending }, () => PENDING), formatReceipt(receipt)];
    const pauses: number[] = [];
    const commitment = {
      ...digest,
      bytes: log.entries[index]?.slice(28, 60) ?? salt,
      blinded: true,
    } as const;
    const binding = { origin: log.origin, institution: 1 };
    salts.records.push({ ...binding, scene: BLINDED, digest, salt, commitment, ...kept });
    const { extra } = await fetchReceipt(index, {
      client: { evidence: () => Promise.resolve(answers.shift() ?? PENDING) },
      salts: salts.open,
      timer: (milliseconds, wake) => (pauses.push(milliseconds), wake(), () => undefined),
    });
    return { salt: extra.salt, pauses };
  };

  it("it is asked for until there is one, and gets the salt", async () => {
    expect(await fetched(2)).toEqual({ salt, pauses: [500, 500] });
  });

  it("it is asked for a minute at most", async () => {
    await expect(fetched(200)).rejects.toThrowCode("ANCHOR_TIMEOUT");
  });

  it("a receipt of another log or institution than the commitment gets no salt", async () => {
    await expect(fetched(0, { institution: 2 })).rejects.toThrowCode("BOUND_TO_ANOTHER");
    salts.records.length = 0;
    await expect(fetched(0, { origin: `${log.origin}0` })).rejects.toThrowCode("BOUND_TO_ANOTHER");
  });
});

describe("batches", () => {
  it("they hold all lines in order, and fit into a request by their number and their bytes", async () => {
    const lines = Array.from({ length: 9 }, (_, i) =>
      i % 3 === 0 ? { fault: i } : { document: { reference: "x".repeat(i * 80_000) } },
    );
    const batches: (typeof lines)[] = [];
    for await (const batch of inBatches(lines, 4)) batches.push(batch);
    expect(batches.flat()).toEqual(lines);
    for (const batch of batches) {
      const documents = batch.flatMap((line) => ("document" in line ? [line.document] : []));
      expect(documents.length).toBeLessThanOrEqual(4);
      expect(JSON.stringify(documents).length).toBeLessThan(1 << 20);
    }
    expect(batches.length).toBeGreaterThan(2);
  });
});
