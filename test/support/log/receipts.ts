/** Keeps a log of two operators in memory, and issues its checkpoints, receipts and statements. */
import { AbiCoder, getBytes, id } from "ethers";
import { sha256 } from "@noble/hashes/sha2.js";
import { concat } from "../../../src/core/bytes.ts";
import type { Binding, Digest } from "../../../src/core/digest.ts";
import { encodeEntry, encodeStatus, type Entry, type StatusChange } from "../../../src/core/entry.ts";
import { commit } from "../../../src/hash/blinding.ts";
import {
  cosign,
  formatCheckpoint,
  keyNames,
  originOf,
  type Checkpoint,
} from "../../../src/log/checkpoint.ts";
import { hashLeaf } from "../../../src/log/hash.ts";
import { SIGNATURE_TYPES, signNote, type Note, type NoteSigner } from "../../../src/log/note.ts";
import { formatPolicy, parsePolicy, type Policy } from "../../../src/log/policy.ts";
import { assembleProof, consistencyRanges, inclusionRanges } from "../../../src/log/proof.ts";
import type { ProvenEntry } from "../../../src/log/proven-entry.ts";
import type { Receipt } from "../../../src/log/receipt.ts";
import { formatStatement, type StatementFile, type StatusStatement } from "../../../src/log/statement.ts";
import { GrowingTree, type NodeId } from "../../../src/log/tree.ts";
import { signerOf } from "./signers.ts";

export const TIME = 1_800_000_000;
const ADDRESS = `0x${"0a".repeat(20)}` as const;

export interface TestOperator {
  readonly log: NoteSigner;
  readonly witness: NoteSigner;
  readonly status: NoteSigner;
}

export class TestLog {
  readonly origin: string;
  readonly operators: readonly [TestOperator, TestOperator];
  readonly entries: Uint8Array[] = [];
  readonly #tree = new GrowingTree();
  readonly #nodes = new Map<string, Uint8Array>();

  /** The time of every entry. */
  readonly time: number;

  constructor({
    chainId = 31_337,
    registry = ADDRESS,
    time = TIME,
  }: { chainId?: number; registry?: `0x${string}`; time?: number } = {}) {
    this.origin = originOf({ chainId, registry });
    this.time = time;
    const operator = (number: number): TestOperator => {
      const named = (name: string, type?: number): NoteSigner =>
        signerOf(name, { seed: `${name} of ${number}`, ...(type === undefined ? {} : { type }) });
      return {
        log: named(keyNames.log(this.origin)),
        witness: named(keyNames.witness(this.origin, number), SIGNATURE_TYPES.cosignature),
        status: named(keyNames.status(this.origin, number)),
      };
    };
    this.operators = [operator(1), operator(2)];
  }

  get size(): number {
    return this.entries.length;
  }

  get root(): Uint8Array {
    return this.#tree.root();
  }

