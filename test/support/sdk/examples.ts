/** Extracts the examples of the SDK's README, compiles them, and runs them in Node. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import ts from "typescript";

const ROOT = resolve(import.meta.dirname, "../../..");
const README = readFileSync(join(ROOT, "src/sdk/README.md"), "utf8");

/** The names that examples import by, and their sources, as the README's table has them. */
export const SOURCES = new Map(
  [...README.matchAll(/^\| `([\w/-]+)` +\| `(src\/[^`]+)`/gm)].map(([, name = "", path = ""]) => [
    name,
    path,
  ]),
);

export interface Example {
  readonly name: string;
  /** As it stands in the README, but for what it imports, which is by path. */
  readonly text: string;
}

/** All examples, in their order. */
export function examples(): Example[] {
  return [...README.matchAll(/<!-- example: ([\w-]+) -->\s+```ts\n([^]*?)```/g)].map(
    ([, name = "", text = ""]) => ({
      name,
      text: text.replace(/ from "([^".][^"]*)"/g, (all, from: string) => {
        const source = SOURCES.get(from);
        return source === undefined ? all : ` from ${JSON.stringify(join(ROOT, source))}`;
      }),
    }),
  );
}

/** Writes examples as modules of their own. @returns their paths */
export function writeExamples(folder: string, all: readonly Example[]): string[] {
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  return all.map(({ name, text }) => {
    const path = join(folder, `${name}.ts`);
    writeFileSync(path, text);
    return path;
  });
}

/** What the compiler reports under the strict settings of this project, or of its page. */
export function compile(
  paths: readonly string[],
  settings: "tsconfig.json" | "src/web/tsconfig.json",
): string[] {
  const config = ts.getParsedCommandLineOfConfigFile(
    join(ROOT, settings),
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined },
  );
  if (config === undefined) throw new Error(`${settings} cannot be read`);
  const program = ts.createProgram([...paths], config.options);
  return ts
    .getPreEmitDiagnostics(program)
    .map(
      ({ file, messageText }) =>
        `${file?.fileName ?? ""}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
    );
}

const RUNNER = `
import { json } from "node:stream/consumers";
const { path, name, options } = await json(process.stdin);
const example = await import(path);
process.stdout.write(JSON.stringify(await example[name](options)));
`;

/**
 * Calls the exported function of an example in a process of its own.
 * @returns its result, through JSON
 * @throws Error with what it wrote to stderr
 */
export async function run(path: string, name: string, options: object): Promise<unknown> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", RUNNER], { cwd: ROOT });
  child.stdin.end(JSON.stringify({ path, name, options }));
  const [code, stdout, stderr] = await Promise.all([
    once(child, "close"),
    text(child.stdout),
    text(child.stderr),
  ]);
  if (code[0] !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as unknown;
}
