import { createHash, randomBytes } from "node:crypto";
import { request as httpRequest } from "node:http";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LocalSigner } from "../../src/chain/keys/signer.ts";
import { readKey } from "../../src/chain/keys/signers.ts";
import { Governance } from "../../src/chain/registry/governance.ts";
import { JsonRpc } from "../../src/chain/rpc/rpc.ts";
import { toHex } from "../../src/core/bytes.ts";
import {
  cosignedAt,
  formatCheckpoint,
  keyNames,
  originOf,
  parseCheckpoint,
} from "../../src/log/checkpoint.ts";
import { parseNote, signNote, verifyNote, type Note } from "../../src/log/note.ts";
import { operatorKeyId } from "../../src/log/operator-key.ts";
import { parsePolicy, type Policy } from "../../src/log/policy.ts";
import { parseReceipt } from "../../src/log/receipt.ts";
import { formatCosignatureRequest } from "../../src/log/witness.ts";
import { operatorSeeds } from "../../src/main/secrets.ts";
import { hufuHere, type Ran } from "../support/cli/cli.ts";
import { anchorSome } from "../support/service/anchor-some.ts";
import { signerFrom } from "../support/log/operators.ts";
import { ask } from "../support/service/service.ts";
import { TwoOperators, checkpointOf } from "../support/service/two-operators.ts";

let both: TwoOperators;
let folder: string;
let origin: string;
beforeAll(async () => {
  both = await TwoOperators.start();
  folder = mkdtempSync(join(tmpdir(), "hufu-witness-"));
  origin = originOf({ chainId: 31_337, registry: both.chain.registry });
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await both[Symbol.asyncDispose]();
});

const witnesses = ({ signatures }: Note): string[] =>
  signatures.map(({ name }) => name).filter((name) => name !== origin);
const bothOf = (first: number): string[] =>
  [first, 3 - first].map((operator) => keyNames.witness(origin, operator));
const isWitnessed = (note: Note): boolean => witnesses(note).length === 2;

async function run(args: readonly string[]): Promise<Ran> {
  return await hufuHere(args, {
    HUFU_DATA_DIR: join(both.services[0].folder, "data"),
    HUFU_SALT_DIR: join(folder, "salts"),
    XDG_CACHE_HOME: join(folder, "cache"),
  });
}

/** Anchors a file and waits until the other operator, or this one alone, has signed a checkpoint that covers it. */
async function anchored(
  name: string,
  wanted: (note: Note) => boolean,
): Promise<[path: string, index: number]> {
  const path = join(folder, name);
  writeFileSync(path, randomBytes(500));
  const ran = await run(["anchor", path, "--scene", "enterprise-credit-report", "--json"]);
  const [{ index } = { index: -1 }] = (JSON.parse(ran.stdout) as { anchors: { index: number }[] }).anchors;
  await checkpointOf(both.services[0], (note, size) => size > index && wanted(note));
  return [path, index];
}

