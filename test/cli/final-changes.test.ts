import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Terminal } from "../../src/cli/context.ts";
import { terminalOf } from "../../src/cli/terminal.ts";
import { hufuHere, type Ran } from "../support/cli/cli.ts";
import { ask, startTestService, type TestService } from "../support/service/service.ts";

const OPEN = "enterprise-credit-report";
const PERSONAL = "personal-credit-report";
let service: TestService;
let folder: string;
let count = 0;

beforeAll(async () => {
  service = await startTestService();
  folder = mkdtempSync(join(tmpdir(), "hufu-final-"));
  expect((await run(["salts", "init"])).code).toBe(0);
});
afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (args: readonly string[], options: { terminal?: Terminal } = {}, at = service): Promise<Ran> =>
  hufuHere(args, { HUFU_DATA_DIR: join(at.folder, "data"), XDG_CACHE_HOME: join(folder, "cache") }, options);

/** A person who types the answers; `asked` is what was asked. */
function person(...answers: readonly string[]): { terminal: Terminal; asked: string[] } {
  const left = [...answers];
  const asked: string[] = [];
  const answer = (question: string): Promise<string> => {
    asked.push(question);
    const typed = left.shift();
    return typed === undefined
      ? Promise.reject(new RangeError(`asked: ${question}`))
      : Promise.resolve(typed);
  };
  return { terminal: { ask: answer }, asked };
}

function file(content: string | Buffer = randomBytes(200)): string {
  const path = join(folder, `${count++}.pdf`);
  writeFileSync(path, content);
  return path;
}

interface Registered {
  readonly path: string;
  readonly index: number;
  readonly reference: string;
}

async function anchor(scene = OPEN, at = service): Promise<Registered> {
  const [path, reference] = [file(), `F-${count}`];
  const ran = await run(["anchor", path, "--scene", scene, "--reference", reference, "--json"], {}, at);
  expect(ran.code).toBe(0);
  const { anchors } = JSON.parse(ran.stdout) as { anchors: { index: number }[] };
  return { path, index: anchors[0]?.index ?? -1, reference };
}

async function entry(index: number, at = service): Promise<Record<string, unknown>> {
  return (await ask(`${at.url}/v1/entries/${index}`, { key: at.keys.issuer })).body;
}
const statusOf = async (index: number, at = service): Promise<unknown> => (await entry(index, at))["status"];
const withoutTimes = (text: string): string =>
  text.replaceAll(/entry \d+/g, "entry N").replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, "T");

describe("a person on a terminal", () => {
  const REASON = ["--reason", "issued-in-error"];

  it.each([
    ["en", "enterprise credit report", "Shenzhen", /cannot be undone\. revoke entry \d+\? \(y\/N\) $/i],
    ["zh-Hans", "企业信用报告", "深圳", /不可撤回。确定撤销记录 \d+？\(y\/N\) $/],
    ["zh-Hant", "企業信貸報告", "深圳", /不可撤回。確定撤銷紀錄 \d+？\(y\/N\) $/],
  ])("is shown which document is revoked, and asked (%s)", async (language, type, issuer, question) => {
    const { index, reference } = await anchor();
    const clerk = person("y");
    const ran = await run(["revoke", "--reference", reference, ...REASON, "--lang", language], clerk);
    expect(ran.code).toBe(0);
    expect(clerk.asked).toEqual([expect.stringMatching(question)]);
    const { recordedAt } = await entry(index);
    const minute = new Date(Date.parse(String(recordedAt)) + 8 * 3_600_000).toISOString().slice(0, 16);
    for (const shown of [String(index), reference, type, issuer, minute.slice(0, 10)])
      expect(ran.stderr.toLowerCase()).toContain(shown.toLowerCase());
    expect(await statusOf(index)).toBe("revoked");
  });

  it.each(["", "n", "no", "yess", "否", "yn"])("changes nothing by the answer %j", async (answer) => {
    const { index } = await anchor();
    const ran = await run(["revoke", String(index), ...REASON], person(answer));
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(ran.stderr).toContain("nothing was changed");
    expect(await statusOf(index)).toBe("active");
  });

  it.each(["y", "Y", "yes", " YES ", "是"])("agrees by the answer %j", async (answer) => {
    const { index } = await anchor();
    expect((await run(["revoke", String(index), ...REASON], person(answer))).code).toBe(0);
    expect(await statusOf(index)).toBe("revoked");
  });

  it("is asked neither with --yes nor with --json, nor about what can be taken back", async () => {
    const [one, two, three] = [await anchor(), await anchor(), await anchor()];
    const nobody = person();
    for (const args of [
      ["revoke", String(one.index), "--yes"],
      ["revoke", String(two.index), "--json"],
      ["suspend", String(three.index)],
      ["reinstate", String(three.index)],
    ])
      expect((await run([...args, ...REASON], nobody)).code).toBe(0);
    expect(nobody.asked).toEqual([]);
    expect((await run(["suspend", String(three.index), "--yes", ...REASON])).code).toBe(2);
  });

  it("is shown the withdrawn document's status, whatever it is", async () => {
    const { index } = await anchor();
    await run(["suspend", String(index), ...REASON]);
    const ran = await run(["revoke", String(index), ...REASON], person("n"));
    expect(ran.stderr).toMatch(/status +on hold/i);
  });
});

