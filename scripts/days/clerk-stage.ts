/** The stage of a clerk's morning: the two operators of the demo, the command line, and the page in Chromium. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import {
  startBrowser,
  drop,
  readAnswer,
  untilPageCached,
  visit,
  type Visit,
} from "../../test/support/browser/browser.ts";
import { hostileZips, zipOf, type ZipPart } from "../../test/support/log/zips.ts";
import type { PageFile } from "../../test/support/browser/page-stage.ts";
import { readZip } from "../../src/log/zip.ts";
import { setStage, type Stage } from "../demo/stage.ts";

const HUFU = fileURLToPath(new URL("../../src/bin/hufu.js", import.meta.url));
/** Of polls, and how many there are before a step has failed. */
const INTERVAL_MS = 100;
const ATTEMPTS = 600;
const LETTER = { name: "letter.txt", content: "Dear Ms Chan, please find my report." };

/** A registered document, as its customer has it. */
interface Issued {
  readonly index: number;
  /** Paths of the document and of the bundle. */
  readonly document: string;
  readonly bundle: string;
  /** Texts in the bundle. */
  readonly receipt: string;
  readonly readMe: string;
}

export class Morning implements AsyncDisposable {
  /** The web address of the service in Shenzhen, which the officer uses. */
  readonly url: string;
  /** Path of the bank's trust list. */
  readonly policy: string;
  readonly #folder: string;
  readonly #cleanup: AsyncDisposableStack;
  readonly #stage: Stage;
  #visit: Visit | undefined;
  /** Requests of the page when the network went. */
  #before = 0;

