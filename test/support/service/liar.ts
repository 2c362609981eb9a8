/** Stands in front of a service and lies: forges, omits, swaps and replays its answers, or shows another log altogether. */
import { fromHex, toHex } from "../../../src/core/bytes.ts";
import { flipped, HttpProxy } from "../network/http-proxy.ts";
import type { VerificationResponse } from "../../../src/wire/verifications.ts";

export type Lie = (answer: VerificationResponse) => unknown;

type Entries = VerificationResponse["entries"];
const eachEntry =
  (change: (entry: Entries[number]) => object): Lie =>
  (answer) => ({ ...answer, entries: answer.entries.map((entry) => ({ ...entry, ...change(entry) })) });
const inProof =
  (change: (proof: NonNullable<VerificationResponse["proof"]>) => object): Lie =>
  (answer) => ({ ...answer, proof: answer.proof && { ...answer.proof, ...change(answer.proof) } });
const flip = (hex: string, at: number): string => toHex(flipped(fromHex(hex), at));
const WITHOUT_DECISION = {
  withdrawal: undefined,
  basis: undefined,
  standing: undefined,
  decidedBy: undefined,
  issuers: undefined,
};

/** Lies about one answer at a time, by what they change. */
export const LIES: Readonly<Record<string, Lie>> = {
  ...Object.fromEntries(
    (["valid", "expired", "revoked", "suspended", "superseded", "not-found", "pending"] as const).map(
      (verdict): [string, Lie] => [`the verdict ${verdict}`, (answer) => ({ ...answer, verdict })],
    ),
  ),
  "nothing found": (answer) => ({ ...answer, ...WITHOUT_DECISION, verdict: "not-found", entries: [] }),
  "nothing found, signed by no one": (answer) => ({
    ...answer,
    ...WITHOUT_DECISION,
    verdict: "not-found",
    entries: [],
    note: undefined,
  }),
  "in force, with nothing withdrawn": (answer) => ({
    ...answer,
    ...WITHOUT_DECISION,
    verdict: "valid",
    decidedBy: answer.decidedBy ?? answer.entries[0]?.index,
    entries: answer.entries.map((entry) => ({ ...entry, status: "active", statuses: [] })),
  }),
  "in question, by an entry that is of something else": (answer) => ({
    ...answer,
    ...WITHOUT_DECISION,
    verdict: "issuer-not-in-good-standing",
    decidedBy: answer.entries[0]?.index,
    basis: { rule: "institution-state", entry: 1, since: "2026-01-01T00:00:00Z" },
    standing: { what: "institution", state: "withdrawn", since: "2026-01-01T00:00:00Z" },
  }),
  "another institution": eachEntry(({ institution }) => ({
    institution: { ...institution, id: 3 - institution.id },
  })),
  "another institution, in the proof too": (answer) => ({
    ...(eachEntry(({ institution }) => ({ institution: { ...institution, id: 3 - institution.id } }))(
      answer,
    ) as object),
    proof: answer.proof && {
      ...answer.proof,
      entries: answer.proof.entries.map((each) => ({ ...each, entry: flip(each.entry, 7) })),
    },
  }),
  "another name": eachEntry(({ institution }) => {
    const name = "Another Credit";
    return { institution: { ...institution, name, names: { en: name, "zh-Hans": name, "zh-Hant": name } } };
  }),
  "another official number": eachEntry(({ institution }) => ({
    institution: { ...institution, officialNumber: "91440300MA5XXXXXXX" },
  })),
  "another time": eachEntry(() => ({ recordedAt: "2020-01-01T00:00:00Z" })),
  "another end": eachEntry(() => ({ validUntil: "2099-01-01T00:00:00Z" })),
  "another document type": eachEntry(() => ({ scene: "tax-income" })),
  "another digest": eachEntry(({ digest }) => ({ digest: digest && `sha256:${"0".repeat(64)}` })),
  "another entry": eachEntry(({ index }) => ({ index: index + 1 })),
  "an entry that is final as one that is not": eachEntry(() => ({ final: false })),
  "another decision": (answer) => ({ ...answer, decidedBy: (answer.decidedBy ?? 0) + 1 }),
  "another status": eachEntry(() => ({ status: "active", statuses: [] })),
  "another reason": (answer) => ({
    ...answer,
    withdrawal: answer.withdrawal && { ...answer.withdrawal, reason: "key-compromise" },
  }),
  "another author of the withdrawal": (answer) => ({
    ...answer,
    withdrawal: answer.withdrawal && { ...answer.withdrawal, institution: 0 },
  }),
  "an admin that governance put in place": eachEntry(({ institution }) => ({
    institution: { ...institution, placedAdmin: { admin: "0x0", since: "2026-01-01T00:00:00Z", entry: 1 } },
  })),
  "a correction of a report": eachEntry(() => ({
    correction: { since: null, entry: 1, at: "2026-01-01T00:00:00Z" },
  })),
  "a choice by setting": (answer) => ({ ...answer, chosenBy: "setting" }),
  "a choice by setting of one of several": (answer) => ({
    ...answer,
    chosenBy: "setting",
    issuers: answer.issuers?.slice(-1),
  }),
  "other institutions' entries": (answer) => ({ ...answer, others: answer.others + 7 }),
  "bytes of an entry": inProof(({ entries }) => ({
    entries: entries.map((each) => ({ ...each, entry: flip(each.entry, 30) })),
  })),
  "a root": inProof(({ checkpoint }) => ({ checkpoint: checkpoint.replace(/^(.*\n\d+\n)./, "$1/") })),
  "a size": inProof(({ checkpoint }) => ({ checkpoint: checkpoint.replace(/^(.*\n)\d+/, "$199999") })),
  "a signature": inProof(({ checkpoint }) => ({ checkpoint: checkpoint.replace(/.{6}\n$/, "AAAA\n") })),
  "an event": inProof(({ events = [] }) => ({
    events: events.map((each) => ({ ...each, event: Buffer.from("another event").toString("base64") })),
  })),
  "an event under another entry": inProof(({ events = [] }) => ({
    events: events.map((each, i) => ({ ...each, event: events[(i + 1) % events.length]?.event })),
  })),
  "no events": inProof(() => ({ events: [] })),
  "no proof": (answer) => ({ ...answer, proof: undefined }),
  "no entries in the proof": inProof(() => ({ entries: [] })),
  "no note": (answer) => ({ ...answer, note: undefined }),
  "no proof and no note": (answer) => ({ ...answer, proof: undefined, note: undefined }),
  "a note of other entries": (answer) => ({
    ...answer,
    note: answer.note && { ...answer.note, answers: [{ verdict: "valid", entries: [] }] },
  }),
  "a note of no signature": (answer) => ({
    ...answer,
    note: answer.note && { ...answer.note, note: answer.note.note.replace(/.{6}\n$/, "AAAA\n") },
  }),
  "no withdrawal": (answer) => ({ ...answer, withdrawal: undefined }),
  "no other institution's entry": (answer) => ({
    ...answer,
    ...WITHOUT_DECISION,
    verdict: "valid",
    others: 0,
    decidedBy: answer.entries[0]?.index,
    entries: answer.entries.slice(0, 1),
  }),
  "the other institution's entry alone": (answer) => ({
    ...answer,
    ...WITHOUT_DECISION,
    verdict: "valid",
    others: 0,
    decidedBy: answer.entries.at(-1)?.index,
    entries: answer.entries.slice(-1),
  }),
  "every issuer in force": (answer) => ({
    ...answer,
    issuers: answer.issuers?.map((each) => ({ ...each, verdict: "valid", withdrawal: undefined })),
  }),
};

export class Liar implements AsyncDisposable {
  readonly #proxy: HttpProxy;
  /** Changes answers to verifications. */
  lie: ((answer: VerificationResponse) => unknown) | undefined;
  /** The last answers, unchanged. */
  readonly heard: VerificationResponse[] = [];

  private constructor(proxy: HttpProxy) {
    this.#proxy = proxy;
    proxy.change = ({ method, path, status, body }) => {
      if (method !== "POST" || path !== "/v1/verifications" || status !== 200) return undefined;
      const answer = JSON.parse(new TextDecoder().decode(body)) as VerificationResponse;
      this.heard.push(answer);
      return this.lie === undefined ? undefined : { body: JSON.stringify(this.lie(answer)) };
    };
  }

  static async start(target: string): Promise<Liar> {
    return new Liar(await HttpProxy.start(target));
  }

  get url(): string {
    return this.#proxy.url;
  }

  /** Leads to another server from now on. */
  set target(url: string) {
    this.#proxy.target = url;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#proxy[Symbol.asyncDispose]();
  }
}
