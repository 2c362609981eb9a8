import { toHex } from "../../src/core/bytes.ts";
import { describe, expect, it } from "vitest";
import { formatVerifierKey, verifierKey, type NoteSigner } from "../../src/log/note.ts";
import { formatPolicy, parsePolicy } from "../../src/log/policy.ts";
import { cosignerOf, signerOf } from "../support/log/signers.ts";

const ORIGIN = `eip155:31337:0x${"0a".repeat(20)}`;
const log = signerOf(ORIGIN);
const status = signerOf(`${ORIGIN}/status/1`);
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

/** What a generated policy begins with. */
const HEADER = `# hufu issued 2027-01-15T08:00:00Z
# hufu expires 2028-01-15T08:00:00Z
# hufu directory 5 ${"A".repeat(43)}=
# hufu key ${toHex(log.key.id)} 2026-01-01T00:00:00Z -
# hufu key ${toHex(w1.key.id)} - 2027-06-01T00:00:00Z
# hufu status ${vkey(status)}
`;

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

  it("what a generated policy begins with is read as it was written", () => {
    const policy = parsePolicy(HEADER + POLICY);
    expect(policy).toMatchObject({
      issued: Date.UTC(2027, 0, 15, 8) / 1000,
      expires: Date.UTC(2028, 0, 15, 8) / 1000,
      directory: { size: 5, root: new Uint8Array(32) },
      logs: [{ key: log.key, from: Date.UTC(2026, 0, 1) / 1000, until: undefined }],
      statusKeys: [{ key: status.key }],
    });
    expect(policy.witnesses[0]).toMatchObject({ from: undefined, until: Date.UTC(2027, 5, 1) / 1000 });
    expect(parsePolicy(formatPolicy(policy))).toEqual(policy);
  });

  it("lines for people come before all that is trusted, and say nothing", () => {
    const policy = parsePolicy(POLICY);
    const text = formatPolicy({ ...policy, notes: ["operator 1 | 深圳"] });
    expect(text).toMatch(/^# operator 1 \| 深圳\nlog /);
    expect(parsePolicy(text)).toEqual(policy);
  });

  it("keys of a type that is not known are members, and make no policy unreadable", () => {
    const unknown = formatVerifierKey(verifierKey({ name: "w4", type: 6, publicKey: new Uint8Array(1_312) }));
    const text = POLICY.replace(
      "group inner",
      `log ${unknown}\nwitness four ${unknown}\ngroup inner`,
    ).replace("any two three", "any two three four");
    const policy = parsePolicy(text);
    expect(policy.groups[0]?.members).toEqual(["two", "three", "four"]);
    expect(parsePolicy(formatPolicy(policy))).toEqual(policy);
    expect(() => parsePolicy(text.replace(/^log (?!w4).*$/m, ""))).toThrowCode("POLICY_NO_LOG");
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
    ["a carriage return within a line", POLICY.replace("log", "l\rog"), "POLICY_SYNTAX"],
    ["an extra word", POLICY.replace("https://b.example/", "https://b.example/ x"), "POLICY_SYNTAX"],
  ] as const)("a policy with %s is refused", (_, text, code) => {
    expect(() => parsePolicy(text)).toThrowCode(code);
  });
});
