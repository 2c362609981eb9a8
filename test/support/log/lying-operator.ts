/** An operator with a log in memory that answers what a test tells it to, and signs that with its own keys. */
import { AbiCoder, concat, getBytes, id } from "ethers";
import { sha256 } from "@noble/hashes/sha2.js";
import { toHex } from "../../../src/core/bytes.ts";
import { formatDigest } from "../../../src/core/digest.ts";
import { decodeEntry, encodeEntry, type Entry } from "../../../src/core/entry.ts";
import { formatTime } from "../../../src/core/time.ts";
import { answerJson, type ClaimedAnswer } from "../../../src/log/answer.ts";
import { formatNote } from "../../../src/log/note.ts";
import { formatProven, formatProvenEvent } from "../../../src/log/proven-entry.ts";
import { askedOf } from "../../../src/verify/question.ts";
import type { VerificationRequest, VerificationResponse } from "../../../src/wire/verifications.ts";
import { answered, claimed } from "./answers.ts";
import { heldOperators } from "./held.ts";
import { TIME, TestLog } from "./receipts.ts";
import { ServedTestLog } from "./served.ts";

const ADMIN = `0x${"0a".repeat(20)}` as const;
const SCENE = "enterprise-credit-report";

type Shown = VerificationResponse["entries"][number];

export class LyingOperator {
  readonly log = new TestLog();
  readonly served = new ServedTestLog(this.log);
  /** By the index of their entries. */
  readonly events = new Map<number, Uint8Array>();

  constructor() {
    this.served.operators = heldOperators(this.log.operators, this.log.origin);
    const strings = (texts: readonly string[]): unknown[][] => texts.map((text) => ["string", text]);
    this.event(
      "SceneDefined(uint64,uint32,string,string,string,string,bool,bool,uint64,address)",
      [["uint32", 1], ...strings([SCENE, "企业", "企業", "enterprise"]), ["bool", false], ["bool", false]],
      0,
    );
    this.event(
      "SceneDefined(uint64,uint32,string,string,string,string,bool,bool,uint64,address)",
      [["uint32", 2], ...strings(["tax-income", "税", "稅", "tax"]), ["bool", true], ["bool", true]],
      0,
    );
    for (const institution of [1, 2])
      this.event(
        "InstitutionRegistered(uint64,uint32,address,uint8,uint256,string,string,string,string,string,uint64,address)",
        [
          ["uint32", institution],
          ["address", ADMIN],
          ["uint8", 1],
          ["uint256", 2],
          ...strings([
            "CN",
            `N${institution}`,
            `甲${institution}`,
            `乙${institution}`,
            `Issuer ${institution}`,
          ]),
        ],
        institution,
      );
  }

  /** Records an event of the directory. @returns the index of its entry */
  event(signature: string, parameters: readonly unknown[][], institution: number): number {
    const all = [...parameters, ["address", ADMIN]];
    const data = AbiCoder.defaultAbiCoder().encode(
      all.map(([type]) => String(type)),
      all.map(([, value]) => value),
    );
    const event = getBytes(concat([id(signature), data]));
    const index = this.log.append(
      encodeEntry({
        ...BLANK,
        kind: "directory",
        institution,
        recordedAt: this.log.time,
        payload: sha256(event),
      }),
    );
    this.events.set(index, event);
    return index;
  }

  /** An entry as an answer shows it. */
  shown(index: number, statuses: readonly number[] = []): Shown {
    const entry = decodeEntry(this.log.entries[index] ?? new Uint8Array());
    const name = `Issuer ${entry.institution}`;
    return {
      index,
      digest: formatDigest({ algorithm: "sha256", bytes: entry.payload }),
      institution: {
        id: entry.institution,
        name,
        names: { en: name, "zh-Hans": `甲${entry.institution}`, "zh-Hant": `乙${entry.institution}` },
        jurisdiction: "CN",
        officialNumber: `N${entry.institution}`,
      },
      scene: SCENE,
      recordedAt: formatTime(entry.recordedAt),
      validUntil: entry.validUntil === 0 ? null : formatTime(entry.validUntil),
      status: "active",
      statuses: statuses.map((status) => this.change(status)),
      recordedBy: entry.recordedBy,
      transaction: `0x${"0".repeat(64)}`,
      block: 1,
      final: true,
      conflict: false,
    };
  }

  /** A change of status as an answer shows it. */
  change(index: number): NonNullable<VerificationResponse["withdrawal"]> {
    const { payload, recordedAt, institution } = decodeEntry(this.log.entries[index] ?? new Uint8Array());
    const action = ["", "revoke", "suspend", "reinstate", "supersede"][payload[8] ?? 0] ?? "";
    const successor = action === "supersede" ? { successor: payload[17] ?? 0 } : {};
    return { index, action, reason: "other", recordedAt: formatTime(recordedAt), institution, ...successor };
  }

  /** What is answered, with the proof of all that it names, under the present checkpoint, and its signed note. */
  answer(
    request: VerificationRequest,
    told: Pick<VerificationResponse, "verdict" | "entries"> & Partial<VerificationResponse>,
    change: { claim?: Partial<ClaimedAnswer>; time?: number; proven?: readonly number[] } = {},
  ): VerificationResponse {
    const { log } = this;
    const question = askedOf(request);
    const claim = {
      verdict: told.verdict as ClaimedAnswer["verdict"],
      entries: claimed(log, question),
      ...change.claim,
    };
    const { note } = answered(
      log,
      { questions: [question], answers: [claim] },
      change.time === undefined ? {} : { time: change.time },
    );
    const named = told.entries.flatMap(({ index, statuses }) => [
      index,
      ...statuses.map((each) => each.index),
    ]);
    const proven = change.proven ?? [
      ...new Set([...named, ...(told.withdrawal ? [told.withdrawal.index] : [])]),
    ];
    const checkpoint = formatNote(this.served.sign());
    return {
      others: 0,
      searched: "open-entries",
      proof: {
        checkpoint,
        entries: proven.map((index) => formatProven(log.prove(index))),
        events: [...this.events].map(([index, event]) => formatProvenEvent({ ...log.prove(index), event })),
      },
      note: { note: formatNote(note), answers: [answerJson(claim)] },
      asOf: {
        treeSize: log.size,
        root: toHex(log.root),
        block: 1,
        blockHash: `0x${"0".repeat(64)}`,
        blockTime: formatTime(TIME),
        finalBlock: 1,
        time: formatTime(TIME),
      },
      ...told,
    };
  }
}

const BLANK: Entry = {
  kind: "document",
  algorithm: undefined,
  blinded: false,
  governedAdmin: false,
  institution: 0,
  scene: 0,
  recordedAt: TIME,
  validUntil: 0,
  payload: new Uint8Array(32),
  recordedBy: ADMIN,
};
