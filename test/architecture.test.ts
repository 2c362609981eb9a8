/** Tests which parts of the repository import which others, and what the parts that only compute may use. */
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");
const SRC = join(ROOT, "src");

/** Folders of scripts that tests import, since they test them. */
const TESTED_SCRIPTS = ["mutation", "samples", "vectors", "codes.ts", "demo", "dictionary-attack"];

/** What each part of src may import of the others; the arrows of the design. A part may always import itself. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  words: ["core"],
  files: ["core"],
  log: ["core"],
  hash: ["core"],
  anchor: ["core", "log", "hash"],
  indexer: ["core", "log"],
  verify: ["core", "log", "wire"],
  audit: ["core", "log"],
  attest: ["core", "log"],
  // ports are declared by the stages and implemented here
  chain: ["core", "log", "files", "anchor", "indexer"],
  store: ["core", "log", "files", "anchor", "indexer", "verify", "audit", "attest"],
  wire: ["core", "words"],
  api: ["core", "words", "files", "wire", "anchor", "verify", "audit", "log", "attest"],
  sdk: ["core", "words", "wire", "log", "hash", "verify"],
  cli: ["core", "words", "files", "wire", "sdk", "hash", "log", "audit", "config.ts"],
  web: ["core", "words", "log", "hash", "wire", "sdk"],
  "config.ts": ["core"],
  main: [
    "core",
    "files",
    "wire",
    "anchor",
    "indexer",
    "verify",
    "audit",
    "attest",
    "log",
    "chain",
    "store",
    "hash",
    "api",
    "sdk",
    "cli",
    "config.ts",
  ],
  bin: ["core", "cli", "main"],
};

/** Packages and modules of Node that only these parts may import. */
const ONLY: Readonly<Record<string, readonly string[]>> = {
  ethers: ["chain"],
  hardhat: ["chain"],
  "node:sqlite": ["store", "files"],
  kysely: ["store"],
  pg: ["store"],
  fastify: ["api"],
  "fastify-type-provider-zod": ["api"],
  "@fastify/rate-limit": ["api"],
  "@fastify/helmet": ["api"],
  "prom-client": ["api"],
  "hash-wasm": ["hash"],
  commander: ["cli"],
  yazl: ["cli"],
  preact: ["web"],
  qr: ["web"],
};

/** Parts with no files, network, clock or randomness of their own; `log` runs in a browser too, `audit` reads through ports. */
const PURE = ["core", "words", "log", "audit"];
const PURE_FILES = [
  "verify/judge.ts",
  "verify/present.ts",
  "verify/question.ts",
  "indexer/project.ts",
  "anchor/plan.ts",
  "anchor/transaction-action.ts",
  "hash/blinding.ts",
  "hash/blob.ts",
  "sdk/mirror/answer-log.ts",
  "sdk/mirror/directory-state.ts",
  "sdk/mirror/follow.ts",
  "sdk/mirror/log-copy.ts",
  "sdk/mirror/mirror.ts",
  "sdk/mirror/operator-source.ts",
  "sdk/mirror/ports.ts",
  "sdk/mirror/reader.ts",
  "sdk/mirror/rows.ts",
  "sdk/verify/agreement.ts",
  "sdk/verify/check.ts",
  "sdk/verify/classify.ts",
  "sdk/verify/evidence.ts",
  "sdk/verify/kept-answer.ts",
  "sdk/verify/offline.ts",
  "sdk/verify/proof.ts",
  "sdk/verify/question.ts",
  "sdk/verify/tiles.ts",
  "sdk/verify/trust.ts",
  "sdk/verify/operator-keys.ts",
  "sdk/verify/answer-text.ts",
];

interface Import {
  readonly file: string;
  readonly part: string;
  readonly target: string;
  /** Whether it imports types alone, of which nothing is left when it runs. */
  readonly ofTypes: boolean;
}

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /\.(ts|tsx|js)$/.test(name));
const files = filesOf(SRC);
const read = (file: string): string => readFileSync(join(SRC, file), "utf8");
const partOf = (path: string): string => path.split("/")[0] ?? "";

