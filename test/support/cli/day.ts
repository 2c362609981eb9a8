/** Runs one of the days of scripts/days, as a person would. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const DAYS = join(import.meta.dirname, "../../../scripts/days");

/** @param name of the script, without its ending */
export async function runDay(name: string): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [scriptOf(name)], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output };
}

/** The sentences that a script says, each on a line of its own. */
export function sentencesOf(name: string): string[] {
  const said = readFileSync(scriptOf(name), "utf8").matchAll(/^say\(\s*"(.+)",?\s*\);$/gm);
  return Array.from(said, ([, sentence = ""]) => sentence);
}

const scriptOf = (name: string): string => join(DAYS, `${name}.ts`);
