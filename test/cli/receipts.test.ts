import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SAMPLE_INSTITUTIONS } from "../../src/chain/embedded/samples.ts";
import { formatOfficialId } from "../../src/core/official-id.ts";
import { formatReceipt, parseReceipt } from "../../src/log/receipt.ts";
import { initSalts } from "../../src/main/salts.ts";
import { hufuHere, type Ran } from "../support/cli/cli.ts";
import { ownPolicy } from "../support/service/own-policy.ts";
import { startTestService, type TestService } from "../support/service/service.ts";
import { TwoOperators } from "../support/service/two-operators.ts";

const OPEN = "enterprise-credit-report";
const PERSONAL = "personal-credit-report";
const [SHENZHEN = ""] = SAMPLE_INSTITUTIONS.map(formatOfficialId);
let service: TestService;
let folder: string;
let policy: string;

beforeAll(async () => {
  service = await startTestService();
  folder = mkdtempSync(join(tmpdir(), "hufu-receipts-"));
  (await initSalts(join(folder, "salts")))[Symbol.dispose]();
  policy = file("policy", await ownPolicy(service));
});
afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string, content: string | Buffer = randomBytes(2_000)): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function run(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  return await hufuHere(args, {
    HUFU_DATA_DIR: join(service.folder, "data"),
    HUFU_SALT_DIR: join(folder, "salts"),
    XDG_CACHE_HOME: join(folder, "cache"),
    ...env,
  });
}

/** A machine with nothing but files on it. */
const alone = (args: readonly string[]): Promise<Ran> =>
  run(args, {
    HUFU_DATA_DIR: "/nonexistent/hufu",
    HUFU_SERVER: "http://127.0.0.1:9",
    HUFU_SALT_DIR: join(folder, "no-salts"),
  });

async function anchored(path: string, scene = OPEN): Promise<string> {
  const ran = await run(["anchor", path, "--scene", scene, "--json"]);
  expect(ran.code).toBe(0);
  const { anchors } = JSON.parse(ran.stdout) as { anchors: { index: number }[] };
  return String(anchors[0]?.index);
}

describe("an expected issuer", () => {
  it("the receipt's institution is held against it without a network", async () => {
    const path = file("expected.pdf");
    const receipt = join(folder, "expected.tlog-proof");
    await run(["receipt", await anchored(path), "--out", receipt]);
    const verify = (issuer: string): Promise<Ran> =>
      alone([
        ...["verify", path, "--receipt", receipt, "--policy", policy],
        ...["--expected-issuer", issuer, "--json"],
      ]);
    for (const issuer of ["1", SHENZHEN]) {
      const ran = await verify(issuer);
      expect(ran.code).toBe(3);
      expect(JSON.parse(ran.stdout)).toMatchObject({
        verdict: "registered",
        results: [{ chosenBy: "caller", institution: { id: 1 } }],
      });
    }
    for (const issuer of ["2", `${SHENZHEN}1`, SHENZHEN.replace("CN", "HK")]) {
      const ran = await verify(issuer);
      expect(ran.code).toBe(1);
      expect(JSON.parse(ran.stdout)).toMatchObject({
        verdict: null,
        results: [{ error: { code: "ISSUER_MISMATCH" } }],
      });
    }
  });

  it("a name that the receipt does not prove is no mismatch: exit 3", async () => {
    const path = file("unproven.pdf");
    const receipt = join(folder, "unproven.tlog-proof");
    await run(["receipt", await anchored(path), "--out", receipt]);
    const { extra, ...rest } = parseReceipt(readFileSync(receipt));
    const bare = file(
      "bare.tlog-proof",
      formatReceipt({ ...rest, extra: { ...extra, directory: undefined } }),
    );
    const ran = await alone([
      ...["verify", path, "--receipt", bare, "--policy", policy],
      ...["--expected-issuer", SHENZHEN],
    ]);
    expect(ran).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("(INSTITUTION_UNPROVEN)") as string,
    });
  });
});