describe("two operators on one chain", () => {
  it("two operators cosign each other's checkpoints", async () => {
    for (const [i, service] of both.services.entries())
      expect(witnesses(await checkpointOf(service, isWitnessed))).toEqual(bothOf(i + 1));
  });

  it("a receipt carries both signatures, and is verified offline by the directory's policy", async () => {
    const [path, index] = await anchored("report.pdf", isWitnessed);
    const [receipt, policy] = [join(folder, "receipt"), join(folder, "policy")];
    expect(await run(["receipt", String(index), "--out", receipt])).toMatchObject({ code: 0 });
    const node = ["--rpc", both.chain.url, "--registry", both.chain.registry, "--finality", "1"];
    writeFileSync(policy, (await run(["policy", ...node])).stdout);
    expect(readFileSync(policy, "utf8")).toContain("group institutions 2 institution-1 institution-2");
    const offline = await run(["verify", path, "--receipt", receipt, "--policy", policy, "--json"]);
    expect(offline).toMatchObject({ code: 3, stderr: "" });
    expect(JSON.parse(offline.stdout)).toMatchObject({ verdict: "registered", results: [{ index }] });
    const { checkpoint } = parseReceipt(readFileSync(receipt));
    const alone = { ...checkpoint, signatures: checkpoint.signatures.slice(0, 2) };
    const text = readFileSync(receipt, "utf8");
    const lines = alone.signatures.length;
    writeFileSync(
      receipt,
      text
        .split("\n")
        .slice(0, -(checkpoint.signatures.length - lines) - 1)
        .join("\n") + "\n",
    );
    expect(await run(["verify", path, "--receipt", receipt, "--policy", policy])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("(NOT_ENOUGH_WITNESSES)") as string,
    });
  });

  it("a policy is of all operators or of one's log alone, and says where they are", async () => {
    const node = ["--rpc", both.chain.url, "--registry", both.chain.registry, "--finality", "1"];
    const of = async (...args: readonly string[]): Promise<Policy> =>
      parsePolicy((await run(["policy", ...node, ...args])).stdout);
    const { logs, witnesses, statusKeys, groups, issued = 0, expires } = await of();
    expect([logs.length, witnesses.length, statusKeys.length]).toEqual([2, 2, 2]);
    expect(groups.at(-1)).toMatchObject({ threshold: 2, members: ["institution-1", "institution-2"] });
    expect(expires).toBe(issued + 365 * 86_400);
    const one = await of("--log", "2", "--url", "1=https://a.example/", "--url", "2=http://127.0.0.1:9/x");
    expect(one.logs.map(({ url }) => url)).toEqual(["http://127.0.0.1:9/x/log"]);
    expect(one.witnesses.map(({ url }) => url)).toEqual([
      "https://a.example/witness",
      "http://127.0.0.1:9/x/witness",
    ]);
    expect(one.groups.at(-1)).toMatchObject({ name: "others", threshold: 1, members: ["institution-1"] });
    const refused = async (...args: readonly string[]): Promise<string> =>
      (await run(["policy", ...node, ...args])).stderr;
    expect(await refused("--log", "9")).toContain("(OPERATOR_UNKNOWN)");
    for (const url of [
      "2",
      "2=ftp://a.example",
      "0=https://a.example",
      "2=https://a.example/#x",
      "2=https://a b",
    ])
      expect(await refused("--url", url)).toContain("(USAGE)");
  });

  it("whatever key an admin adds, the policy is readable, and names the key", async () => {
    const path = join(both.chain.folder, "governance", "institution-2-admin.key");
    const governance = new Governance(new JsonRpc(both.chain.url), {
      registry: both.chain.registry,
      chainId: 31_337,
      key: new LocalSigner(await readKey(path)),
    });
    const key = { operator: 2, purpose: "log", from: 0, until: 0, possession: new Uint8Array(64) } as const;
    const added: string[] = [];
    for (const [signatureType, publicKey] of [
      [1, Uint8Array.of(1, 2, 3)],
      [1, new Uint8Array(32).with(0, 1)],
      [6, new Uint8Array(1_312).fill(7)],
      [255, new Uint8Array(1)],
    ] as const) {
      await governance.execute({ act: "add-operator-key", ...key, signatureType, publicKey });
      added.push(toHex(operatorKeyId({ ...key, signatureType, publicKey })));
    }
    const node = ["--rpc", both.chain.url, "--registry", both.chain.registry, "--finality", "1"];
    const { stdout } = await run(["policy", ...node]);
    expect(parsePolicy(stdout).logs).toHaveLength(2);
    for (const id of added)
      expect(stdout).toMatch(new RegExp(`^# left out: operator 2 \\| log \\| ${id} \\| `, "m"));
    // the service's own keys count as before
    const before = await checkpointOf(both.services[0], () => true);
    await anchored("after.pdf", isWitnessed);
    expect(before.text).not.toBe((await checkpointOf(both.services[0], isWitnessed)).text);
  });

  it("an operator continues while the other is unreachable, and the receipt shows which signatures it has", async () => {
    const before = await checkpointOf(both.services[0], isWitnessed);
    both.cut();
    const [, index] = await anchored("alone.pdf", () => true);
    const receiptOf = async (): Promise<Note> => {
      const headers = { authorization: `Bearer ${both.services[0].keys.verifier}` };
      const response = await fetch(`${both.services[0].url}/v1/entries/${index}/receipt`, { headers });
      return parseReceipt(new Uint8Array(await response.arrayBuffer())).checkpoint;
    };
    expect(witnesses(await receiptOf())).toEqual(bothOf(1).slice(0, 1));
    expect(parseCheckpoint(before.text).size).toBeLessThanOrEqual(index);
    const ready = await ask(`${both.services[0].url}/readyz`);
    expect(ready).toMatchObject({ status: 200, body: { status: "ready", splitViews: [] } });
    both.connect();
    await checkpointOf(both.services[0], (note, size) => size > index && isWitnessed(note));
    expect(witnesses(await receiptOf())).toEqual(bothOf(1));
  });

  it("an operator prints its keys in the form of the directory", async () => {
    const ran = await run(["operator", "keys", "1", origin, "--json"]);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    const { keys } = JSON.parse(ran.stdout) as {
      keys: { purpose: string; publicKey: string; keyId: string }[];
    };
    expect(keys.map(({ purpose }) => purpose)).toEqual(["log", "witness", "status"]);
    const { body } = await ask(`${both.services[0].url}/v1/institutions`);
    const [{ keys: entered } = { keys: [] }] = body["operators"] as {
      keys: { id: string; publicKey: string }[];
    }[];
    expect(keys.map(({ keyId }) => keyId).sort()).toEqual(entered.map(({ id }) => id).sort());
    const shown = await run(["operator", "keys", "1", origin]);
    for (const { publicKey } of keys) expect(shown.stdout).toContain(`--public-key ${publicKey}`);
    for (const name of ["log", "witness", "status"]) {
      const path = join(both.services[0].folder, "data", "operator", `${name}.key`);
      expect(ran.stdout + shown.stdout).not.toContain(readFileSync(path, "utf8").trim());
    }
  });

  it("an operator without keys reports that there are none", async () => {
    const ran = await hufuHere(["operator", "keys", "1", origin], { HUFU_DATA_DIR: join(folder, "nothing") });
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(ran.stderr).toContain("(FILE_NOT_FOUND)");
  });
});