  append(entry: Uint8Array): number {
    for (const { level, index, hash } of this.#tree.append(hashLeaf(entry)))
      this.#nodes.set(`${level}/${index}`, hash);
    return this.entries.push(entry) - 1;
  }

  /** Appends this many filler entries. */
  fill(count: number): void {
    for (let i = 0; i < count; i++)
      this.document({ algorithm: "sha256", bytes: hashLeaf(Uint8Array.of(i % 256, i >> 8)) });
  }

  document(
    digest: Digest,
    options: {
      salt?: Uint8Array;
      institution?: number;
      validUntil?: number;
      /** Where it differs from this log and institution, the payload commits to nothing. */
      boundTo?: Partial<Binding>;
    } = {},
  ): number {
    const { salt, institution = 1, validUntil = 0, boundTo } = options;
    const binding = { origin: this.origin, institution, ...boundTo };
    const payload = salt === undefined ? digest.bytes : commit(digest, { salt, ...binding }).bytes;
    return this.append(
      encodeEntry({
        ...this.#entryOf("document", institution),
        algorithm: digest.algorithm,
        blinded: salt !== undefined,
        scene: 1,
        validUntil,
        payload,
      }),
    );
  }

  status(change: StatusChange, institution = 1, recordedAt = this.time): number {
    const entry = { ...this.#entryOf("status", institution), recordedAt, payload: encodeStatus(change) };
    return this.append(encodeEntry(entry));
  }

  /**
   * @param name in English: a text, or bytes that need not be one
   * @returns the index and the event whose hash the entry contains
   */
  registration(
    institution = 1,
    name: string | Uint8Array = "Shenzhen Tiger Tally Credit",
    recordedAt = TIME,
  ): { index: number; event: Uint8Array } {
    const topic = getBytes(
      id(
        "InstitutionRegistered(uint64,uint32,address,uint8,uint256,string,string,string,string,string,uint64,address)",
      ),
    );
    const types = [
      "uint32",
      "address",
      "uint8",
      "uint256",
      "string",
      "string",
      "string",
      "string",
      "bytes",
      "address",
    ];
    const values = [
      institution,
      ADDRESS,
      1,
      0b10,
      "CN",
      "91440300MA00000000",
      "深圳虎符征信",
      "深圳虎符徵信",
      typeof name === "string" ? new TextEncoder().encode(name) : name,
      ADDRESS,
    ];
    const event = concat(topic, getBytes(AbiCoder.defaultAbiCoder().encode(types, values)));
    const entry = encodeEntry({
      ...this.#entryOf("directory", institution),
      recordedAt,
      payload: sha256(event),
    });
    return { index: this.append(entry), event };
  }

  readonly hashOf = ({ level, index }: NodeId): Uint8Array => {
    const hash = this.#nodes.get(`${level}/${index}`);
    if (hash === undefined) throw new RangeError("no such node");
    return hash;
  };

  prove(index: number): ProvenEntry {
    const proof = assembleProof(inclusionRanges({ index, size: this.size }), this.hashOf);
    return { entry: this.entries[index] ?? new Uint8Array(), index, proof };
  }

  /** A consistency proof from size `first` to the present size. */
  consistency(first: number): Uint8Array[] {
    return assembleProof(consistencyRanges({ first, second: this.size }), this.hashOf);
  }

  /** The present checkpoint, signed by the first operator and cosigned by these. */
  checkpoint(...witnesses: readonly TestOperator[]): Note {
    return this.signed({ origin: this.origin, size: this.size, root: this.root }, ...witnesses);
  }

  /** Signs any checkpoint in the same way. */
  signed(checkpoint: Checkpoint, ...witnesses: readonly TestOperator[]): Note {
    const at = this.time + 5;
    return this.cosigned(
      checkpoint,
      witnesses.map((by) => ({ by, at })),
    );
  }

  /** Signs any checkpoint, each witness at its time. */
  cosigned(
    checkpoint: Checkpoint,
    witnesses: readonly { readonly by: TestOperator; readonly at: number }[],
  ): Note {
    const text = formatCheckpoint(checkpoint);
    const cosignatures = witnesses.map(({ by, at }) => cosign(text, by.witness, at));
    return { text, signatures: [signNote(text, this.operators[0].log), ...cosignatures] };
  }

  receipt(
    index: number,
    options: {
      salt?: Uint8Array;
      registration?: { index: number; event: Uint8Array };
      checkpoint?: Note;
    } = {},
  ): Receipt {
    const { salt, registration, checkpoint = this.checkpoint(...this.operators) } = options;
    const { entry, proof } = this.prove(index);
    const directory = registration && { ...this.prove(registration.index), event: registration.event };
    return { index, proof, checkpoint, extra: { entry, salt, directory, file: undefined } };
  }

  statement(
    index: number,
    change: Partial<StatusStatement> & Partial<Omit<StatementFile, "note">> & { by?: NoteSigner } = {},
  ): StatementFile {
    const {
      by = this.operators[0].status,
      status,
      twin,
      time = this.time + 60,
      checkpoint,
      ...rest
    } = change;
    const tree = { origin: this.origin, size: this.size, root: this.root };
    const { entry, proof } = this.prove(index);
    const text = formatStatement({
      ...tree,
      time,
      index,
      leaf: hashLeaf(entry),
      verdict: "valid",
      decidedBy: status?.index,
      ...rest,
    });
    const cosigned = this.operators.map((each) => ({ by: each, at: time - 55 }));
    return {
      note: { text, signatures: [signNote(text, by)] },
      checkpoint: checkpoint ?? this.cosigned(tree, cosigned),
      proof: change.proof ?? proof,
      status,
      twin,
    };
  }

  /** Trusts either operator's log together with two witnesses, and the status keys of both. */
  policy(): Policy {
    const [a, b] = this.operators;
    const text = formatPolicy({
      logs: [a.log, b.log].map(({ key }) => ({ key })),
      statusKeys: [a.status, b.status].map(({ key }) => ({ key })),
      witnesses: [
        { name: "shenzhen", key: a.witness.key },
        { name: "hong-kong", key: b.witness.key },
      ],
      groups: [{ name: "operators", threshold: 2, members: ["shenzhen", "hong-kong"] }],
      quorum: "operators",
    });
    return parsePolicy(text);
  }

  #entryOf(kind: Entry["kind"], institution: number): Entry {
    return {
      kind,
      algorithm: undefined,
      blinded: false,
      governedAdmin: false,
      institution,
      scene: 0,
      recordedAt: this.time,
      validUntil: 0,
      payload: new Uint8Array(32),
      recordedBy: ADDRESS,
    };
  }
}
