/** Lists forged inclusions that setStatus must refuse. */
import { createHash } from "node:crypto";
import type { Inclusion } from "../../support/contract/log-copy.ts";
import { BANK, hashOf } from "../../support/contract/directory.ts";
import type { Registry } from "../../support/contract/registry.ts";

/** Given instead of a document of institution 1. */
export interface Forgery {
  readonly what: string;
  /** @param mark the document that it is made of */
  readonly of: (registry: Registry, mark: "open" | "spare") => readonly Inclusion[];
  /** The error, and its values. */
  readonly refused: (forged: Inclusion) => [error: string, ...values: unknown[]];
  /** The log does hold it, and it is refused for what it is. */
  readonly held?: true;
}

const FIELDS = {
  kind: [1, 1],
  algorithm: [2, 2],
  flags: [3, 3],
  institution: [4, 7],
  scene: [8, 11],
  recordedAt: [12, 19],
  validUntil: [20, 27],
  payload: [28, 59],
  recordedBy: [60, 79],
} as const;
const LAST_INDEX = 0xffff_ffff_ffff_ffffn;

const proven = ({ index, size }: Inclusion): [string, ...unknown[]] => ["RegistryProofInvalid", index, size];
const malformed = ({ entry }: Inclusion): [string, ...unknown[]] => [
  "RegistryEntryMalformed",
  (entry.length - 2) / 2,
];
const unknownSize = ({ size }: Inclusion): [string, ...unknown[]] => ["RegistryUnknownSize", size];

const bytesOf = (hex: string): Buffer => Buffer.from(hex.slice(2), "hex");
const hexOf = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString("hex")}`;
/** `hex` with one bit of the byte at `at` changed. */
const flipped = (hex: string, at: number, bit = 1): string => {
  const bytes = bytesOf(hex);
  return hexOf(bytes.with(at, (bytes[at] ?? 0) ^ bit));
};
const leafOf = (entry: string): Buffer =>
  createHash("sha256").update(Uint8Array.of(0)).update(bytesOf(entry)).digest();

/** A forgery made of a document's true inclusion. */
const made = (
  what: string,
  make: (held: Inclusion, registry: Registry) => readonly Inclusion[],
  refused: Forgery["refused"] = proven,
): Forgery => ({
  what,
  of: (registry, mark) => make(registry.inclusion(registry.marks[mark]), registry),
  refused,
});
/** The same with other proofs. */
const proofs = (what: string, make: (proof: readonly string[]) => readonly (readonly string[])[]): Forgery =>
  made(what, (held) => make(held.proof).map((proof) => ({ ...held, proof })));
/** A true inclusion of another entry than one of the institution's documents. */
const other = (
  what: string,
  index: (registry: Registry) => number,
  ...[error, ...values]: [string, ...unknown[]]
): Forgery => ({
  what,
  of: (registry) => [registry.inclusion(index(registry))],
  refused: (forged) => [error, forged.index, ...values],
  held: true,
});
/** The left and the right leaf hash under the first node above a leaf. */
const childrenOf = ({ entry, index, proof }: Inclusion): [Buffer, Buffer] => {
  const [own, sibling] = [leafOf(entry), bytesOf(proof[0] ?? "0x")];
  return Number(index) % 2 === 0 ? [own, sibling] : [sibling, own];
};
const half = (number: number | bigint): number => Number(number) >> 1;

export const FORGERIES: readonly Forgery[] = [
  made(
    "an entry with another version",
    (held) => [0, 2, 255].map((version) => ({ ...held, entry: hexOf(bytesOf(held.entry).with(0, version)) })),
    malformed,
  ),
  ...Object.entries(FIELDS).map(([field, places]) =>
    made(`an entry with another ${field}`, (held) =>
      places.flatMap((at) => [1, 0x80].map((bit) => ({ ...held, entry: flipped(held.entry, at, bit) }))),
    ),
  ),
  made(
    "an entry of another length",
    (held) =>
      [
        "0x",
        held.entry.slice(0, -2),
        `${held.entry}00`,
        `0x00${held.entry.slice(2)}`,
        held.entry.repeat(2).replace(/(?!^)0x/, ""),
      ].map((entry) => ({ ...held, entry })),
    malformed,
  ),
  made(
    "an internal node's 64 bytes",
    (held) => [
      { ...held, entry: hexOf(Buffer.concat(childrenOf(held))), proof: held.proof.slice(1) },
      {
        entry: hexOf(Buffer.concat(childrenOf(held))),
        index: half(held.index),
        size: half(held.size),
        proof: held.proof.slice(1),
      },
    ],
    malformed,
  ),
  made("an internal node filled up to 80 bytes", (held, registry) => {
    const node = Buffer.concat([Uint8Array.of(1), ...childrenOf(held), Buffer.alloc(15)]);
    const sizes = [Number(held.size), half(held.size)].filter((size) => registry.sizes.has(size));
    return sizes.flatMap((size) =>
      [Number(held.index), half(held.index)].map((index) => ({
        entry: hexOf(node),
        index,
        size,
        proof: held.proof.slice(1),
      })),
    );
  }),
  other(
    "another institution's document",
    ({ marks }) => marks.ofBoth,
    "RegistryNotYourEntry",
    BANK.both,
    BANK.issuer,
  ),
  made("another institution's document in its place", (held, registry) => [
    { ...held, entry: registry.inclusion(registry.marks.ofBoth).entry },
  ]),
  other("a status entry", ({ marks }) => marks.status, "RegistryNotADocument", 2),
  other("a verification", ({ marks }) => marks.verification, "RegistryNotADocument", 4),
  other("a directory entry", ({ marks }) => marks.directory, "RegistryNotADocument", 5),
  made("a size before the entry", (held, { marks }) => [{ ...held, size: marks.open }]),
  made("the proof of one size under another", (held, { marks, sizes }) =>
    [...sizes]
      .filter((size) => size > marks.revoked && size < Number(held.size))
      .map((size) => ({ ...held, size })),
  ),
  made(
    "a size without a stored root",
    (held, { marks, log }) =>
      [0, marks.spare, marks.revoked, log.size + 1, LAST_INDEX].map((size) => ({ ...held, size })),
    unknownSize,
  ),
  proofs("a proof without its end", (proof) => [proof.slice(0, -1), []]),
  proofs("a proof with more at its end", (proof) => [
    [...proof, hashOf("more")],
    [...proof, ...proof],
    filled(proof, 64),
    filled(proof, 65),
    filled(proof, 200),
  ]),
  proofs("a proof with a hash changed", (proof) =>
    proof.flatMap((hash, i) => [proof.with(i, flipped(hash, 0, 0x80)), proof.with(i, flipped(hash, 31))]),
  ),
  proofs("a proof with a hash dropped", (proof) => proof.map((_, i) => proof.toSpliced(i, 1))),
  proofs("a proof with two hashes swapped", (proof) =>
    proof.slice(1).map((hash, i) => proof.with(i, hash).with(i + 1, proof[i] ?? "")),
  ),
  proofs("a proof with a hash doubled", (proof) => proof.map((hash, i) => proof.toSpliced(i, 0, hash))),
  made("another index", (held) =>
    [-1n, 1n, 2n, 8n]
      .map((by) => BigInt(held.index) + by)
      .concat(0n, BigInt(held.size) - 1n, BigInt(held.size), LAST_INDEX)
      .map((index) => ({ ...held, index })),
  ),
];

function filled(proof: readonly string[], length: number): readonly string[] {
  return [...proof, ...Array.from({ length: length - proof.length }, (_, i) => hashOf(i))];
}
