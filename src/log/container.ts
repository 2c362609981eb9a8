/** Reads and writes the manifest of a container: a ZIP that hands out documents with what proves them. */
import { sha256 } from "@noble/hashes/sha2.js";
import { equalBytes, toHex } from "../core/bytes.ts";
import { canonicalJson } from "../core/canonical-json.ts";
import { AppError, quote } from "../core/errors.ts";
import { JsonReader } from "./proven-entry.ts";

/** Names in a bundle; the document has a folder of its own, so that it keeps its name. */
export const BUNDLE = {
  kind: "hufu/bundle/v1",
  folder: "document",
  receipt: "receipt.tlog-proof",
  note: "READ-ME.txt",
  manifest: "manifest.json",
} as const;

/** A file in a container, as its manifest lists it. */
export interface ListedMember {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: Uint8Array;
}

/** What a container has, by the one that made it: no evidence of anything. */
export interface Manifest {
  readonly kind: string;
  readonly members: readonly ListedMember[];
  readonly tool: { readonly name: string; readonly version: string };
}

const FAMILY = '{"kind":"hufu/';

/** Whether a text is the manifest of a container, of whatever kind. */
export function isManifest(text: string): boolean {
  return text.startsWith(FAMILY);
}

/** The text of `manifest.json`: JCS (RFC 8785), without a newline. */
export function formatManifest({ kind, members, tool }: Manifest): string {
  const listed = members.map(({ name, bytes, sha256: hash }) => ({ name, bytes, sha256: toHex(hash) }));
  return canonicalJson({ kind, members: listed, tool: { ...tool } });
}

/** @throws AppError ZIP_DAMAGED: with the member at fault, also of a kind that is not known. Unknown members are ignored */
export function parseManifest(bytes: Uint8Array): Manifest {
  const { kind, members: list, tool } = members.parse(bytes, "manifest");
  const { name, version } = members.object(tool, "tool");
  if (!Array.isArray(list)) throw zipDamaged("it is no list", "members");
  const manifest = {
    kind: members.text(kind, "kind"),
    members: list.map(listedOf),
    tool: { name: members.text(name, "tool.name"), version: members.text(version, "tool.version") },
  };
  if (manifest.kind !== BUNDLE.kind)
    throw zipDamaged(`${quote(manifest.kind)} is not ${BUNDLE.kind}`, "kind");
  if (new Set(manifest.members.map((each) => each.name)).size !== list.length)
    throw zipDamaged("two members have one name", "members");
  return manifest;
}

const members = new JsonReader(zipDamaged);

function listedOf(value: unknown, i: number): ListedMember {
  const at = `members.${i}`;
  const { name, bytes, sha256: hash } = members.object(value, at);
  return {
    name: members.text(name, at),
    bytes: members.number(bytes, at),
    sha256: members.bytes(hash, at, 32),
  };
}

/** @throws AppError ZIP_DAMAGED: the content of a member is not what the manifest lists */
export function requireListed({ name, bytes, sha256: hash }: ListedMember, content: Uint8Array): void {
  if (content.length !== bytes || !equalBytes(sha256(content), hash))
    throw zipDamaged(`${quote(name)} is not as it was packed`, "members");
}

export function zipDamaged(detail: string, at: string): AppError {
  return new AppError("ZIP_DAMAGED", { detail, at });
}

/** Names that Windows keeps for devices, with whatever ending. */
const RESERVED = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])[ .]*(?:\.|$)/i;
/** Code points of a file's name that is carried, at most: 240 bytes in UTF-8. */
const MAX_NAME = 60;

/**
 * A name that every system can have, also Windows: characters that one cannot have or that are not seen are `_`, and so are dots
 * and spaces at the end; before the name of a device stands `_`; of a longer name the beginning and the ending stay.
 */
export function portableName(name: string): string {
  const seen = name.replace(/[<>:"/\\|?*\p{Cc}\p{Cs}\p{Cn}\p{Bidi_Control}]/gu, "_");
  const points = Array.from(RESERVED.test(seen) ? `_${seen}` : seen);
  const ending = Array.from(/\.[^. ]{1,16}$/.exec(seen)?.[0] ?? "");
  const cut = points.length <= MAX_NAME ? points : [...points.slice(0, MAX_NAME - ending.length), ...ending];
  return cut.join("").replace(/[. ]+$/, (end) => "_".repeat(end.length)) || "_";
}