describe("a script", () => {
  it.each([
    ["revoke", []],
    ["supersede", ["--by"]],
  ])("%s asks nothing without a terminal, and prints the same", async (action, by) => {
    const [here, there, next] = [await anchor(), await anchor(), await anchor()];
    const rest = [...by.flatMap((option) => [option, String(next.index)]), "--reason", "content-corrected"];
    const asked: string[] = [];
    const send = globalThis.fetch;
    const spy = vi.spyOn(globalThis, "fetch").mockImplementation(async (url, options) => {
      const at = url instanceof Request ? url.url : url.toString();
      if (at.startsWith(`${service.url}/`)) asked.push(at); // not of the service to its chain
      return await send(url, options);
    });
    const scripted = await run([action, String(here.index), ...rest]).finally(() => spy.mockRestore());
    expect(asked).toEqual([`${service.url}/v1/entries/${here.index}/status?wait=final`]);
    const agreed = await run([action, String(there.index), ...rest], person("y"));
    expect(scripted).toMatchObject({ code: 0, stderr: "" });
    expect(withoutTimes(scripted.stdout)).toBe(withoutTimes(agreed.stdout));
  });

  it("a reason that is none is refused before anything is shown or registered", async () => {
    const { index } = await anchor();
    const fresh = file();
    for (const args of [
      ["revoke", String(index)],
      ["supersede", String(index), fresh],
    ])
      expect((await run([...args, "--reason", "because"], person())).stderr).toContain("(REASON_CODE)");
    expect((await run(["verify", fresh])).code).toBe(1);
  });
});

describe("a dry run", () => {
  it.each(["revoke", "suspend", "reinstate", "supersede"])(
    "of %s shows the document and changes nothing",
    async (action) => {
      const [{ index, reference }, fresh] = [await anchor(), file()];
      const args = [action, "--reference", reference, ...(action === "supersede" ? [fresh] : [])];
      const options = ["--reason", "other", "--dry-run"];
      const shown = await run([...args, ...options], person());
      expect(shown).toMatchObject({ code: 0, stderr: "" });
      for (const part of [reference, "enterprise credit report", "In force", "a dry run"])
        expect(shown.stdout.toLowerCase()).toContain(part.toLowerCase());
      const json = await run([...args, ...options, "--json"]);
      expect(JSON.parse(json.stdout)).toMatchObject({
        action,
        sent: false,
        document: { index, references: [reference], status: "active" },
        ...(action === "supersede" ? { successor: fresh } : {}),
      });
      expect(await statusOf(index)).toBe("active");
      expect((await run(["verify", fresh])).code).toBe(1);
    },
  );
});

