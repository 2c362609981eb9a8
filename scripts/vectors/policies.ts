/** Lists the cases of trust policies and of checkpoints judged by them. */
import { toHex } from "../../src/core/bytes.ts";
import { formatTime } from "../../src/core/time.ts";
import { cosign, formatCheckpoint } from "../../src/log/checkpoint.ts";
import {
  formatNote,
  formatVerifierKey,
  signNote,
  verifierKey,
  type Note,
  type NoteSignature,
} from "../../src/log/note.ts";
import { formatPolicy } from "../../src/log/policy.ts";
import { oneOperatorPolicy, pinOf, policyOf } from "../../src/log/policy-of.ts";
import { heldOperators, institutionOf } from "../../test/support/log/held.ts";
import { TIME, type TestOperator } from "../../test/support/log/receipts.ts";
import { signerOf } from "../../test/support/log/signers.ts";
import { edit, type Case } from "./case.ts";
import { NOW, POLICY, SAMPLE, sampleLog } from "./sample.ts";

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

const DAY = 86_400;
const GENERATED = formatPolicy(
  policyOf(
    {
      operators: heldOperators(log.operators, log.origin, (operator, purpose) => ({
        until: operator === 1 && purpose === "log" ? TIME + 30 * DAY : 0,
      })),
      institutions: [institutionOf(1), institutionOf(2)],
    },
    {
      log: { origin: log.origin, size: log.size, root: log.root },
      issued: TIME + 60,
      urls: new Map([[2, "https://hufu.hongkong.example"]]),
      only: undefined,
    },
  ),
);
const ONE_OPERATOR = formatPolicy(
  oneOperatorPolicy(
    pinOf(
      { operators: heldOperators(log.operators, log.origin) },
      {
        log: { origin: log.origin, size: log.size, root: log.root },
        issued: TIME + 60,
        operator: 1,
      },
    ),
  ),
);
/** A key whose signatures are of another type, as those of ML-DSA-44 are. */
const UNKNOWN = formatVerifierKey(
  verifierKey({ name: `${log.origin}/witness/3/ml-dsa-44`, type: 6, publicKey: new Uint8Array(1_312) }),
);
const idOf = ({ key }: TestOperator["log"]): string => toHex(key.id);

export const POLICIES: readonly Case[] = [
  ["as it is generated", { policy: GENERATED }],
  ["two operators, each the other's witness", { policy: POLICY }],
  ["of one operator, for trying out", { policy: ONE_OPERATOR }],
  [
    "a witness of a type that is not known, which is absent",
    policy(LOG, A, `witness c ${UNKNOWN}`, "group either any a c", "quorum either"),
  ],
  ["a log of a type that is not known beside one", policy(LOG, `log ${UNKNOWN}`, A, "quorum a")],
  [
    "lines of hufu with a word that is not known",
    policy("# hufu later 1 2", "#hufu issued x", LOG, A, "quorum a"),
  ],
  ["no log of a type that is known", policy(`log ${UNKNOWN}`, A, "quorum a"), "POLICY_NO_LOG"],
  ...[
    ["issued twice", `# hufu issued ${formatTime(TIME)}`, `# hufu issued ${formatTime(TIME)}`],
    ["of one operator twice", ...new Array<string>(2).fill("# hufu one-operator")],
    ["of one operator, and a word more", "# hufu one-operator 1"],
    ["issued at a time, and a word more", `# hufu issued ${formatTime(TIME)} more`],
    ["issued at a time of another zone", "# hufu issued 2027-01-15T16:00:00+08:00"],
    ["an end that is a date", "# hufu expires 2027-01-15"],
    ["a directory without its root", "# hufu directory 64"],
    ["a directory whose root has 31 bytes", `# hufu directory 64 ${"A".repeat(40)}AA==`],
    ["a window without its end", `# hufu key ${idOf(SHENZHEN.log)} -`],
    ["a window that is there twice", ...new Array<string>(2).fill(`# hufu key ${idOf(SHENZHEN.log)} - -`)],
    ["a window of a key that is not there", "# hufu key 00000000 - -"],
    ["a window of what is no id", `# hufu key ${formatVerifierKey(SHENZHEN.log.key)} - -`],
    ["a status key that cosigns", A.replace("witness a", "# hufu status")],
    ["a status key twice", ...new Array<string>(2).fill(LOG.replace("log", "# hufu status"))],
  ].map(([description = "", ...lines]) => bad(description, ...lines, LOG, A, "quorum a")),
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
  bad("a carriage return within a line", LOG, A, "quorum\ra"),
  bad("the same log twice", LOG, LOG, A, "quorum a"),
  bad("the same witness by two names", LOG, A, A.replace(" a ", " c "), "group x 2 a c", "quorum x"),
  bad("a name twice", LOG, A, B.replace(" b ", " a "), "quorum a"),
  bad("a witness called none", LOG, A.replace(" a ", " none "), "quorum none"),
  bad("a log by a key that cosigns", A.replace("witness a", "log"), A, "quorum a"),
  bad("a witness by a key that signs notes", LOG, LOG.replace("log", "witness a"), "quorum a"),
  bad("a key whose id does not follow", LOG.replace(/\+[0-9a-f]{8}\+/, "+00000000+"), A, "quorum a"),
  bad("a log of three words", `${LOG} https://log.example more`, A, "quorum a"),
  bad("a witness of four words", LOG, `${A} https://a.example more`, "quorum a"),
  bad("more than 1,000 lines", LOG, A, "quorum a", ...new Array<string>(1_000).fill("#")),
  bad("more than 64 KiB", LOG, A, "quorum a", `#${"x".repeat(65_536)}`),
];