/** A request as others' tools send it; without a type where none is given. */
async function post(
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<{ status: number; type: string; retryAfter: string | undefined; text: string }> {
  return await new Promise((resolve, reject) => {
    const url = `${both.services[1].url}/witness/add-checkpoint`;
    const sent = httpRequest(url, { method: "POST", headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => {
        const { statusCode: status = 0, headers: got } = response;
        resolve({ status, type: got["content-type"] ?? "", retryAfter: got["retry-after"], text });
      });
    });
    sent.on("error", reject).end(body);
  });
}

/** A request for what the first operator has signed, changed as said. */
async function requestFor(
  change: {
    old?: number;
    origin?: string;
    size?: number;
    signer?: "log" | "witness";
    by?: 1 | 2;
  } = {},
): Promise<string> {
  const newest = await checkpointOf(both.services[0], isWitnessed);
  const checkpoint = { ...parseCheckpoint(newest.text), origin: change.origin ?? origin };
  const text = formatCheckpoint({ ...checkpoint, size: change.size ?? checkpoint.size });
  const { by = 1 } = change;
  const seeds = await operatorSeeds({ dataDir: join(both.services[by - 1]?.folder ?? "", "data") });
  const signer = signerFrom(seeds, change.signer ?? "log", { origin: change.origin ?? origin, id: by });
  const note = { text, signatures: [signNote(text, signer)] };
  return formatCosignatureRequest({ old: change.old ?? checkpoint.size, proof: [], note });
}

