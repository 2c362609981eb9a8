import { describe, expect, it } from "vitest";
import { cosign, formatCheckpoint } from "../../src/log/checkpoint.ts";
import { hashLeaf } from "../../src/log/hash.ts";
import { formatVerifierKey, signNote, type Note, type NoteSigner } from "../../src/log/note.ts";
import { formatPolicy, parsePolicy, trustCheckpoint } from "../../src/log/policy.ts";
import { cosignerOf, signerOf } from "../support/log/signers.ts";

const ORIGIN = `eip155:31337:0x${"0a".repeat(20)}`;
const TIME = 1_800_000_000;
const ROOT = hashLeaf(Uint8Array.of(1));
const TEXT = formatCheckpoint({ origin: ORIGIN, size: 5, root: ROOT });
const log = signerOf(ORIGIN);
const [w1, w2, w3] = [cosignerOf("w1"), cosignerOf("w2"), cosignerOf("w3")] as const;
const vkey = ({ key }: NoteSigner): string => formatVerifierKey(key);

const POLICY = `# two of three
log ${vkey(log)} https://a.example/log

witness\tone ${vkey(w1)}
witness two ${vkey(w2)} https://b.example/
  witness three ${vkey(w3)}
group inner any two three
group both all one inner
quorum both
`;

const note = (signer: NoteSigner, ...cosigners: NoteSigner[]): Note => ({
  text: TEXT,
  signatures: [signNote(TEXT, signer), ...cosigners.map((witness) => cosign(TEXT, witness, TIME))],
});

describe("a policy", () => {
  it("a policy is read as it was written", () => {
    const policy = parsePolicy(POLICY);
    expect(policy.groups).toEqual([
      { name: "inner", threshold: 1, members: ["two", "three"] },
      { name: "both", threshold: 2, members: ["one", "inner"] },
    ]);
    expect(policy.logs).toEqual([{ key: log.key, url: "https://a.example/log" }]);
    expect(parsePolicy(formatPolicy(policy))).toEqual(policy);
  });

  it.each([
    ["no content", "", "POLICY_SYNTAX"],
    ["no quorum", `log ${vkey(log)}\n`, "POLICY_SYNTAX"],
    ["two quorums", `${POLICY}quorum one\n`, "POLICY_SYNTAX"],
    ["a quorum that is not defined", `log ${vkey(log)}\nquorum one\n`, "POLICY_SYNTAX"],
    ["a quorum before its definition", `quorum one\n${POLICY}`, "POLICY_SYNTAX"],
    ["no log", POLICY.replace(/^log.*$/m, ""), "POLICY_NO_LOG"],
    ["no witness", `log ${vkey(log)}\nquorum none\n`, "POLICY_NO_WITNESS"],
    ["an unknown keyword", `${POLICY}trust me\n`, "POLICY_SYNTAX"],
    ["a log twice", `log ${vkey(log)}\n${POLICY}`, "POLICY_SYNTAX"],
    ["a witness twice", `${POLICY}witness four ${vkey(w1)}\n`, "POLICY_SYNTAX"],
    ["a name twice", `${POLICY}group one any two\n`, "POLICY_SYNTAX"],
    ["a member of two groups", `${POLICY}group again any two\n`, "POLICY_SYNTAX"],
    ["a member twice", POLICY.replace("any two three", "any two two"), "POLICY_SYNTAX"],
    ["a group without members", `${POLICY}group empty all\n`, "POLICY_SYNTAX"],
    ["a threshold above the members", POLICY.replace("all one", "3 one"), "POLICY_SYNTAX"],
    ["a threshold of 0", POLICY.replace("all one", "0 one"), "POLICY_SYNTAX"],
    ["the name none", `${POLICY}witness none ${vkey(signerOf("x"))}\n`, "POLICY_SYNTAX"],
    ["a cosigner's key as the log's", POLICY.replace(vkey(log), vkey(w1)), "POLICY_SYNTAX"],
    ["a log's key as a witness's", POLICY.replace(vkey(w1), vkey(log)), "POLICY_SYNTAX"],
    ["CRLF", POLICY.replaceAll("\n", "\r\n"), "POLICY_SYNTAX"],
    ["an extra word", POLICY.replace("https://b.example/", "https://b.example/ x"), "POLICY_SYNTAX"],
  ] as const)("a policy with %s is refused", (_, text, code) => {
    expect(() => parsePolicy(text)).toThrowCode(code);
  });
});

describe("a checkpoint under a policy", () => {
  const policy = parsePolicy(POLICY);

  it("a checkpoint with a quorum of cosignatures is trusted, and lists the cosigners and their times", () => {
    const trusted = trustCheckpoint(note(log, w1, w3), policy);
    expect(trusted).toMatchObject({ origin: ORIGIN, size: 5, root: ROOT, signers: [log.key] });
    expect(trusted.cosigners.map(({ witness, at }) => [witness.name, at])).toEqual([
      ["one", TIME],
      ["three", TIME],
    ]);
  });

  it.each<[string, Note, "NOT_ENOUGH_WITNESSES" | "SIGNATURE_INVALID" | "RECEIPT_OTHER_LOG"]>([
    ["no cosignature", note(log), "NOT_ENOUGH_WITNESSES"],
    ["one cosignature", note(log, w1), "NOT_ENOUGH_WITNESSES"],
    ["two cosignatures of one group", note(log, w2, w3), "NOT_ENOUGH_WITNESSES"],
    ["the same cosigner twice", note(log, w1, w1), "NOT_ENOUGH_WITNESSES"],
    ["an unknown cosigner", note(log, w1, cosignerOf("w4")), "NOT_ENOUGH_WITNESSES"],
    ["the key of another log", note(signerOf(ORIGIN, { seed: "another" }), w1, w2), "SIGNATURE_INVALID"],
    [
      "cosignatures alone",
      { text: TEXT, signatures: note(log, w1, w2).signatures.slice(1) },
      "SIGNATURE_INVALID",
    ],
    [
      "a cosignature of another checkpoint",
      { text: TEXT, signatures: [...note(log, w1).signatures, cosign("x\n1\n", w2, TIME)] },
      "SIGNATURE_INVALID",
    ],
    [
      "the origin of another log",
      { ...note(log, w1, w2), text: TEXT.replace("0a0a", "0b0b") },
      "RECEIPT_OTHER_LOG",
    ],
  ])("a checkpoint with %s is refused", (_, signed, code) => {
    expect(() => trustCheckpoint(signed, policy)).toThrowCode(code);
  });
});