describe("a new file in the place of a document", () => {
  const args = (old: string, fresh: string): string[] => [
    ...["supersede", old, fresh, "--reason", "content-corrected"],
  ];

  it.each([OPEN, PERSONAL])(
    "is registered first with the document's particulars, then takes its place (%s)",
    async (scene) => {
      const old = await anchor(scene);
      const fresh = file();
      const clerk = person("y");
      const ran = await run(args(old.path, fresh), clerk);
      expect(ran.code).toBe(0);
      expect(ran.stderr).toContain(fresh);
      expect(ran.stdout).toMatch(/registered as entry \d+[^]*supersede, since/);
      expect((await run(["verify", fresh])).code).toBe(0);
      const replaced = await run(["verify", old.path]);
      expect(replaced.stdout).toContain("↷ Replaced.");
      const { body } = await ask(`${service.url}/v1/entries?reference=${old.reference}`, {
        key: service.keys.issuer,
      });
      expect(body["entries"]).toMatchObject([
        { index: old.index, status: "superseded" },
        { scene, status: "active", validUntil: null },
      ]);
    },
  );

  it("has the document's end, or one of its own", async () => {
    for (const [given, expected] of [
      [[], "2098-01-01T15:59:59Z"],
      [["--valid-until", "2097-05-05"], "2097-05-05T15:59:59Z"],
    ] as const) {
      const [path, fresh] = [file(), file()];
      await run(["anchor", path, "--scene", OPEN, "--valid-until", "2098-01-01"]);
      const ran = await run([...args(path, fresh), ...given, "--json"]);
      const { successor } = JSON.parse(ran.stdout) as { successor: number };
      expect(await entry(successor)).toMatchObject({ validUntil: expected });
    }
  });

  it.each(["index", "file", "reference"])(
    "a run that was interrupted in between is run again, and finishes (by %s)",
    async (by) => {
      const old = await anchor();
      const fresh = file();
      const named =
        { index: [String(old.index)], file: [old.path], reference: ["--reference", old.reference] }[by] ?? [];
      const command = ["supersede", ...named, fresh, "--reason", "content-corrected"];
      const send = globalThis.fetch;
      const cut = vi.spyOn(globalThis, "fetch").mockImplementation(async (url, options) => {
        if ((url instanceof Request ? url.url : url.toString()).includes("/status"))
          throw new TypeError("cut off");
        return await send(url, options);
      });
      const first = await run(command).finally(() => cut.mockRestore());
      expect(first.code).toBe(3);
      expect((await run(["verify", fresh])).code).toBe(0);
      expect(await statusOf(old.index)).toBe("active");
      const before = (await ask(`${service.url}/v1/entries?limit=1000`, { key: service.keys.issuer })).body;
      const again = await run([...command, "--json"]);
      expect([again.code, JSON.parse(again.stdout)]).toMatchObject([
        0,
        { state: "final", document: old.index },
      ]);
      const after = (await ask(`${service.url}/v1/entries?limit=1000`, { key: service.keys.issuer })).body;
      expect((after["entries"] as unknown[]).length).toBe((before["entries"] as unknown[]).length + 1);
      const third = await run([...command, "--json"]);
      expect([third.code, JSON.parse(third.stdout)]).toEqual([0, JSON.parse(again.stdout)]);
    },
  );

  it("one that was sent and is not final yet is waited for", async () => {
    const old = await anchor();
    const fresh = file();
    await run(["anchor", fresh, "--scene", OPEN, "--reference", old.reference, "--no-wait"]);
    const command = ["supersede", "--reference", old.reference, fresh, "--reason", "content-corrected"];
    expect((await run(command)).code).toBe(0);
    expect(await statusOf(old.index)).toBe("superseded");
  });

  it("nothing is registered where the document stands no more, or where the place is taken", async () => {
    const [gone, replaced, next, other] = [await anchor(), await anchor(), await anchor(), await anchor()];
    await run(["revoke", String(gone.index), "--reason", "other"]);
    const by = ["--reason", "other", "--by"];
    await run(["supersede", String(replaced.index), ...by, String(next.index)]);
    for (const { index } of [gone, replaced]) {
      const fresh = file();
      expect((await run(args(String(index), fresh))).stderr).toContain("(STATUS_FINAL)");
      expect((await run(["verify", fresh])).code).toBe(1);
    }
    const late = await run(["supersede", String(replaced.index), ...by, String(other.index)]);
    expect(late.stderr).toContain("(STATUS_FINAL)");
    expect(late.stderr).toContain(`entry ${next.index}`);
  });

  it("without a file, or with a file and --by, it is refused", async () => {
    for (const rest of [[], [file(), "--by", "1"]])
      expect((await run(["supersede", "1", ...rest, "--reason", "other"])).stderr).toContain("(USAGE)");
    const unregistered = ["supersede", "1", "--by", file(), "--reason", "other"];
    expect((await run(unregistered)).stderr).toContain("(ENTRY_NOT_FOUND)");
  });
});

