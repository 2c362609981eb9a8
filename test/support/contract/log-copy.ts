/** Rebuilds the registry's log from its events alone. */
import { createHash } from "node:crypto";
import type { Interface } from "ethers";
import { toHex } from "../../../src/core/bytes.ts";
import { ALGORITHMS } from "../../../src/core/digest.ts";
import {
  ACTIONS,
  encodeEntry,
  encodeStatus,
  ENTRY_KINDS,
  REASONS,
  slugOf,
  type Entry,
} from "../../../src/core/entry.ts";
import type { Address, EntryIndex, Hash, TreeSize } from "../../../src/core/units.ts";
import { hashLeaf, hashNode } from "../../../src/log/hash.ts";
import { assembleProof, inclusionRanges } from "../../../src/log/proof.ts";
import { foldSubtrees, frontierOf, type NodeId } from "../../../src/log/tree.ts";
import { eventPreimage } from "./event-preimage.ts";
import type { Emitted } from "./evm.ts";

/** An entry with its inclusion proof: the contract's `Inclusion`. */
export interface Inclusion {
  readonly entry: string;
  readonly index: number | bigint;
  readonly size: number | bigint;
  readonly proof: readonly string[];
}

/** The empty `Inclusion`. */
export const NOTHING: Inclusion = { entry: "0x", index: 0, size: 0, proof: [] };

export class LogCopy {
  readonly #abi: Interface;
  readonly #entries: Uint8Array[] = [];
  /** The roots of the complete subtrees, by level and index. */
  readonly #nodes: Hash[][] = [];

  constructor(abi: Interface) {
    this.#abi = abi;
  }

  get size(): TreeSize {
    return this.#entries.length;
  }

  add(events: readonly Emitted[]): void {
    for (const event of events) for (const entry of this.#entriesOf(event)) this.#append(encodeEntry(entry));
  }

  /** Removes the entries from `size` on. */
  truncate(size: TreeSize): void {
    this.#entries.length = size;
    for (const [level, nodes] of this.#nodes.entries()) nodes.length = Math.floor(size / 2 ** level);
  }

  /** The 80 bytes at `index`. */
  entry(index: EntryIndex): Uint8Array {
    const entry = this.#entries[index];
    if (entry === undefined) throw new RangeError(`the log has no entry ${index}`);
    return entry;
  }

  root(size: TreeSize = this.size): string {
    return `0x${toHex(foldSubtrees(frontierOf(size).map((node) => this.#hashOf(node))))}`;
  }

  /** @param size below or at the log's */
  inclusion(index: EntryIndex, size: TreeSize = this.size): Inclusion {
    const proof = assembleProof(inclusionRanges({ index, size }), (node) => this.#hashOf(node));
    return {
      entry: `0x${toHex(this.entry(index))}`,
      index,
      size,
      proof: proof.map((hash) => `0x${toHex(hash)}`),
    };
  }

  #hashOf({ level, index }: NodeId): Hash {
    const hash = this.#nodes[level]?.[index];
    if (hash === undefined) throw new RangeError(`the log has no node ${index} on level ${level}`);
    return hash;
  }

  #append(entry: Uint8Array): void {
    this.#entries.push(entry);
    let hash = hashLeaf(entry);
    for (let level = 0; ; level++) {
      const nodes = (this.#nodes[level] ??= []);
      nodes.push(hash);
      const left = nodes.at(-2);
      if (nodes.length % 2 === 1 || left === undefined) return;
      hash = hashNode(left, hash);
    }
  }

  #entriesOf(event: Emitted): Entry[] {
    const { name, args } = event;
    if (!("index" in args && "recordedAt" in args)) return []; // an event of OpenZeppelin
    if (name === "Anchored") return anchored(args);
    const institution = Number(args["institution"] ?? 0);
    if (name === "StatusSet")
      return [{ ...plain("status", args), institution, payload: statusPayload(args) }];
    const payload = createHash("sha256").update(eventPreimage(this.#abi, event)).digest();
    return [{ ...plain("directory", args), institution, payload }];
  }
}

type Args = Emitted["args"];

/** An entry without digest, scene and validity. */
function plain(kind: Entry["kind"], args: Args): Omit<Entry, "payload" | "institution"> {
  return {
    kind,
    algorithm: undefined,
    blinded: false,
    governedAdmin: (Number(args["flags"] ?? 0) & 2) !== 0,
    scene: 0,
    recordedAt: Number(args["recordedAt"]),
    validUntil: 0,
    recordedBy: String(args["recordedBy"]).toLowerCase() as Address,
  };
}

function anchored(args: Args): Entry[] {
  const kind = slugOf(ENTRY_KINDS, Number(args["kind"]), "kind");
  const entry = {
    ...plain(kind, args),
    algorithm: slugOf(ALGORITHMS, Number(args["algorithm"]), "algorithm"),
    blinded: (Number(args["flags"]) & 1) !== 0,
    institution: Number(args["institution"]),
    scene: Number(args["scene"]),
    validUntil: Number(args["validUntil"]),
  };
  return [...(args["payloads"] as Iterable<string>)].map((payload) => ({
    ...entry,
    payload: Buffer.from(payload.slice(2), "hex"),
  }));
}

function statusPayload(args: Args): Hash {
  return encodeStatus({
    document: Number(args["document"]),
    action: slugOf(ACTIONS, Number(args["action"]), "action"),
    reason: slugOf(REASONS, Number(args["reason"]), "reason"),
    successor: Number(args["successor"]),
  });
}
