/** Lists the cases of trust policies and of checkpoints judged by them. */
import { cosign, formatCheckpoint } from "../../src/log/checkpoint.ts";
import { formatNote, formatVerifierKey, signNote, type Note } from "../../src/log/note.ts";
import { TIME } from "../../test/support/log/receipts.ts";
import { signerOf } from "../../test/support/log/signers.ts";
import { edit, type Case } from "./case.ts";
import { POLICY, SAMPLE, sampleLog } from "./sample.ts";

const { log } = SAMPLE;
const [SHENZHEN, HONG_KONG] = log.operators;
const STRANGER = signerOf(log.origin, { seed: "a stranger" });
const LOG = `log ${formatVerifierKey(SHENZHEN.log.key)}`;
const A = `witness a ${formatVerifierKey(SHENZHEN.witness.key)}`;
const B = `witness b ${formatVerifierKey(HONG_KONG.witness.key)}`;

const policy = (...lines: readonly string[]): { policy: string } => ({ policy: `${lines.join("\n")}\n` });
const bad = (description: string, ...lines: readonly string[]): Case => [
  description,
  policy(...lines),
  "POLICY_SYNTAX",
];

export const POLICIES: readonly Case[] = [
  ["two operators, each the other's witness", { policy: POLICY }],
  ["one witness", policy(LOG, A, "quorum a")],
  ["any of two", policy(LOG, A, B, "group either any a b", "quorum either")],
  ["all of two", policy(LOG, A, B, "group both all a b", "quorum both")],
  ["groups in groups", policy(LOG, A, B, "group x 1 a", "group y 1 b", "group both 2 x y", "quorum both")],
  [
    "comments, empty lines, tabs and addresses",
    policy("# keys", "", `${LOG} https://log.example`, `\t${A}  https://a.example`, "quorum a"),
  ],
  ["no log", policy(A, "quorum a"), "POLICY_NO_LOG"],
  ["a quorum of nobody", policy(LOG, A, "quorum none"), "POLICY_NO_WITNESS"],
  bad("nothing"),
  bad("no quorum", LOG, A),
  bad("two quorums", LOG, A, "quorum a", "quorum a"),
  bad("a quorum of what is not defined", LOG, A, "quorum b"),
  bad("a quorum before its witness", LOG, "quorum a", A),
  bad("a member that is not defined", LOG, A, "group both 1 a b", "quorum both"),
  bad("a member of two groups", LOG, A, "group x 1 a", "group y 1 a", "quorum x"),
  bad("a member twice", LOG, A, "group x 1 a a", "quorum x"),
  bad("a group within itself", LOG, A, "group x 1 a x", "quorum x"),
  bad("a threshold of 0", LOG, A, "group x 0 a", "quorum x"),
  bad("a threshold above its members", LOG, A, "group x 2 a", "quorum x"),
  bad("a group of nobody", LOG, A, "group x all", "quorum x"),
  bad("a keyword that is not known", LOG, A, "quorum a", "trust a"),
  bad("a control character", LOG, A, "quorum a", "# \u0007"),
  bad("carriage returns", LOG, A, "quorum a\r"),
  bad("the same log twice", LOG, LOG, A, "quorum a"),
  bad("the same witness by two names", LOG, A, A.replace(" a ", " c "), "group x 2 a c", "quorum x"),
  bad("a name twice", LOG, A, B.replace(" b ", " a "), "quorum a"),
  bad("a witness called none", LOG, A.replace(" a ", " none "), "quorum none"),
  bad("a log by a key that cosigns", A.replace("witness a", "log"), A, "quorum a"),
  bad("a witness by a key that signs notes", LOG, LOG.replace("log", "witness a"), "quorum a"),
  bad("a key whose id does not follow", LOG.replace(/\+[0-9a-f]{8}\+/, "+00000000+"), A, "quorum a"),
  bad("a log of three words", `${LOG} https://log.example more`, A, "quorum a"),
  bad("a witness of four words", LOG, `${A} https://a.example more`, "quorum a"),
  bad("more than 1,000 lines", LOG, A, "quorum a", ...new Array<string>(1_000).fill("")),
  bad("more than 64 KiB", LOG, A, "quorum a", `#${"x".repeat(65_536)}`),
];