/** What a file imports: other files by their path from `folder`, and packages. */
function importsOf(file: string, folder = SRC): Import[] {
  const text = readFileSync(join(folder, file), "utf8");
  const found = [
    ...text.matchAll(/^(?:import|export)\s[^;]*?from\s+"([^"]+)"|import\("([^"]+)"\)|^import\s+"([^"]+)"/gm),
  ];
  return found.map(([statement, from, dynamic, bare]) => {
    const target = from ?? dynamic ?? bare ?? "";
    const path = relative(folder, resolve(dirname(join(folder, file)), target));
    const ofTypes = /^(import|export) type\b/.test(statement);
    return { file, part: partOf(file), target: target.startsWith(".") ? path : target, ofTypes };
  });
}

const imports = files.flatMap((file) => importsOf(file));
const isInside = ({ target }: Import): boolean => /^[\w-]+(\/|\.ts$)/.test(target) && files.includes(target);
const inside = imports.filter(isInside);

/** Code without comments and texts. */
const codeOf = (file: string): string =>
  read(file).replace(/\/\*[^]*?\*\/|\/\/.*$|"(\\.|[^"\\])*"|`[^`]*`/gm, "");

describe("the arrows of the design", () => {
  it("src has files, imports and a rule for each part", () => {
    expect(files.length).toBeGreaterThan(50);
    expect(inside.length).toBeGreaterThan(150);
    expect([...new Set(files.map(partOf))].filter((part) => !Object.hasOwn(ARROWS, part))).toEqual([]);
  });

  it("every import follows the arrows of the design", () => {
    const wrong = inside.filter(
      ({ part, target }) => part !== partOf(target) && !ARROWS[part]?.includes(partOf(target)),
    );
    expect(wrong.map(({ file, target }) => `${file} → ${target}`)).toEqual([]);
  });

  it("no import leaves src", () => {
    const outside = imports.filter(({ target }) => target.startsWith(".."));
    expect(outside.map(({ file, target }) => `${file} → ${target}`)).toEqual([]);
  });

  it("files make no cycle by their imports, of types neither", () => {
    const next = new Map<string, string[]>();
    for (const { file, target } of inside) next.set(file, [...(next.get(file) ?? []), target]);
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[], done: Set<string>): void => {
      if (path.includes(file)) cycles.push([...path, file].join(" → "));
      if (done.has(file) || path.includes(file)) return;
      for (const target of next.get(file) ?? []) visit(target, [...path, file], done);
      done.add(file);
    };
    const done = new Set<string>();
    for (const file of files) visit(file, [], done);
    expect(cycles).toEqual([]);
  });
});

describe("tests and scripts", () => {
  const tests = filesOf(join(ROOT, "test")).flatMap((file) => importsOf(`test/${file}`, ROOT));
  const ofScripts = tests.filter(({ target }) => target.startsWith("scripts/"));

  it("test support imports nothing of scripts, which import it", () => {
    expect(tests.length).toBeGreaterThan(1_000);
    expect(ofScripts.filter(({ file }) => file.startsWith("test/support/"))).toEqual([]);
  });

  it("a test imports of scripts only what it tests", () => {
    const wrong = ofScripts.filter(({ target }) => !TESTED_SCRIPTS.includes(target.split("/")[1] ?? ""));
    expect(wrong.map(({ file, target }) => `${file} → ${target}`)).toEqual([]);
  });
});

