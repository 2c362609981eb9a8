import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SETTINGS } from "../src/config.ts";
import { VERDICTS, exitCodeOf } from "../src/core/verdict.ts";
import { hufuHere } from "./support/cli/cli.ts";
import { ask, startTestService, type TestService } from "./support/service/service.ts";

const ROOT = resolve(import.meta.dirname, "..");
const README = readFileSync(join(ROOT, "README.md"), "utf8");
const PACKAGE = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};

let service: TestService;
beforeAll(async () => void (service = await startTestService()));
afterAll(async () => await service.close());

interface Command {
  readonly text: string;
  /** What its comment says that it prints first, up to the bracket. */
  readonly prints: string | undefined;
  readonly exit: number;
}

/** The commands of the tour, in their order. */
function tour(): Command[] {
  const blocks = [...README.matchAll(/<!-- tour -->\s+```sh\n([^]*?)```/g)].map(([, block]) => block ?? "");
  const lines = blocks.flatMap((block) => block.split("\n")).filter((line) => line.trim() !== "");
  return lines.map((line) => {
    const [text = "", comment = ""] = line.split(/\s+# /);
    const verdict = /^[✓?✕] .*?\./.exec(comment)?.[0];
    return { text, prints: verdict, exit: Number(/\(exit (\d)\)/.exec(comment)?.[1] ?? 0) };
  });
}

/** What the tour uses of curl: tests need no tool beyond Node, npm and git. */
const CURL = `#!/usr/bin/env node
const args = process.argv.slice(2);
const all = (flag) => args.flatMap((arg, i) => (args[i - 1] === flag ? [arg] : []));
const headers = all("-H").map((header) => header.split(/: (.*)/s).slice(0, 2));
fetch(args.at(-1), { method: "POST", headers, body: all("-d")[0] }).then(async (answer) => console.log(await answer.text()));
`;

/**
 * Runs commands one after the other in one shell, as they stand, but for where the service and its data are. `npx` is as
 * slow as all that they do together: what the first command shows of it, the others need not.
 */
async function runAll(commands: readonly Command[]): Promise<{ code: number | null; output: string }> {
  const data = join(service.folder, "data");
  const script = commands.map(({ text, exit }, i) => {
    const called = commands.slice(0, i).some((before) => before.text.includes("npx hufu"));
    const direct = called ? text.replaceAll("npx hufu", "node src/bin/hufu.js") : text;
    const placed = direct.replaceAll("./data/", `${data}/`).replaceAll("http://127.0.0.1:3000", service.url);
    return `echo '@@ ${i}'\n${placed}\ncode=$?; [ $code -eq ${exit} ] || { echo "exit $code, expected ${exit}"; exit 99; }`;
  });
  const tools = join(service.folder, "tools");
  mkdirSync(tools);
  writeFileSync(join(tools, "curl"), CURL, { mode: 0o755 });
  const env = {
    ...process.env,
    PATH: `${tools}:${process.env["PATH"] ?? ""}`,
    HUFU_DATA_DIR: data,
    XDG_CACHE_HOME: join(service.folder, "cache"),
    XDG_STATE_HOME: join(service.folder, "state"),
    LANG: "C",
    LC_ALL: "C",
  };
  const child = spawn("sh", ["-c", script.join("\n")], { cwd: ROOT, env });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const code = await new Promise<number | null>((done) => child.on("close", done));
  return { code, output };
}

describe("the tour", () => {
  it("the tour runs as written, and prints what the README shows", async () => {
    const commands = tour();
    expect(commands.length).toBeGreaterThan(12);
    rmSync(join(ROOT, "samples"), { recursive: true, force: true }); // of an earlier run, on another chain
    const { code, output } = await runAll(commands);
    expect(output).toContain(`@@ ${commands.length - 1}`);
    expect([code, output]).toEqual([0, output]);
    const outputs = output.split(/@@ \d+\n/).slice(1);
    commands.forEach(({ prints }, i) => {
      if (prints !== undefined) expect(outputs[i]).toContain(prints);
    });
    const asked = commands.findIndex(({ text }) => text.includes("/v1/verifications"));
    expect(outputs[asked]).toContain('"verdict":"valid"');
    expect(commands.filter(({ prints }) => prints !== undefined).length).toBeGreaterThan(3);
  }, 300_000);
});

/** First cells of the table under a heading, without code marks. */
function column(heading: string, index = 0): string[] {
  const section = README.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| ---"));
  return rows.slice(1).map((row) => row.split(/(?<!\\)\|/)[index + 1]?.trim() ?? "");
}

/** Every command, by the words that are typed. */
async function commandsUnder(group: readonly string[]): Promise<string[]> {
  const { stdout } = await hufuHere([...group, "--help"]);
  const listed = [...(stdout.split("Commands:\n")[1] ?? "").matchAll(/^ {2}(\w+)\S*( \[options\])?/gm)];
  const found: string[] = [];
  for (const [, name = "", options] of listed.filter(([, known]) => known !== "help")) {
    const path = [...group, name];
    // a command with options of its own may have others beneath it
    if (options !== undefined) found.push(path.join(" "));
    found.push(...(await commandsUnder(path)));
  }
  return found;
}

/** Whether a text names a command, by itself or among others of its group: `hufu key retire\\|compromise`. */
function namedIn(text: string, command: string): boolean {
  const words = command.split(" ");
  const group = ["hufu", ...words.slice(0, -1)].join(" ");
  return [...text.matchAll(new RegExp(`${group} ([\\w|\\\\]+)`, "g"))].some(([, names = ""]) =>
    names.split("\\|").includes(words.at(-1) ?? ""),
  );
}

describe("the tables", () => {
  it("the table of settings has every setting of the program", () => {
    const rows = column("Settings").map((name, i) => [
      name.replaceAll("`", ""),
      column("Settings", 1)[i],
      column("Settings", 2)[i],
    ]);
    const known = Object.entries(SETTINGS).map(([name, { expected, fallback }]) => [
      name,
      expected,
      fallback,
    ]);
    expect(rows).toEqual(known);
  });

  it("the table of routes has every route of the service", async () => {
    const { body } = await ask(`${service.url}/openapi.json`);
    const paths = Object.entries(body["paths"] as Record<string, Record<string, unknown>>);
    const served = paths.flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(
      column("Routes")
        .map((cell) => cell.replaceAll("`", ""))
        .sort(),
    ).toEqual(served.filter((route) => !route.startsWith("HEAD")).sort());
  });

  it("the table of commands names every command and option", async () => {
    const text = README.split("\n## Commands\n")[1]?.split("\n## ")[0] ?? "";
    const commands = await commandsUnder([]);
    expect(commands.slice(0, 5)).toEqual(["serve", "chain", "hash", "anchor", "verify"]);
    expect(commands).toContain("audit mine");
    expect(commands).toHaveLength(59);
    for (const command of commands) {
      expect([command, namedIn(text, command)]).toEqual([command, true]);
      const { stdout } = await hufuHere([...command.split(" "), "--help"]);
      const options = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option]) => option ?? "");
      expect(options).toContain("--help");
      const everywhere = ["--help", "--server", "--finality", "--allow-empty"];
      for (const option of options.filter((name) => !everywhere.includes(name)))
        expect([command, option, text]).toEqual([command, option, expect.stringContaining(option)]);
    }
  });

  it("the table of verdicts has every verdict with its exit code", () => {
    const exits = new Map(
      column("Verdicts").flatMap((cell, i) =>
        cell
          .split(" ")
          .map((verdict) => [verdict.replaceAll("`", ""), Number(column("Verdicts", 2)[i])] as const),
      ),
    );
    for (const verdict of VERDICTS.filter((code) => code !== "registered"))
      expect([verdict, exits.get(verdict)]).toEqual([verdict, exitCodeOf(verdict)]);
  });

  it("the table of dependencies has every package", () => {
    const text = README.split("\n## Dependencies\n")[1]?.split("\n## ")[0] ?? "";
    for (const name of Object.keys({ ...PACKAGE.dependencies, ...PACKAGE.devDependencies }))
      expect(text).toContain(`\`${name}\``);
  });

  it("the documents name only npm scripts that exist", () => {
    const named = [...README.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name ?? "");
    expect(named.length).toBeGreaterThan(5);
    for (const name of named) expect(Object.keys(PACKAGE.scripts)).toContain(name);
  });
});
