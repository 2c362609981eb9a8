/** Bundles the judge for browsers, and runs it in a realm with the globals of a page and none of Node. */
import { webcrypto } from "node:crypto";
import { createContext, runInContext } from "node:vm";
import { join } from "node:path";
import { rolldown } from "rolldown";
import type { Outcome, Vector } from "./judge.ts";

/** The globals of a page beyond ECMAScript: no process, no Buffer, no require. */
const PAGE = { atob, btoa, TextDecoder, TextEncoder, crypto: webcrypto };

export async function judgeInBrowser(): Promise<(vector: Vector) => Outcome> {
  const bundle = await rolldown({
    input: join(import.meta.dirname, "browser.ts"),
    platform: "browser",
    external: [],
  });
  const { output } = await bundle.generate({ format: "esm" });
  await bundle.close();
  const [{ code, imports, dynamicImports }] = output;
  const outside = [...imports, ...dynamicImports];
  if (output.length > 1 || outside.length > 0) throw new Error(`the bundle needs ${outside.join(", ")}`);
  const page = createContext({ ...PAGE });
  // an async function may await as a module does
  await (runInContext(`(async () => {${code}\n})()`, page) as Promise<void>);
  const judgeText = runInContext("globalThis.judgeText", page) as (text: string) => string;
  return (vector) => JSON.parse(judgeText(JSON.stringify(vector))) as Outcome;
}
