/** Judges a log's checkpoints: size, root, signatures and cosignatures. */
import type { FindingCode } from "../../core/audit-codes.ts";
import { equalBytes, toHex } from "../../core/bytes.ts";
import { AppError, fault, quote } from "../../core/errors.ts";
import type { Hash, TreeSize, UnixSeconds } from "../../core/units.ts";
import { cosignedAt, parseCheckpoint, type Checkpoint } from "../../log/checkpoint.ts";
import { parseNote, signaturesBy, verifyNote, type Note } from "../../log/note.ts";
import type { Policy } from "../../log/policy.ts";
import { isInWindow, isWitnessed } from "../../log/trusted-checkpoint.ts";
import type { Finding, OpenQuestion } from "./findings.ts";
import type { AuditKey, AuditKeys } from "./operator-keys.ts";

export interface CheckpointContext {
  readonly source: string;
  readonly origin: string;
  readonly keys: AuditKeys;
  /** Its quorum is counted, not required. */
  readonly policy: Policy | undefined;
  /** The root that the log's own entries have at a size. */
  readonly rootAt: (size: TreeSize) => Hash | undefined;
}

/** How many checkpoints a key signed, and in which period if its signatures are timestamped. */
export interface SignerStats {
  readonly count: number;
  readonly from: UnixSeconds | undefined;
  readonly to: UnixSeconds | undefined;
}

/** Key names of unknown signers that are counted separately. */
const MAX_UNKNOWN_NAMES = 50;

export class CheckpointAudit {
  readonly #context: CheckpointContext;
  readonly #sizes = new Set<TreeSize>();
  readonly signers = new Map<string, SignerStats>();
  readonly cosigners = new Map<string, SignerStats>();
  /** Counts of signatures by unknown keys, by key name. */
  readonly unknownSigners = new Map<string, number>();
  /** Checkpoints that have the policy's quorum. */
  witnessed = 0;

  constructor(context: CheckpointContext) {
    this.#context = context;
  }

  /** Sizes of the checkpoints that were judged. */
  get sizes(): { count: number; smallest: TreeSize; largest: TreeSize } | undefined {
    if (this.#sizes.size === 0) return undefined;
    let [smallest, largest] = [Infinity, 0];
    for (const size of this.#sizes) {
      smallest = Math.min(smallest, size);
      largest = Math.max(largest, size);
    }
    return { count: this.#sizes.size, smallest, largest };
  }

  /**
   * @param size of the checkpoint, as the log lists it
   * @param text undefined: the log answers that it has none
   */
  judge(size: TreeSize, text: string | undefined): { findings: Finding[]; open: OpenQuestion[] } {
    if (text === undefined) return { findings: [this.#finding("checkpoint-missing", { size })], open: [] };
    const read = parseCheckpointNote(text);
    if (read instanceof AppError) {
      const values = { size, detail: `${read.fields.detail}${read.fields.at ? ` (${read.fields.at})` : ""}` };
      return { findings: [this.#finding("checkpoint-malformed", values)], open: [] };
    }
    const again = this.#sizes.has(size);
    this.#sizes.add(size);
    const signed = this.#checkSignatures(size, read.note, !again);
    return { findings: [...this.#checkBody(size, read.checkpoint), ...signed.findings], open: signed.open };
  }

  #checkBody(size: TreeSize, { origin, size: signedSize, root }: Checkpoint): Finding[] {
    const { origin: expected, rootAt } = this.#context;
    if (origin !== expected)
      return [this.#finding("checkpoint-other-log", { size, origin: quote(origin), expected })];
    if (signedSize !== size)
      return [this.#finding("checkpoint-malformed", { size, detail: `it is of the size ${signedSize}` })];
    const own = rootAt(size);
    if (own === undefined || equalBytes(own, root)) return [];
    return [this.#finding("checkpoint-root", { size, root: toHex(own), signed: toHex(root) })];
  }

  #checkSignatures(
    size: TreeSize,
    note: Note,
    counts: boolean,
  ): { findings: Finding[]; open: OpenQuestion[] } {
    const { source, keys, policy } = this.#context;
    const findings: Finding[] = [];
    const holding = (
      known: readonly AuditKey[],
      code: FindingCode,
      holds: (key: AuditKey) => UnixSeconds | boolean,
    ) =>
      known.flatMap((each) => {
        const signed = fault(() => holds(each));
        if (signed instanceof AppError) findings.push(this.#finding(code, { size, key: each.name }));
        return signed instanceof AppError || signed === false ? [] : [{ each, at: signed }];
      });
    const signers = holding(keys.log, "checkpoint-signature", ({ key }) => verifyNote(note, key));
    const cosigners = holding(
      keys.witnesses,
      "cosignature-invalid",
      ({ key }) => cosignedAt(note, key) ?? false,
    );
    if (counts) {
      for (const { each } of signers) countSigner(this.signers, each.name);
      for (const { each, at } of cosigners) countSigner(this.cosigners, each.name, Number(at));
      this.#countUnknown(note);
      const timely = cosigners.filter(({ each, at }) => isInWindow(each.window, Number(at)));
      const names = new Set(timely.map(({ each }) => each.name));
      if (policy !== undefined && isWitnessed(policy, policy.quorum, names)) this.witnessed += 1;
    }
    const [signer] = signers.toSorted((a, b) => Number(b.each.proven) - Number(a.each.proven));
    if (signer === undefined && !findings.some(({ code }) => code === "checkpoint-signature"))
      findings.push(this.#finding("checkpoint-unsigned", { size }));
    const open: OpenQuestion[] =
      signer?.each.proven === false
        ? [{ code: "key-unproven", source, values: { size, key: signer.each.name } }]
        : [];
    return { findings, open };
  }

  #countUnknown(note: Note): void {
    const { log, witnesses } = this.#context.keys;
    const known = [...log, ...witnesses].flatMap(({ key }) => signaturesBy(key, note));
    for (const signature of note.signatures.filter((each) => !known.includes(each))) {
      const name = quote(signature.name);
      if (this.unknownSigners.size < MAX_UNKNOWN_NAMES || this.unknownSigners.has(name))
        this.unknownSigners.set(name, (this.unknownSigners.get(name) ?? 0) + 1);
    }
  }

  #finding(code: FindingCode, values: Finding["values"]): Finding {
    return { code, source: this.#context.source, values };
  }
}

/** A checkpoint and its signed note, or why the text is not a checkpoint. */
export function parseCheckpointNote(text: string): { note: Note; checkpoint: Checkpoint } | AppError {
  return fault(() => {
    const note = parseNote(text);
    return { note, checkpoint: parseCheckpoint(note.text) };
  });
}

function countSigner(signers: Map<string, SignerStats>, name: string, at?: UnixSeconds): void {
  const { count: before, from, to } = signers.get(name) ?? { count: 0, from: at, to: at };
  signers.set(name, {
    count: before + 1,
    from: at === undefined ? from : Math.min(at, from ?? at),
    to: at === undefined ? to : Math.max(at, to ?? at),
  });
}