const believed = (note: Note, text = POLICY, now = NOW): Case[1] => ({
  note: formatNote(note),
  policy: text,
  now,
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

/** The checkpoint, signed by the first operator, with cosignatures of these times. */
const timed = (...times: readonly (readonly [by: TestOperator, at: number])[]): Note => ({
  text: WHOLE.text,
  signatures: [
    signNote(WHOLE.text, SHENZHEN.log),
    ...times.map(([{ witness }, at]): NoteSignature => cosign(WHOLE.text, witness, at)),
  ],
});
const window = (by: TestOperator["log"], from: number, until: number): string =>
  `# hufu key ${idOf(by)} ${formatTime(from)} ${formatTime(until)}\n${POLICY}`;
const EXPIRES = TIME + 60 + 365 * DAY;

export const TRUSTED: readonly Case[] = [
  ["a policy as it is generated", believed(WHOLE, GENERATED)],
  ["a policy of one operator, for trying out", believed(log.checkpoint(SHENZHEN), ONE_OPERATOR)],
  [
    "a policy of one operator, and no cosignature of its own",
    believed(log.checkpoint(HONG_KONG), ONE_OPERATOR),
    "NOT_ENOUGH_WITNESSES",
  ],
  ["the last second before the policy expires, which is old", believed(WHOLE, GENERATED, EXPIRES - 1)],
  ["the second in which the policy expires", believed(WHOLE, GENERATED, EXPIRES), "POLICY_EXPIRED"],
  ["90 days after the policy was issued", believed(WHOLE, GENERATED, TIME + 60 + 90 * DAY)],
  ["a second more, and its age is told", believed(WHOLE, GENERATED, TIME + 61 + 90 * DAY)],
  [
    "the time of the earlier of two cosignatures",
    believed(timed([SHENZHEN, TIME + 9], [HONG_KONG, TIME + 3])),
  ],
  [
    "the later of two cosignatures of each witness",
    believed(timed([SHENZHEN, TIME + 1], [HONG_KONG, TIME + 2], [SHENZHEN, TIME + 9], [HONG_KONG, TIME + 8])),
  ],
  [
    "the latest time that fulfils the quorum, where one is enough",
    believed(
      timed([SHENZHEN, TIME + 9], [HONG_KONG, TIME + 3]),
      edit(POLICY, "group operators 2", "group operators 1"),
    ),
  ],
  [
    "the latest time that fulfils the quorum, where one is enough and the other witness is named first",
    believed(
      timed([SHENZHEN, TIME + 3], [HONG_KONG, TIME + 9]),
      edit(POLICY, "group operators 2", "group operators 1"),
    ),
  ],
  [
    "a cosignature in the first second of its window",
    believed(WHOLE, window(HONG_KONG.witness, TIME + 5, TIME + 6)),
  ],
  [
    "a cosignature before its window",
    believed(WHOLE, window(HONG_KONG.witness, TIME + 6, TIME + 7)),
    "NOT_ENOUGH_WITNESSES",
  ],
  [
    "a cosignature at the end of its window",
    believed(WHOLE, window(HONG_KONG.witness, TIME + 4, TIME + 5)),
    "NOT_ENOUGH_WITNESSES",
  ],
  [
    "a cosignature in its window beside a later one beyond it",
    believed(
      timed([SHENZHEN, TIME + 9], [HONG_KONG, TIME + 5], [HONG_KONG, TIME + 9]),
      window(HONG_KONG.witness, TIME + 5, TIME + 6),
    ),
  ],
  ["a log key in its window", believed(WHOLE, window(SHENZHEN.log, TIME + 5, TIME + 6))],
  [
    "a log key whose window ended before the checkpoint's time",
    believed(WHOLE, window(SHENZHEN.log, TIME, TIME + 5)),
    "SIGNATURE_INVALID",
  ],
  [
    "the cosignatures of one institution alone, under a policy as it is generated",
    believed(log.checkpoint(SHENZHEN), GENERATED),
    "NOT_ENOUGH_WITNESSES",
  ],
  [
    "a witness of a type that is not known, which is absent",
    believed(WHOLE, policy(LOG, A, `witness c ${UNKNOWN}`, "group both all a c", "quorum both").policy),
    "NOT_ENOUGH_WITNESSES",
  ],
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
    "neither a signature of the log nor a witness",
    believed({ ...WHOLE, signatures: [signNote(WHOLE.text, STRANGER)] }),
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
