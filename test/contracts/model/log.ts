/** Models the log of entries, its roots and its clock. */
import { sha256, toUtf8Bytes, type Interface } from "ethers";
import { AbiCoder, concat, getBytes, hexlify } from "ethers";
import { equalBytes } from "../../../src/core/bytes.ts";
import { ALGORITHMS } from "../../../src/core/digest.ts";
import { ENTRY_KINDS, encodeEntry, flagsOf, slugOf } from "../../../src/core/entry.ts";
import type { Hash } from "../../../src/core/units.ts";
import { hashLeaf } from "../../../src/log/hash.ts";
import { assembleProof, inclusionRanges, nodesOf } from "../../../src/log/proof.ts";
import { GrowingTree } from "../../../src/log/tree.ts";

/** 9999-12-31T23:59:59Z in Unix seconds. */
export const MAX_TIME = 253_402_300_799n;
export const ZERO_HASH = `0x${"00".repeat(32)}`;

/** An event of the registry: its name, and its values by name. */
export interface Event {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** What varies among the entries of the log; the rest is zero or the caller. */
export interface NewEntry {
  kind: bigint;
  institution: bigint;
  payload: string;
  algorithm?: bigint;
  flags?: bigint;
  scene?: bigint;
  validUntil?: bigint;
}

/** An entry with its proof, as the registry's interface takes it. */
export interface Inclusion {
  entry: string;
  index: bigint;
  size: bigint;
  proof: string[];
}

export const NO_INCLUSION: Inclusion = { entry: "0x", index: 0n, size: 0n, proof: [] };

/** The log of the registry with all its entries, and the call that is under way. */
export class LogModel {
  /** The sender of the present call. */
  sender = "";
  /** Block time of the call that is under way, in the chain's unit. */
  blockTime = 0n;
  events: Event[] = [];
  readonly entries: Uint8Array[] = [];
  /** The roots of the sizes at which a call ended, or one of its changes. */
  readonly roots = new Map<bigint, string>();
  readonly abi: Interface;
  #lastRecordedAt = 0n;
  readonly #tree = new GrowingTree();
  readonly #nodes = new Map<string, Hash>();

  constructor(abi: Interface) {
    this.abi = abi;
  }

  get size(): bigint {
    return BigInt(this.entries.length);
  }

  /** max(block time in seconds, the last recordedAt); a block time above 10^11 is in milliseconds. */
  now(): bigint {
    const time = this.blockTime > 100_000_000_000n ? this.blockTime / 1000n : this.blockTime;
    return time > this.#lastRecordedAt ? time : this.#lastRecordedAt;
  }

  rootAt(size: bigint): string {
    return this.roots.get(size) ?? ZERO_HASH;
  }

  /** The proof that the entry at `index` is in the tree of `size`; both are within the log. */
  prove(index: bigint, size: bigint): string[] {
    const ranges = inclusionRanges({ index: Number(index), size: Number(size) });
    const known = new Map(
      nodesOf(ranges).map(({ level, index: at }) => [`${level}/${at}`, this.#nodes.get(`${level}/${at}`)]),
    );
    const proof = assembleProof(ranges, ({ level, index: at }) => {
      const hash = known.get(`${level}/${at}`);
      if (hash === undefined) throw new RangeError("no such node");
      return hash;
    });
    return proof.map((hash) => hexlify(hash));
  }

  /** The log holds the entry there, and the proof is the one that says so; nothing else is one. */
  verifyInclusion({ entry, index, size, proof }: Inclusion): boolean {
    if (!this.roots.has(size) || index >= size) return false;
    const held = this.entries[Number(index)];
    if (held === undefined || !equalBytes(held, getBytes(entry))) return false;
    return this.prove(index, size).join() === proof.join();
  }

  protected emit(name: string, args: Record<string, unknown>): void {
    this.events.push({ name, args });
  }

  /** @returns index of the entry */
  protected append(entry: NewEntry): bigint {
    const algorithm = Number(entry.algorithm ?? 0n);
    const bytes = encodeEntry({
      kind: slugOf(ENTRY_KINDS, Number(entry.kind), "kind"),
      algorithm: algorithm === 0 ? undefined : slugOf(ALGORITHMS, algorithm, "algorithm"),
      ...flagsOf(Number(entry.flags ?? 0n)),
      institution: Number(entry.institution),
      scene: Number(entry.scene ?? 0n),
      recordedAt: Number(this.now()),
      validUntil: Number(entry.validUntil ?? 0n),
      payload: getBytes(entry.payload),
      recordedBy: this.sender as `0x${string}`,
    });
    for (const { level, index, hash } of this.#tree.append(hashLeaf(bytes))) {
      this.#nodes.set(`${level}/${index}`, hash);
    }
    return BigInt(this.entries.push(bytes) - 1);
  }

  protected commit(): void {
    this.#lastRecordedAt = this.now();
    this.roots.set(this.size, hexlify(this.#tree.root()));
  }

  /** One change of the directory: its entry, committed, and its event. */
  protected change(institution: bigint, name: string, parameters: Record<string, unknown>): void {
    const fragment = this.abi.getEvent(name);
    if (fragment === null) throw new RangeError(`no event ${name}`);
    const values: Record<string, unknown> = { ...parameters, recordedBy: this.sender };
    const inputs = fragment.inputs.filter((input) => input.name !== "index" && input.name !== "recordedAt");
    const encoded = AbiCoder.defaultAbiCoder().encode(
      inputs,
      inputs.map((input) => values[input.name]),
    );
    const payload = sha256(concat([fragment.topicHash, encoded]));
    const recordedAt = this.now();
    const index = this.append({ kind: 5n, institution, payload });
    this.commit();
    this.emit(name, { index, ...values, recordedAt });
  }
}

/** UTF-8 bytes of a text. */
export function lengthOf(text: string): bigint {
  return BigInt(toUtf8Bytes(text).length);
}