describe("a receipt", () => {
  it("a receipt is fetched once a checkpoint covers the document, and verifies it offline", async () => {
    const path = file("report.pdf");
    const index = await anchored(path);
    const receipt = join(folder, "report.tlog-proof");
    expect(await run(["receipt", index, "--out", receipt])).toMatchObject({ code: 0, stderr: "" });
    expect(readFileSync(receipt, "utf8")).toMatch(/^c2sp\.org\/tlog-proof@v1\n/);
    const ran = await alone(["verify", path, "--receipt", receipt, "--policy", policy]);
    expect(ran).toMatchObject({ code: 3, stderr: "" });
    expect(ran.stdout).toContain("Shenzhen Tiger Tally");
    expect(ran.stdout).toMatch(/witness\s+own/);
    const json = await alone(["verify", path, "--receipt", receipt, "--policy", policy, "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      verdict: "registered",
      results: [{ file: path, verdict: "registered", index: Number(index), institution: { id: 1 } }],
    });
  });

  it("a receipt is for its owner only, and is paired with its file by content, not by order", async () => {
    const [path, other] = [file("paired.pdf"), file("other.pdf")];
    const [mine, blinded] = [join(folder, "mine.tlog-proof"), join(folder, "blinded.tlog-proof")];
    const none = { HUFU_SALT_DIR: join(folder, "no-salts") };
    await run(["receipt", await anchored(other, PERSONAL), "--out", blinded], none);
    await run(["receipt", await anchored(path), "--out", mine]);
    expect(statSync(mine).mode & 0o777).toBe(0o600);
    const receipts = ["--receipt", blinded, "--receipt", mine, "--policy", policy];
    expect(await alone(["verify", path, ...receipts])).toMatchObject({ code: 3, stderr: "" });
    expect((await alone(["verify", other, ...receipts])).stderr).toContain("(SALT_MISSING)");
  });

  it.each<[string, string[], string]>([
    ["a node to read", ["--policy", "p", "--rpc", "http://127.0.0.1:9"], "USAGE"],
    ["a statement and no receipt", ["--policy", "p", "--status", "s"], "USAGE"],
    ["a server to ask", ["--receipt", "r", "--policy", "p", "--server", "http://127.0.0.1:9"], "USAGE"],
  ])("a verification by receipt with %s is refused", async (_, args, code) => {
    const ran = await alone(["verify", file("asked.pdf"), ...args]);
    expect(ran).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining(`(${code})`) as string,
    });
  });

  it("no status statement is made where the directory has one operator: no reader could believe it", async () => {
    const index = await anchored(file("unstated.pdf"));
    expect(await run(["statement", index])).toMatchObject({
      code: 3,
      stdout: "",
      stderr: expect.stringContaining("(NOT_ENOUGH_WITNESSES)") as string,
    });
    expect(await run(["statement", "0"])).toMatchObject({ code: 2 });
  });

  it("a receipt is not written over another file", async () => {
    const index = await anchored(file("kept.pdf"));
    const taken = file("taken.tlog-proof", "mine");
    expect(await run(["receipt", index, "--out", taken])).toMatchObject({ code: 2 });
    expect(readFileSync(taken, "utf8")).toBe("mine");
    expect(statSync(taken).size).toBe(4);
  });

  it("a receipt of a blinded document has its salt only on the machine where it was blinded", async () => {
    const path = file("person.pdf");
    const index = await anchored(path, PERSONAL);
    const receipt = file("person.tlog-proof", (await run(["receipt", index])).stdout);
    expect(await alone(["verify", path, "--receipt", receipt, "--policy", policy])).toMatchObject({
      code: 3,
    });
    const without = await run(["receipt", index], { HUFU_SALT_DIR: join(folder, "no-salts") });
    const bare = file("bare.tlog-proof", without.stdout);
    expect(await alone(["verify", path, "--receipt", bare, "--policy", policy])).toMatchObject({
      code: 3,
      stdout: "",
      stderr: expect.stringContaining("(SALT_MISSING)") as string,
    });
  });

  it("the receipt of each file is found by its content", async () => {
    const [a, b] = [file("a.pdf"), file("b.pdf")];
    const receipts: string[] = [];
    for (const path of [a, b])
      receipts.push(file(`${path.slice(-5)}.r`, (await run(["receipt", await anchored(path)])).stdout));
    const [first = "", second = ""] = receipts;
    const args = ["--receipt", second, "--receipt", first, "--policy", policy];
    expect(await alone(["verify", a, b, ...args])).toMatchObject({ code: 3, stderr: "" });
    expect(await alone(["verify", a, file("c.pdf"), ...args])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("(DOCUMENT_MISMATCH)") as string,
    });
  });

  it.each<[string, () => Promise<string[]>, number, string]>([
    [
      "a policy that is not there",
      async () => ["--receipt", await aReceipt(), "--policy", "/none"],
      2,
      "POLICY_MISSING",
    ],
    [
      "an empty policy",
      async () => ["--receipt", await aReceipt(), "--policy", file("empty", "")],
      2,
      "POLICY_SYNTAX",
    ],
    [
      "a policy without witness",
      async () => ["--receipt", await aReceipt(), "--policy", file("none", noWitness())],
      2,
      "POLICY_NO_WITNESS",
    ],
    [
      "another log's policy",
      async () => [
        "--receipt",
        await aReceipt(),
        "--policy",
        file(
          "other",
          readFileSync(policy, "utf8")
            .replaceAll(/31337\d{10}:/g, "31338:")
            .replace(/\+[0-9a-f]{8}\+/g, "+00000000+"),
        ),
      ],
      2,
      "POLICY_SYNTAX",
    ],
    [
      "a receipt that is not there",
      () => Promise.resolve(["--receipt", "/none", "--policy", policy]),
      2,
      "FILE_NOT_FOUND",
    ],
    [
      "no receipt at all",
      () => Promise.resolve(["--receipt", file("pdf"), "--policy", policy]),
      2,
      "RECEIPT_SYNTAX",
    ],
    [
      "a policy that never ends",
      async () => {
        const long = `${readFileSync(policy, "utf8")}${" ".repeat(70_000)}`;
        return ["--receipt", await aReceipt(), "--policy", file("long", long)];
      },
      2,
      "POLICY_SYNTAX",
    ],
  ])("a verification by receipt with %s verifies nothing", async (_, options, code, name) => {
    const ran = await alone(["verify", file("x.pdf"), ...(await options())]);
    expect(ran).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(`(${name})`) as string });
  });

  it("a receipt without a policy is checked by a service: without one nothing is established", async () => {
    const path = file("asked.pdf");
    const receipt = file("asked.tlog-proof", (await run(["receipt", await anchored(path)])).stdout);
    expect(await alone(["verify", path, "--receipt", receipt])).toMatchObject({
      code: 3,
      stdout: "",
      stderr: expect.stringContaining("(SERVER_UNREACHABLE)") as string,
    });
    expect((await run(["verify", path, "--receipt", receipt])).code).toBe(0);
  });

  it("a receipt of an entry that has none is refused", async () => {
    expect(await run(["receipt", "0"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("(NOT_A_DOCUMENT)") as string,
    });
    expect(await run(["receipt", "999999"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("(ENTRY_NOT_FOUND)") as string,
    });
    expect(await run(["receipt", "one"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("(USAGE)") as string,
    });
  });

  let made: string | undefined;
  async function aReceipt(): Promise<string> {
    made ??= file("any.tlog-proof", (await run(["receipt", await anchored(file("any.pdf"))])).stdout);
    return made;
  }
  const noWitness = (): string =>
    readFileSync(policy, "utf8")
      .replace(/^witness.*$/m, "")
      .replace("quorum own", "quorum none");
});

describe("a status statement", () => {
  it("a status statement is fetched with a receipt, or later, and both are verified by the policy", async () => {
    await using both = await TwoOperators.start();
    const from = { HUFU_DATA_DIR: join(both.services[0].folder, "data") };
    const path = file("stated.pdf");
    const ran = await run(["anchor", path, "--scene", OPEN, "--json"], from);
    const { anchors } = JSON.parse(ran.stdout) as { anchors: [{ index: number }] };
    const index = String(anchors[0].index);
    await run(["statement", index], from); // once there is one, receipts are cosigned
    const [receipt, status] = [join(folder, "stated.tlog-proof"), join(folder, "stated.status.json")];
    const fetched = await run(["receipt", index, "--out", receipt, "--status", status], from);
    expect(fetched).toMatchObject({ code: 0, stderr: "" });
    const trusted = ["--receipt", receipt, "--policy", file("both", await both.policy())];
    const verified = await alone(["verify", path, ...trusted, "--status", status]);
    expect(verified).toMatchObject({ code: 0, stderr: "" });
    expect(await run(["receipt", index, "--status", status], from)).toMatchObject({ code: 2 });
    await run(["revoke", index, "--reason", "issued-in-error"], from);
    const later = file("later.status.json", (await run(["statement", index], from)).stdout);
    const revoked = await alone(["verify", path, ...trusted, "--status", later]);
    expect(revoked).toMatchObject({ code: 1, stderr: "" });
    expect(revoked.stdout).toContain("proven by status entry");
    const { statement } = JSON.parse((await run(["statement", index, "--json"], from)).stdout) as {
      statement: string;
    };
    expect(statement).toContain("hufu/status/v1");
  });
});

describe("a policy", () => {
  /** The policy as made so many days ago. */
  const aged = (days: number): string => {
    const at = (time: number): string => `${new Date(time * 1000).toISOString().slice(0, 19)}Z`;
    const issued = Math.floor(Date.now() / 1000) - days * 86_400;
    const header = `# hufu issued ${at(issued)}\n# hufu expires ${at(issued + 365 * 86_400)}\n`;
    return file(`policy-of-${days}-days`, header + readFileSync(policy, "utf8"));
  };
  const byPolicy = async (of: string, ...args: readonly string[]): Promise<Ran> => {
    const document = file("aged.pdf");
    const receipt = join(folder, randomBytes(8).toString("hex"));
    await run(["receipt", await anchored(document), "--out", receipt]);
    return await run(["verify", document, "--receipt", receipt, "--policy", of, ...args]);
  };

  it("its age is told above 90 days, in each language", async () => {
    const young = await byPolicy(aged(89), "--json");
    expect(JSON.parse(young.stdout)).toMatchObject({
      results: [{ verdict: "registered", policyDays: null }],
    });
    const old = await byPolicy(aged(120), "--json");
    expect(JSON.parse(old.stdout)).toMatchObject({ results: [{ verdict: "registered", policyDays: 120 }] });
    for (const [lang, text] of [
      ["en", "120 days old"],
      ["zh-Hans", "120 天"],
      ["zh-Hant", "120 天"],
    ] as const)
      expect((await byPolicy(aged(120), "--lang", lang)).stdout).toContain(text);
  });

  it("nothing is believed once it has expired", async () => {
    expect(await byPolicy(aged(366))).toMatchObject({
      code: 3,
      stdout: "",
      stderr: expect.stringContaining("(POLICY_EXPIRED)") as string,
    });
    const audit = await run(["audit", "log", "--log", service.url, "--policy", aged(366)]);
    expect(audit).toMatchObject({ code: 3, stderr: expect.stringContaining("(POLICY_EXPIRED)") as string });
  });

  it("a policy is not made of a single operator", async () => {
    expect(await run(["policy"])).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("(POLICY_NO_WITNESS)") as string,
    });
  });

  it("for trying out, one of a single operator is made: answers by it are that operator's word, exit 3", async () => {
    const made = await run(["policy", "--one-operator"]);
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(made.stdout.match(/^# hufu one-operator$/gm)).toHaveLength(1);
    const own = file("own-policy", made.stdout);
    const document = file("tried.pdf");
    const receipt = join(folder, "tried.tlog-proof");
    const index = await anchored(document);
    await run(["receipt", index, "--out", receipt]);
    const offline = ["--receipt", receipt, "--policy", own];
    for (const [args, verdict] of [
      [["--policy", own], "valid"],
      [offline, "registered"],
    ] as const) {
      const ran = await run(["verify", document, ...args, "--json"]);
      expect([ran.code, JSON.parse(ran.stdout)]).toMatchObject([
        3,
        { verdict, results: [{ verdict, restsOn: "operator", oneOperator: true }] },
      ]);
      for (const [lang, text] of [
        ["en", "the word of one operator"],
        ["zh-Hans", "一个运营方的声明"],
        ["zh-Hant", "一個營運方的聲明"],
      ] as const)
        expect((await run(["verify", document, ...args, "--lang", lang])).stdout).toContain(text);
    }
    await run(["revoke", index, "--reason", "issued-in-error"]);
    expect(await run(["verify", document, "--policy", own])).toMatchObject({ code: 1 });
    // it is kept nowhere: what a service says without a policy is as before
    expect(await run(["verify", file("never.pdf")])).toMatchObject({ code: 1 });
    expect((await run(["policy", "--one-operator", "--log", "9"])).stderr).toContain("(OPERATOR_UNKNOWN)");
  });
});