describe("POST /witness/add-checkpoint", () => {
  it.each([{}, { "content-type": "text/plain" }, { "content-type": "text/plain; charset=utf-8" }])(
    "add-checkpoint answers signature lines without an API key (%j)",
    async (headers) => {
      const asked = await requestFor();
      const answer = await post(asked, headers);
      expect(answer).toMatchObject({ status: 200, type: "text/plain; charset=utf-8" });
      const { text } = parseNote(asked.slice(asked.indexOf("\n\n") + 2));
      expect(witnesses(parseNote(`${text}\n${answer.text}`))).toEqual([keyNames.witness(origin, 2)]);
    },
  );

  it("add-checkpoint answers a wrong old size with 409 and the size only", async () => {
    const newest = parseCheckpoint((await checkpointOf(both.services[0], isWitnessed)).text);
    const answer = await post(await requestFor({ old: 0 }));
    expect(answer).toMatchObject({ status: 409, type: "text/x.tlog.size", text: `${newest.size}\n` });
  });

  it.each<[string, () => Promise<string | Buffer>, Record<string, string>, number, string]>([
    ["nothing", () => Promise.resolve(""), {}, 400, "TYPE"],
    ["words", () => Promise.resolve("cosign this, please\n"), {}, 400, "WITNESS_REQUEST"],
    [
      "bytes that are no text",
      () => Promise.resolve(Buffer.from([0xff, 0xfe, 10])),
      {},
      400,
      "WITNESS_REQUEST",
    ],
    ["an old size above", () => requestFor({ old: 10 ** 6 }), {}, 400, "WITNESS_REQUEST"],
    ["another log", () => requestFor({ origin: "example.com/log" }), {}, 404, "LOG_UNKNOWN"],
    ["another key", () => requestFor({ signer: "witness" }), {}, 403, "LOG_KEY_UNKNOWN"],
    ["what is not final here", () => requestFor({ size: 10 ** 6, by: 2 }), {}, 503, "WITNESS_UNAVAILABLE"],
    ["more than 64 KiB", () => Promise.resolve("x".repeat((64 << 10) + 1)), {}, 413, "BODY_TOO_LARGE"],
    ["JSON", () => Promise.resolve("{}"), { "content-type": "application/json" }, 415, "CONTENT_TYPE"],
    [
      "a document",
      () => Promise.resolve("%PDF"),
      { "content-type": "application/pdf" },
      415,
      "SEND_DIGEST_ONLY",
    ],
    [
      "another charset",
      () => requestFor(),
      { "content-type": "text/plain; charset=utf-16" },
      415,
      "CONTENT_TYPE",
    ],
    ["a compressed body", () => requestFor(), { "content-encoding": "gzip" }, 415, "CONTENT_ENCODING"],
  ])("add-checkpoint refuses %s", async (_, body, headers, status, code) => {
    const answer = await post(await body(), headers);
    expect([answer.status, answer.type]).toEqual([status, "application/problem+json"]);
    expect(JSON.parse(answer.text)).toMatchObject({ code, status });
    expect(answer.retryAfter).toBe(status === 503 ? "1" : undefined);
  });

  it("a checkpoint that is not final here yet is logged without an error", async () => {
    const count = (text: string): number => both.logged.filter((line) => line.includes(text)).length;
    const before = count("WITNESS_UNAVAILABLE");
    await post(await requestFor({ size: 10 ** 6, by: 2 }));
    expect(count("WITNESS_UNAVAILABLE")).toBe(before + 1);
    expect(count('"level":50')).toBe(0);
  });

  it("add-checkpoint has no method but POST", async () => {
    const answer = await ask(`${both.services[1].url}/witness/add-checkpoint`);
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
  });

  it("no other route accepts text", async () => {
    const answer = await ask(`${both.services[1].url}/v1/verifications`, {
      body: await requestFor(),
      headers: { "content-type": "text/plain" },
    });
    expect(answer.status).toBe(415);
  });

  it("add-checkpoint refuses extension lines, and none of them is served after", async () => {
    const { text } = await checkpointOf(both.services[0], isWitnessed);
    const long = `${text}${`${"x".repeat(79)}\n`.repeat(500)}`;
    const seeds = await operatorSeeds({ dataDir: join(both.services[0].folder, "data") });
    const signatures = [signNote(long, signerFrom(seeds, "log", { origin, id: 1 }))];
    const old = parseCheckpoint(text).size;
    const answer = await post(formatCosignatureRequest({ old, proof: [], note: { text: long, signatures } }));
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toMatchObject({ code: "WITNESS_REQUEST" });
    for (const { url } of both.services)
      expect((await (await fetch(`${url}/log/checkpoint`)).text()).length).toBeLessThan(1_500);
  });

  it("add-checkpoint keeps nothing of a refused request", async () => {
    const before = parseCheckpoint((await checkpointOf(both.services[0], isWitnessed)).text).size;
    await anchorSome(both.services[0], 3);
    await checkpointOf(both.services[0], (note, size) => size > before && isWitnessed(note));
    const size = parseCheckpoint((await checkpointOf(both.services[0], isWitnessed)).text).size;
    await post(await requestFor({ old: 0 }));
    expect(await post(await requestFor({ old: size }))).toMatchObject({ status: 200 });
  });
});

describe("GET /witness/{log}/checkpoint", () => {
  const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");
  const read = async (log: string, service = 1): Promise<Response> =>
    await fetch(`${both.services[service]?.url ?? ""}/witness/${log}/checkpoint`);

  it("a monitor reads the newest checkpoint, signed by the log key that was verified and cosigned by the witness", async () => {
    const asked = await requestFor();
    const { status, text: lines } = await post(asked);
    expect(status).toBe(200);
    const response = await read(hashOf(origin));
    expect([response.status, response.headers.get("content-type")]).toEqual([
      200,
      "text/plain; charset=utf-8",
    ]);
    const note = parseNote(await response.text());
    const sent = parseNote(asked.slice(asked.indexOf("\n\n") + 2));
    expect(note.text).toBe(sent.text);
    const seeds = await operatorSeeds({ dataDir: join(both.services[0].folder, "data") });
    expect(verifyNote(note, signerFrom(seeds, "log", { origin, id: 1 }).key)).toBe(true);
    const own = await operatorSeeds({ dataDir: join(both.services[1].folder, "data") });
    const witness = signerFrom(own, "witness", { origin, id: 2 }).key;
    const answered = cosignedAt(parseNote(`${sent.text}\n${lines}`), witness);
    expect(cosignedAt(note, witness)).toBeGreaterThanOrEqual(answered ?? Infinity);
  });

  it.each([
    ["another log", () => hashOf("example.com/log")],
    ["the origin itself", () => encodeURIComponent(origin)],
    ["the hash in capitals", () => hashOf(origin).toUpperCase()],
  ])("%s is not found", async (_, log) => {
    const response = await read(log());
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: "CHECKPOINT_NOT_FOUND" });
  });
});
