/** Lists the cases of containers: ZIPs, and what their manifests say. */
import { toHex } from "../../src/core/bytes.ts";
import { BUNDLE, formatManifest } from "../../src/log/container.ts";
import { formatReceipt } from "../../src/log/receipt.ts";
import { hostileZips, zipOf, type ZipFaults, type ZipPart } from "../../test/support/log/zips.ts";
import { ascii, bytesOf, digestsOf, edit, type Case } from "./case.ts";
import { RECEIPT } from "./sample.ts";

const RECEIPT_PART: ZipPart = { name: BUNDLE.receipt, content: formatReceipt(RECEIPT) };
const NOTE: ZipPart = { name: BUNDLE.note, content: `Check the document.\n\n${BUNDLE.kind}\n` };
const DOCUMENT: ZipPart = { name: `${BUNDLE.folder}/报告.pdf`, content: "a report of a company\n" };
const FILES = [RECEIPT_PART, NOTE, DOCUMENT];
const MANIFEST = formatManifest({
  kind: BUNDLE.kind,
  members: FILES.map(({ name, content }) => ({
    name: String(name),
    bytes: ascii(String(content)).length,
    sha256: digestsOf(String(content))[0].bytes,
  })),
  tool: { name: "hufu", version: "0.2.0" },
});

const zip = (parts: readonly ZipPart[], faults?: ZipFaults): Case[1] => ({
  zip: toHex(zipOf(parts, faults)),
});
const bundle = (manifest: string, files: readonly ZipPart[] = FILES): Case[1] =>
  zip([...files, { name: BUNDLE.manifest, content: manifest }]);
const manifest = (from: string | RegExp, to: string): Case[1] => bundle(edit(MANIFEST, from, to));

/** Zeros that are larger than what a vector may be, and so are not among the vectors. */
const TOO_LARGE = ["more than 64 MiB once it is unpacked", "1,001 members"];
const HOSTILE = Object.entries(hostileZips([RECEIPT_PART, DOCUMENT])).filter(
  ([name]) => !TOO_LARGE.includes(name),
);

export const CONTAINERS: readonly Case[] = [
  ["a bundle", bundle(MANIFEST)],
  [
    "a bundle with what is in no manifest",
    bundle(MANIFEST, [...FILES, { name: "letter.txt", content: "Dear" }]),
  ],
  [
    "a bundle whose document is another one, which its receipt tells",
    bundle(MANIFEST, [RECEIPT_PART, NOTE, { ...DOCUMENT, content: "x" }]),
  ],
  ["a bundle with an unknown member of its manifest", manifest("{", '{"later":1,')],
  [
    "a ZIP without manifest, with sizes after its data",
    zip([
      { ...RECEIPT_PART, open: true },
      { ...DOCUMENT, open: true },
    ]),
  ],
  [
    "a ZIP with a comment, and a name in GB18030",
    zip([RECEIPT_PART, { name: Uint8Array.of(0xb1, 0xa8, 0xb8, 0xe6), content: "x", flags: 0 }], {
      comment: "from the bank",
    }),
  ],
  ["a manifest of another kind", manifest("/v1", "/v2"), "ZIP_DAMAGED"],
  ["a manifest that is no JSON", bundle(MANIFEST.slice(0, -1)), "ZIP_DAMAGED"],
  ["a manifest with two members of one name", manifest("{", '{"kind":"hufu/bundle/v1",'), "ZIP_DAMAGED"],
  ["a manifest that lists a name twice", manifest('"READ-ME.txt"', '"receipt.tlog-proof"'), "ZIP_DAMAGED"],
  [
    "a manifest with another digest of the receipt",
    manifest(/"[0-9a-f]{64}"/, `"${toHex(bytesOf("another"))}"`),
    "ZIP_DAMAGED",
  ],
  [
    "a manifest with a digest in upper case",
    manifest(/"[0-9a-f]{64}"/, `"${toHex(bytesOf("x")).toUpperCase()}"`),
    "ZIP_DAMAGED",
  ],
  ["a manifest whose members are no list", manifest(/"members":\[.*\]/, '"members":{}'), "ZIP_DAMAGED"],
  [
    "a manifest that lists a member twice",
    manifest(/(\{"bytes":\d+,"name":"document[^}]*\})\]/, "$1,$1]"),
    "ZIP_DAMAGED",
  ],
  ["a manifest with a digest of 31 bytes", manifest(/[0-9a-f]{2}"\}\],"tool"/, '"}],"tool"'), "ZIP_DAMAGED"],
  ["a manifest with another size of the receipt", manifest(/"bytes":\d+/, '"bytes":1'), "ZIP_DAMAGED"],
  ["a receipt that is missing", bundle(MANIFEST, [NOTE, DOCUMENT]), "ZIP_DAMAGED"],
  [
    "another READ-ME",
    bundle(MANIFEST, [RECEIPT_PART, { ...NOTE, content: "trust me" }, DOCUMENT]),
    "ZIP_DAMAGED",
  ],
  ...HOSTILE.map(([description, bytes]): Case => [description, { zip: toHex(bytes) }, "ZIP_REFUSED"]),
];