  private constructor({ stage, cleanup }: { stage: Stage; cleanup: AsyncDisposableStack }) {
    this.#stage = stage;
    this.#cleanup = cleanup;
    this.#folder = mkdtempSync(join(stage.folder, "morning-"));
    this.url = stage.shenzhen.credentials.server;
    this.policy = join(this.#folder, "trust-list");
  }

  /** Starts both operators, makes the officer's salts, and the bank's trust list from the directory on the chain. */
  static async begin(): Promise<Morning> {
    await using cleanup = new AsyncDisposableStack();
    const stage = await setStage(cleanup);
    const day = new Morning({ stage, cleanup: cleanup.move() });
    await day.#output(["salts", "init"]);
    const node = ["--rpc", stage.links.direct.url, "--registry", stage.registry, "--finality", "1"];
    writeFileSync(day.policy, await day.#output(["policy", ...node]));
    return day;
  }

  /** Prints the sentence of a step. */
  readonly say = (sentence: string): void => console.log(`\n${sentence}`);

  /** Prints what a person looks at. */
  readonly show = (...lines: readonly string[]): void => {
    for (const line of lines.flatMap((text) => text.split("\n"))) console.log(`    ${line}`);
  };

  /** Requires that a step came out as it should. */
  readonly must = (found: unknown, wanted: unknown): void => {
    if (!isDeepStrictEqual(found, wanted))
      throw new Error(`got ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
    this.show(`✓ ${JSON.stringify(wanted)}`);
  };

  /** Writes a file of the clerk. @returns its path */
  file(name: string, content: string | Uint8Array): string {
    const path = join(
      this.#folder,
      `${createHash("sha256").update(content).digest("hex").slice(0, 8)} ${name}`,
    );
    writeFileSync(path, content);
    return path;
  }

  /** Runs the command line, and prints what it says. @returns its exit code */
  async hufu(...args: readonly string[]): Promise<number | null> {
    const { code, output } = await this.#run(args);
    this.show(`$ hufu ${args.map((arg) => basename(arg)).join(" ")}`, ...output.trimEnd().split("\n"));
    return code;
  }

  async #run(args: readonly string[]): Promise<{ code: number | null; output: string }> {
    const { credentials } = this.#stage.shenzhen;
    const env = {
      PATH: process.env["PATH"] ?? "",
      HOME: this.#folder,
      LANG: "C",
      HUFU_DATA_DIR: join(this.#folder, "none"),
      HUFU_SALT_DIR: join(this.#folder, "salts"),
      HUFU_SERVER: credentials.server,
      HUFU_API_KEY: credentials.keys["issuer"],
    };
    const child = spawn(process.execPath, [HUFU, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    const [code] = (await once(child, "close")) as [number | null];
    return { code, output };
  }

  /** What a command prints that does its work. */
  async #output(args: readonly string[]): Promise<string> {
    const { code, output } = await this.#run(args);
    if (code !== 0) throw new Error(output);
    return output;
  }

  /** Registers a personal credit report, and makes its bundle once both operators have signed its receipt and can answer. */
  async issue(name: string): Promise<Issued> {
    const place = mkdtempSync(join(this.#folder, "issuer-"));
    const document = join(place, name);
    writeFileSync(document, `%PDF-1.7\n${place}\n`);
    const anchor = ["anchor", document, "--scene", "personal-credit-report", "--json"];
    const { anchors } = JSON.parse(await this.#output(anchor)) as { anchors: { index: number }[] };
    const index = anchors[0]?.index ?? -1;
    await until(async () => {
      const receipt = await this.#output(["receipt", String(index)]);
      return [1, 2].every((operator) => receipt.includes(`/witness/${operator} `));
    });
    const { server } = this.#stage.hongkong.credentials;
    await until(async () => (await this.#run(["verify", document, "--server", server])).code === 0);
    const kept = await this.#output([...anchor, "--receipts", join(place, "out"), "--bundle"]);
    const { bundle = "" } = (JSON.parse(kept) as { anchors: { bundle: string }[] }).anchors[0] ?? {};
    const inside = new Map(membersOf(bundle).map((member) => [member.name, member.content.toString()]));
    const [receipt = "", readMe = ""] = ["receipt.tlog-proof", "READ-ME.txt"].map((text) => inside.get(text));
    return { index, document, bundle, receipt, readMe };
  }

  /** What the operator asserts of a document now. */
  async statement({ index }: Issued): Promise<string> {
    return await this.#output(["statement", String(index)]);
  }

  async openPage(): Promise<void> {
    const browser = await startBrowser();
    this.#cleanup.defer(() => browser.close());
    this.#visit = await visit(browser, this.#stage.hongkong.credentials.server);
    await untilPageCached(this.#visit);
  }

  get #open(): Visit {
    if (this.#visit === undefined) throw new RangeError("the page is not open");
    return this.#visit;
  }

  /** Gives files to the page, which puts evidence to the file that it has. @returns the verdict that it then shows, or "fault" */
  async drop(paths: readonly string[]): Promise<string> {
    const { page } = this.#open;
    const before = await this.answer();
    await drop(page, paths.map(onDesktop));
    await until(async () => !["", before].includes(await this.answer()));
    return (await readAnswer(page)).verdict;
  }

  /** The text of the answer; empty where there is none. */
  async answer(): Promise<string> {
    return await this.#open.page.evaluate<string>(
      "document.querySelector('article[data-verdict]')?.innerText ?? ''",
    );
  }

  async code(): Promise<string | undefined> {
    return (await readAnswer(this.#open.page)).code;
  }

  /** The names that the page gives as not looked at. */
  async notLookedAt(): Promise<string> {
    const text = await this.#open.page.locator(".given").innerText();
    return /Not looked at: (.*)/.exec(text)?.[1] ?? "";
  }

  async loseNetwork(): Promise<void> {
    const { page, context, requests } = this.#open;
    await context.setOffline(true);
    await page.reload();
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.getByRole("checkbox").check();
    this.#before = requests.length;
  }

  /** Requests of the page since the network went. */
  requestsSince(): readonly string[] {
    return this.#open.requests.slice(this.#before);
  }

  /** The certificate as it is printed. */
  async print(): Promise<{ pages: number; text: string }> {
    const { page } = this.#open;
    await page.emulateMedia({ media: "print" });
    const text = await page.evaluate<string>("document.body.innerText");
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString("latin1");
    await page.emulateMedia({ media: "screen" });
    return { pages: pdf.match(/\/Type\s*\/Page\b/g)?.length ?? 0, text };
  }

  /** The bundle, with its document as a viewer saves it again. */
  savedAgain(bundle: string): Uint8Array {
    return zipOf(
      membersOf(bundle).map((part) =>
        part.name.startsWith("document/")
          ? { ...part, content: Buffer.concat([part.content, Buffer.from("%%EOF\n")]) }
          : part,
      ),
    );
  }

  /** The paths of a bundle's files once it is unpacked. */
  unpacked(bundle: string): string[] {
    const folder = mkdtempSync(join(this.#folder, "unpacked-"));
    for (const { name, content } of membersOf(bundle)) writeFileSync(join(folder, basename(name)), content);
    return readdirSync(folder).map((name) => join(folder, name));
  }

  misleading(issued: Issued): Uint8Array {
    return hostileZips(partsOf(issued))["another name before the data"] ?? new Uint8Array();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cleanup.disposeAsync();
  }
}

/** A file as it is dropped. */
function onDesktop(path: string): PageFile {
  return { name: basename(path), mimeType: "", buffer: readFileSync(path) };
}

/** Waits until something is so. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let polls = 0; polls < ATTEMPTS; polls++) {
    if (await isSo()) return;
    await sleep(INTERVAL_MS);
  }
  throw new Error("a step did not come to its end");
}

/** The stored files of a bundle. */
function membersOf(path: string): { name: string; content: Buffer }[] {
  const zip = readFileSync(path);
  const reading = readZip(zip.length);
  let step = reading.next();
  while (step.done !== true) step = reading.next(zip.subarray(step.value.start, step.value.end));
  return step.value.map(({ name, start, bytes }) => ({ name, content: zip.subarray(start, start + bytes) }));
}

function partsOf({ document, receipt }: Issued): [ZipPart, ZipPart] {
  return [
    { name: "receipt.tlog-proof", content: receipt },
    { name: basename(document), content: readFileSync(document) },
  ];
}

/** File, receipt and a letter, as an office program packs them. */
export function zippedByCustomer(issued: Issued): Uint8Array {
  return zipOf([...partsOf(issued), LETTER].map((part) => ({ ...part, deflated: true, open: true })));
}

/** A text as a mail program quotes it, saved by an editor of Windows. */
export function quotedByMail(text: string): string {
  return asTyped(text.replace(/^(?=.)/gm, "> ").replace(/^$/gm, ">"));
}

/** A text as an editor of Windows saves it. */
export function asTyped(text: string): string {
  return `\uFEFF${text.replaceAll("\n", "\r\n")}\r\n\r\n`;
}
