/**
 * Runs the main job from end to end on real documents: `npm run demo [-- [--lang TAG] FILE…]`. Without files it makes
 * sample reports. It exits with 1 where a step fails.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { readLanguage } from "../../src/config.ts";
import { languageOf } from "../../src/core/language.ts";
import { DEMO_WORDS } from "./words.ts";

const { values, positionals } = parseArgs({ options: { lang: { type: "string" } }, allowPositionals: true });
const language = values.lang === undefined ? readLanguage() : languageOf(values.lang);
if (language === undefined) throw new Error("--lang: expected en, zh-Hans or zh-Hant");

console.log(DEMO_WORDS[language].starting);
// these load the chain's node and more
const [{ writeSamples }, { setStage }, { StepFailed, Story }] = await Promise.all([
  import("../samples/make.ts"),
  import("./stage.ts"),
  import("./story.ts"),
]);

await using cleanup = new AsyncDisposableStack();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void cleanup.disposeAsync().finally(() => process.exit(130)));
}
try {
  const files = positionals.length > 0 ? positionals.map((file) => resolve(file)) : await samples();
  for (const file of files) if (!statSync(file).isFile()) throw new Error(`${file} is not a file`);
  const stage = await setStage(cleanup);
  await new Story({ stage, files, language, print: (line) => console.log(line) }).run();
} catch (error) {
  console.error(error instanceof StepFailed ? error.message : error);
  process.exitCode = 1;
}

async function samples(): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "hufu-samples-"));
  cleanup.defer(() => rmSync(folder, { recursive: true, force: true }));
  return await writeSamples(folder);
}