describe("the map in src/README.md", () => {
  it("the map in src/README.md has one row for each part of src", () => {
    const rows = [...read("README.md").matchAll(/^\| `([^`]+)` +\|/gm)].map(([, part]) => part);
    expect(rows.toSorted()).toEqual(Object.keys(ARROWS).toSorted());
  });
});

describe("a name", () => {
  /** Names that a file declares and exports; a re-export declares nothing. */
  const declared = (file: string): string[] => {
    const found = read(file).matchAll(
      /^export (?:declare |abstract |async )*(?:class|interface|type|enum|function\*?|const|let)\s+(\w+)/gm,
    );
    return [...new Set([...found].map(([, name = ""]) => name))];
  };

  it("a name that src exports is declared in one file", () => {
    const all = files.flatMap((file) => declared(file).map((name) => ({ name, file })));
    expect(all.length).toBeGreaterThan(500);
    const twice = [...Map.groupBy(all, ({ name }) => name)].filter(([, places]) => places.length > 1);
    expect(twice.map(([name, places]) => `${name}: ${places.map(({ file }) => file).join(", ")}`)).toEqual(
      [],
    );
  });
});

describe("a file of src", () => {
  it("every file of src opens with a sentence on what it is for", () => {
    expect(files.filter((file) => !/^(#!.*\n)?\/\*\*\s/.test(read(file)))).toEqual([]);
  });
});

describe("what belongs to one part", () => {
  it.each(Object.entries(ONLY))("the package %s is imported by %j alone", (name, parts) => {
    const wrong = imports.filter(
      ({ part, target }) => (target === name || target.startsWith(`${name}/`)) && !parts.includes(part),
    );
    expect(wrong.map(({ file }) => file)).toEqual([]);
  });

  it("the environment is read by config.ts alone", () => {
    const readers = files.filter((file) => /process\s*(\.|\[\s*)\s*["']?env\b/.test(read(file)));
    expect(readers).toEqual(["config.ts"]);
  });
});

describe("what programs import", () => {
  /** All that a file of src imports, itself or through others, but for types alone: files of src, and packages. */
  function reachOf(file: string, reached = new Set<string>()): Set<string> {
    if (reached.has(file)) return reached;
    reached.add(file);
    const next = imports.filter((each) => each.file === file && !each.ofTypes);
    for (const { target } of next) reachOf(target, reached);
    return reached;
  }
  const reach = (file: string): string[] => [...reachOf(file)];
  const packagesOf = (all: readonly string[]): string[] => {
    const outside = all.filter((target) => !files.includes(target));
    return [...new Set(outside.map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? ""))].toSorted();
  };

  it("the verifying side imports nothing of Node, of the issuing side, of servers and of chains", () => {
    const all = reach("sdk/verify/index.ts");
    expect(all.length).toBeGreaterThan(40);
    expect(all.filter((target) => /^(node:|sdk\/issue|cli|files|store|chain|api|main)/.test(target))).toEqual(
      [],
    );
    expect(packagesOf(all)).toEqual(["@noble/curves", "@noble/hashes", "hash-wasm", "zod"]);
  });

  it.each([
    ["main/sdk-verify.ts", ["store/mirror/mirror-file.ts", "store/sql/sqlite-faults.ts"]],
    ["main/sdk.ts", ["store/access/salts.ts", "store/mirror/mirror-file.ts", "store/sql/sqlite-faults.ts"]],
  ])("%s imports no server, no chain, no command line and no other database", (entry, stores) => {
    const all = reach(entry);
    const others = /^(ethers|hardhat|fastify|kysely|pg|commander|cli|chain|api|config)\b/;
    expect(all.filter((target) => others.test(target))).toEqual([]);
    expect(all.filter((target) => target.startsWith("store/")).toSorted()).toEqual(stores);
    expect(all.some((target) => target.startsWith("sdk/issue/"))).toBe(entry === "main/sdk.ts");
  });
});

describe("the page", () => {
  it("the page imports nothing of Node", () => {
    const node = imports.filter(({ part, target }) => part === "web" && target.startsWith("node:"));
    expect(node.map(({ file, target }) => `${file} → ${target}`)).toEqual([]);
  });
});

describe("what only computes", () => {
  const pure = files.filter((file) => PURE.includes(partOf(file)) || PURE_FILES.includes(file));

  it("each file that is named as one that only computes is there", () => {
    expect(PURE_FILES.filter((file) => !files.includes(file))).toEqual([]);
  });

  it("what only computes imports nothing of Node", () => {
    const node = imports.filter(({ file, target }) => pure.includes(file) && target.startsWith("node:"));
    expect(node.map(({ file, target }) => `${file} → ${target}`)).toEqual([]);
  });

  it("what only computes has no clock, no randomness, no network and no console of its own", () => {
    const impure =
      /\bDate\.now\b|new Date\(\)|\bMath\.random\b|\bfetch\(|\bprocess\b|\bconsole\b|\bperformance\b|\bsetTimeout\b/;
    expect(pure.filter((file) => impure.test(codeOf(file)) && file !== "core/clock.ts")).toEqual([]);
  });
});
