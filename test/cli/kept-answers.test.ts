import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sha256 } from "@noble/hashes/sha2.js";
import { toHex } from "../../src/core/bytes.ts";
import { formatAnswerFile, readAnswerNote, readAnswers } from "../../src/log/answer.ts";
import { askedOf } from "../../src/verify/question.ts";
import type { VerificationRequest, VerificationResponse } from "../../src/wire/verifications.ts";
import { hufuHere, type Ran } from "../support/cli/cli.ts";
import { HttpProxy } from "../support/network/http-proxy.ts";
import { connectionTo } from "../support/service/connection.ts";
import { inForce, liar, lyingOperator, type Lie } from "../support/service/lying-operator.ts";
import { ask } from "../support/service/service.ts";
import { TwoOperators } from "../support/service/two-operators.ts";

let both: TwoOperators;
let folder: string;
/** A document of institution 1 that was revoked, and one that the log does not have. */
let revoked: { digest: string; index: number; status: number };
const unknown = `sha256:${"ab".repeat(32)}`;

beforeAll(async () => {
  both = await TwoOperators.start();
  folder = mkdtempSync(join(tmpdir(), "hufu-kept-"));
  const [{ url, keys }] = both.services;
  writeFileSync(file("report"), randomBytes(64));
  const digest = `sha256:${toHex(sha256(readFileSync(file("report"))))}`;
  const body = { documents: [{ digest, scene: "enterprise-credit-report" }] };
  const { body: taken } = await ask(`${url}/v1/anchors?wait=final`, { key: keys.issuer, body });
  const index = (taken["anchors"] as { index: number }[])[0]?.index ?? -1;
  const change = await ask(`${url}/v1/entries/${index}/status?wait=final`, {
    key: keys.issuer,
    body: { action: "revoke", reason: "issued-in-error" },
  });
  revoked = { digest, index, status: change.body["index"] as number };
  await seen(digest, "revoked");
  await run(
    "mirror",
    "--rpc",
    both.chain.url,
    "--registry",
    both.chain.registry,
    "--finality",
    "1",
    "--dir",
    file("mirror"),
  );
});
afterAll(async () => {
  await both[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** By Node, which has SM3 too. */
const sm3Of = (path: string): string => `sm3:${createHash("sm3").update(readFileSync(path)).digest("hex")}`;

/** Waits until the second operator's index has come to this verdict. */
async function seen(digest: string, verdict: string): Promise<void> {
  const { url, keys } = both.services[1];
  for (;;) {
    const { body } = await ask(`${url}/v1/verifications`, { key: keys.verifier, body: { digest } });
    if (body["verdict"] === verdict) return;
    await sleep(20);
  }
}

const file = (name: string): string => join(folder, name);

/** The second operator's answer to a request, by its lie, as a file. */
async function noted(
  name: string,
  request: VerificationRequest,
  lie: (answer: VerificationResponse) => Lie | undefined,
): Promise<string> {
  const second = both.services[1];
  const honest = connectionTo(second.url, { apiKey: second.keys.verifier });
  const { client } = await lyingOperator(honest, { folder: second.folder, id: 2 }, lie);
  const answer = await client.verify({ ...request, note: true });
  if (!("note" in answer) || answer.verdict === "indeterminate") throw new Error("no note");
  const { note } = answer;
  writeFileSync(
    file(name),
    formatAnswerFile({
      note: readAnswerNote(note?.note ?? ""),
      answers: readAnswers(note?.answers),
      questions: [askedOf(request)],
    }),
  );
  return file(name);
}

const run = (...args: readonly string[]): Promise<Ran> =>
  hufuHere(args, {
    XDG_STATE_HOME: file("state"),
    XDG_CACHE_HOME: file("cache"),
    HUFU_DATA_DIR: file("none"),
  });

/** Where the log is read from: an operator that is not the signer, a node, a mirror. */
const LOGS: readonly (readonly [string, () => readonly string[]])[] = [
  ["an operator's log", () => ["--server", both.services[0].url]],
  ["a node", () => ["--rpc", both.chain.url, "--registry", both.chain.registry, "--finality", "1"]],
  ["a mirror", () => ["--mirror", file("mirror")]],
];

const withoutStatus: Lie = {
  answer: {},
  claim: ({ entries }) => ({
    verdict: "valid",
    entries: entries.map((each) => ({ ...each, status: undefined })),
  }),
};
const nothing: Lie = { answer: {}, claim: () => ({ verdict: "not-found", entries: [] }) };
const another: Lie = {
  answer: {},
  claim: ({ verdict, entries }) => ({
    verdict,
    entries: entries.map((each) => ({ ...each, status: each.index + 1, institution: 2 })),
  }),
};

describe.each(LOGS)("a kept answer, held against %s", (_, log) => {
  it("that is honest is borne out", async () => {
    const name = await noted("honest.json", { digest: revoked.digest, expectedIssuer: 1 }, () => undefined);
    const ran = await run("verify", name, "--json", ...log());
    expect([ran.code, ran.stderr.includes("Error")]).toEqual([0, false]);
    const { verdict, results } = JSON.parse(ran.stdout) as { verdict: string; results: object[] };
    expect(verdict).toBe("consistent");
    expect(results).toMatchObject([
      {
        verdict: "consistent",
        note: { signers: [expect.stringMatching(/\/status\/2$/)] },
        answers: [
          {
            verdict: "revoked",
            digests: [revoked.digest],
            entries: [{ index: revoked.index, status: revoked.status }],
          },
        ],
      },
    ]);
  });

  it.each<[string, Lie, string]>([
    ["keeps back a revocation", withoutStatus, "hidden-status"],
    ["keeps back every entry", nothing, "hidden-entry"],
    ["names what the log has not", another, "false-entry"],
  ])("that %s convicts its signer, with the entries that show it", async (_name, lie, kind) => {
    const name = await noted("lie.json", { digest: revoked.digest, expectedIssuer: 1 }, () => lie);
    const ran = await run("verify", name, "--json", ...log());
    expect(ran.code).toBe(1);
    const { results } = JSON.parse(ran.stdout) as {
      results: { convictions: object[]; evidence: { index: number }[] }[];
    };
    expect(results[0]?.convictions).toContainEqual(expect.objectContaining({ kind, question: 0 }));
    expect(results[0]?.evidence.map(({ index }) => index)).toContain(revoked.index);
  });
});

describe("a kept answer", () => {
  it("is presented to a person with what it claims, and what convicts its signer", async () => {
    const name = await noted("lie.json", { digest: revoked.digest }, () => withoutStatus);
    const ran = await run("verify", name, "--mirror", file("mirror"));
    expect(ran.code).toBe(1);
    expect(ran.stdout).toContain("✕ Convicted by the log.");
    expect(ran.stdout).toContain(`Answer 1 lacks the change of status by entry ${revoked.status}.`);
    expect(ran.stdout).toContain(revoked.digest);
  });

  it("that was edited, or is signed by no operator, says nothing of its signer", async () => {
    const name = await noted("honest.json", { digest: unknown }, () => undefined);
    writeFileSync(file("edited.json"), readFileSync(name, "utf8").replace("not-found", "revoked"));
    const ran = await run("verify", file("edited.json"), "--json", "--mirror", file("mirror"));
    expect(ran.code).toBe(3);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      verdict: "not-established",
      results: [{ error: { code: "ANSWER_UNPROVEN" } }],
    });
  });

  it("of a larger log than the mirror is not established", async () => {
    const { url, keys } = both.services[0];
    const digest = `sha256:${toHex(randomBytes(32))}`;
    await ask(`${url}/v1/anchors?wait=final`, {
      key: keys.issuer,
      body: { documents: [{ digest, scene: "enterprise-credit-report" }] },
    });
    await seen(digest, "valid");
    const name = await noted("later.json", { digest }, () => nothing);
    const ran = await run("verify", name, "--json", "--mirror", file("mirror"));
    expect([ran.code, JSON.parse(ran.stdout)]).toMatchObject([
      3,
      { results: [{ error: { code: "INDEX_STALE" } }] },
    ]);
  });

  it("is told from a document by its content, beside documents", async () => {
    const name = await noted("honest.json", { digest: unknown }, () => undefined);
    const ran = await run("verify", file("report"), name, "--json", ...(LOGS[1]?.[1]() ?? []));
    const { results } = JSON.parse(ran.stdout) as { results: { verdict: string }[] };
    expect(results.map(({ verdict }) => verdict)).toEqual(["revoked", "consistent"]);
  });
});

describe("two services", () => {
  const servers = (): string[] => both.services.flatMap(({ url }) => ["--server", url]);
  const keyFiles = (): string[] =>
    both.services.flatMap(({ keys }, i) => {
      writeFileSync(file(`key-${i}`), keys.verifier, { mode: 0o600 });
      return ["--api-key-file", file(`key-${i}`)];
    });

  it("that agree are what the answer rests on, and their notes are kept where they are wanted", async () => {
    const ran = await run(
      "verify",
      file("report"),
      "--json",
      "--notes",
      file("notes"),
      ...servers(),
      ...keyFiles(),
    );
    expect([ran.code, ran.stderr]).toMatchObject([1, expect.any(String)]);
    expect(JSON.parse(ran.stdout)).toMatchObject({ results: [{ verdict: "revoked", restsOn: "operators" }] });
    const kept = readdirSync(file("notes"));
    expect(kept).toHaveLength(2);
    const again = await run(
      "verify",
      ...kept.map((name) => join(file("notes"), name)),
      "--rpc",
      both.chain.url,
      "--registry",
      both.chain.registry,
      "--finality",
      "1",
    );
    expect(again.code).toBe(0);
  });

  it("one of which lies are not believed, and both notes are kept: the liar's convicts it", async () => {
    const told = await liar({ folder: both.services[1].folder, id: 2 });
    await using proxy = await HttpProxy.start(both.services[1].url);
    proxy.change = ({ path, status, body }) => {
      if (path !== "/v1/verifications" || status !== 200) return undefined;
      const answer = JSON.parse(new TextDecoder().decode(body)) as VerificationResponse;
      const [digest, ...alsoDigests] = [revoked.digest, sm3Of(file("report"))];
      return {
        body: JSON.stringify(told(answer, { digest, alsoDigests, expectedIssuer: 1 }, inForce(answer))),
      };
    };
    const ran = await run(
      "verify",
      file("report"),
      "--json",
      "--expected-issuer",
      "1",
      ...["--server", both.services[0].url, "--server", proxy.url],
      ...keyFiles(),
    );
    expect([ran.code, JSON.parse(ran.stdout)]).toMatchObject([
      3,
      {
        results: [
          {
            verdict: "indeterminate",
            code: "OPERATORS_DISAGREE",
            answers: [{ verdict: "revoked" }, { verdict: "valid" }],
            notes: [expect.any(String), expect.any(String)],
          },
        ],
      },
    ]);
    const where = file("state/hufu/salts/answers");
    expect(ran.stderr).toContain(where);
    const kept = readdirSync(where).map((name) => join(where, name));
    const judged = await run("verify", ...kept, "--json", ...(LOGS[1]?.[1]() ?? []));
    const { results } = JSON.parse(judged.stdout) as { results: { verdict: string }[] };
    expect(results.map(({ verdict }) => verdict).toSorted()).toEqual(["consistent", "convicted"]);
  });

  it("that are one are refused", async () => {
    const { url } = both.services[0];
    const ran = await run("verify", file("report"), "--json", "--server", url, "--server", url);
    expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining("USAGE")]);
  });
});