describe("a change that needs two persons", () => {
  it("the second is shown the same document, and asked", async () => {
    const two = await startTestService({ env: { HUFU_TWO_PERSON_REVOCATION: "true" } });
    try {
      const { body } = await ask(`${two.url}/v1/api-keys`, {
        key: two.keys.operator,
        body: { name: "checker", role: "issuer", institution: 1 },
      });
      const key = join(folder, "checker.key");
      writeFileSync(key, String(body["key"]), { mode: 0o600 });
      const checker = ["--api-key-file", key];
      const { index, reference } = await anchor(OPEN, two);
      const maker = person("y");
      const asked = await run(["revoke", String(index), "--reason", "issued-in-error"], maker, two);
      const id = /hufu approve ([0-9a-f-]{36})/.exec(asked.stdout)?.[1] ?? "";
      const rowsOf = (text: string): string[] => text.split("\n").filter((line) => /^ {2,}\w/.test(line));
      const shown = rowsOf(asked.stderr).map((line) => line.trim());
      expect(shown.join("\n")).toContain(reference);

      const listed = await run(["approvals", ...checker], {}, two);
      for (const part of [reference, "Enterprise credit report", "In force"])
        expect(listed.stdout.toLowerCase()).toContain(part.toLowerCase());
      const dry = await run(["approve", id, "--dry-run", ...checker], {}, two);
      expect(dry).toMatchObject({ code: 0, stderr: "" });
      expect(rowsOf(dry.stdout).map((line) => line.trim())).toEqual(shown);
      const declined = await run(["approve", id, ...checker], person("n"), two);
      expect(declined.code).toBe(2);
      expect(await statusOf(index, two)).toBe("active");
      const second = person("y");
      const approved = await run(["approve", id, ...checker], second, two);
      expect([approved.code, second.asked]).toEqual([0, maker.asked]);
      expect(rowsOf(approved.stderr).map((line) => line.trim())).toEqual(shown);
      expect(await statusOf(index, two)).toBe("revoked");
    } finally {
      await two.close();
    }
  });
});

describe("the terminal of a process", () => {
  const streams = (isTTY: boolean | undefined, shown: boolean | undefined) => {
    const [stdin, stderr] = [new PassThrough(), new PassThrough()];
    return { stdin: Object.assign(stdin, { isTTY }), stderr: Object.assign(stderr, { isTTY: shown }) };
  };
  const of = (given: ReturnType<typeof streams>): Terminal | undefined =>
    terminalOf(given as unknown as Parameters<typeof terminalOf>[0]);

  it("there is none where input or question is redirected", () => {
    for (const [input, shown] of [
      [undefined, true],
      [true, undefined],
      [undefined, undefined],
    ])
      expect(of(streams(input, shown))).toBeUndefined();
  });

  it("the question is shown and the typed line returned; the end of input is no answer", async () => {
    const given = streams(true, true);
    const asked = of(given)?.ask("Sure? \u001b[2J");
    given.stdin.write("是\r\nmore\n");
    expect(await asked).toBe("是");
    expect(String(given.stderr.read())).toBe("Sure? \\u{1B}[2J");
    const ended = streams(true, true);
    const last = of(ended)?.ask("Sure? ");
    ended.stdin.end();
    expect(await last).toBe("");
  });
});