const believed = (note: Note, text = POLICY): { note: string; policy: string } => ({
  note: formatNote(note),
  policy: text,
});
const WHOLE = log.checkpoint(SHENZHEN, HONG_KONG);
const extended = (): Note => {
  const text = `${formatCheckpoint({ origin: log.origin, size: log.size, root: log.root })}more\n`;
  const witnesses = [SHENZHEN, HONG_KONG].map(({ witness }) => cosign(text, witness, TIME));
  return { text, signatures: [signNote(text, SHENZHEN.log), ...witnesses] };
};
/** The whole checkpoint with a signature changed in its middle. */
const damaged = (which: number): Note => ({
  ...WHOLE,
  signatures: WHOLE.signatures.map((each, i) =>
    i === which ? { ...each, signature: each.signature.with(30, (each.signature[30] ?? 0) ^ 1) } : each,
  ),
});
const otherChain = sampleLog({ chainId: 31_338 }).log;
const otherRegistry = sampleLog({ registry: `0x${"0b".repeat(20)}` }).log;

export const TRUSTED: readonly Case[] = [
  ["signed by one operator and cosigned by both", believed(WHOLE)],
  [
    "one of two witnesses, where one is enough",
    believed(log.checkpoint(HONG_KONG), edit(POLICY, "group operators 2", "group operators 1")),
  ],
  [
    "signed by both operators",
    believed({ ...WHOLE, signatures: [...WHOLE.signatures, signNote(WHOLE.text, HONG_KONG.log)] }),
  ],
  [
    "a signature of a stranger beside the others",
    believed({ ...WHOLE, signatures: [...WHOLE.signatures, signNote(WHOLE.text, STRANGER)] }),
  ],
  ["signatures in another order", believed({ ...WHOLE, signatures: [...WHOLE.signatures].reverse() })],
  ["a line more, which is signed too", believed(extended())],
  ["another chain", believed(otherChain.checkpoint(...otherChain.operators)), "RECEIPT_OTHER_LOG"],
  ["another registry", believed(otherRegistry.checkpoint(...otherRegistry.operators)), "RECEIPT_OTHER_LOG"],
  [
    "no signature of the log",
    believed({ ...WHOLE, signatures: WHOLE.signatures.slice(1) }),
    "SIGNATURE_INVALID",
  ],
  [
    "signed for the log by a stranger",
    believed({ ...WHOLE, signatures: [signNote(WHOLE.text, STRANGER), ...WHOLE.signatures.slice(1)] }),
    "SIGNATURE_INVALID",
  ],
  ["the log's signature damaged", believed(damaged(0)), "SIGNATURE_INVALID"],
  ["a cosignature damaged", believed(damaged(2)), "SIGNATURE_INVALID"],
  ["another size", believed({ ...WHOLE, text: edit(WHOLE.text, "\n64\n", "\n63\n") }), "SIGNATURE_INVALID"],
  ["no witness", believed(log.checkpoint()), "NOT_ENOUGH_WITNESSES"],
  ["the log's own operator as its only witness", believed(log.checkpoint(SHENZHEN)), "NOT_ENOUGH_WITNESSES"],
  ["one witness twice", believed(log.checkpoint(HONG_KONG, HONG_KONG)), "NOT_ENOUGH_WITNESSES"],
  ["witnesses of another log", believed(log.checkpoint(...otherChain.operators)), "NOT_ENOUGH_WITNESSES"],
  ["no checkpoint", believed({ ...WHOLE, text: "a note\n" }), "NOTE_SYNTAX"],
];
