import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toHex } from "../../src/core/bytes.ts";
import { cosign } from "../../src/log/checkpoint.ts";
import { formatNote, parseNote, signNote } from "../../src/log/note.ts";
import { parsePolicy } from "../../src/log/policy.ts";
import { parseReceipt } from "../../src/log/receipt.ts";
import { trustCheckpoint } from "../../src/log/trusted-checkpoint.ts";
import { hufuHere } from "../support/cli/cli.ts";
import { ed25519Edges } from "../support/log/ed25519-edges.ts";
import { cosignerOf, signerOf } from "../support/log/signers.ts";
import { TwoOperators, checkpointOf } from "../support/service/two-operators.ts";

const SOURCE = join(import.meta.dirname, "../interop/policy");
const run = promisify(execFile);

interface Found {
  readonly torchwood: { readonly policy: string; readonly checkpoint: string; readonly proof: string };
  readonly tessera: { readonly policy: string; readonly satisfied: boolean; readonly endpoints: number };
  readonly unverified: number;
  readonly signatures: readonly boolean[];
}

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hufu-interop-policy-"));
  // the installed toolchain and the modules of go.sum
  const env = { ...process.env, GOTOOLCHAIN: "local", GOFLAGS: "-mod=readonly -buildvcs=false" };
  await run("go", ["build", "-o", join(folder, "policy"), "."], { cwd: SOURCE, env });
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true }));

async function byGo(input: object): Promise<Found> {
  const started = run(join(folder, "policy"), []);
  started.child.stdin?.end(JSON.stringify(input));
  return JSON.parse((await started).stdout) as Found;
}

/** With the code of torchwood and of Tessera. */
describe("what `hufu policy` prints", () => {
  let both: TwoOperators;
  let text: (...args: readonly string[]) => Promise<string>;
  let receipt: Uint8Array;
  beforeAll(async () => {
    both = await TwoOperators.start();
    const hufu = async (...args: readonly string[]): Promise<string> => {
      const ran = await hufuHere(args, {
        HUFU_DATA_DIR: join(both.services[0].folder, "data"),
        HUFU_SALT_DIR: join(folder, "salts"),
        XDG_CACHE_HOME: join(folder, "cache"),
      });
      expect(ran).toMatchObject({ code: 0 });
      return ran.stdout;
    };
    const node = ["--rpc", both.chain.url, "--registry", both.chain.registry, "--finality", "1"];
    const urls = both.services.flatMap(({ url }, i) => ["--url", `${i + 1}=${url}`]);
    text = (...args) => hufu("policy", ...node, ...urls, ...args);
    const [document, out] = [join(folder, "report.pdf"), join(folder, "receipt")];
    writeFileSync(document, randomBytes(500));
    const anchored = await hufu("anchor", document, "--scene", "enterprise-credit-report", "--json");
    const [{ index } = { index: -1 }] = (JSON.parse(anchored) as { anchors: { index: number }[] }).anchors;
    await checkpointOf(both.services[0], (note, size) => size > index && note.signatures.length === 3);
    await hufu("receipt", String(index), "--out", out);
    receipt = readFileSync(out);
  }, 120_000);
  afterAll(() => both[Symbol.asyncDispose]());

  const read = async (
    policy: string,
    change: (note: ReturnType<typeof parseReceipt>["checkpoint"]) => typeof note = (note) => note,
  ): Promise<Found & { here: boolean }> => {
    const { checkpoint, extra } = parseReceipt(receipt);
    const note = change(checkpoint);
    const proof = new TextDecoder().decode(receipt).replace(formatNote(checkpoint), () => formatNote(note));
    const reader = { policy: parsePolicy(policy), now: Math.floor(Date.now() / 1000) };
    let here = true;
    try {
      trustCheckpoint(parseNote(formatNote(note)), reader);
    } catch {
      here = false;
    }
    const given = { policy, checkpoint: formatNote(note), proof, record: toHex(extra.entry) };
    return { ...(await byGo(given)), here };
  };

  it("the policy of all operators is read by both, and the witnesses of two institutions fulfil it", async () => {
    const policy = await text();
    const whole = await read(policy);
    expect(whole).toMatchObject({
      here: true,
      torchwood: { policy: "ok" },
      tessera: { policy: "ok", satisfied: true, endpoints: 2 },
    });
    for (const left of [1, 2]) {
      const part = await read(policy, (note) => ({
        ...note,
        signatures: note.signatures.filter((_, i) => i !== left),
      }));
      expect(part).toMatchObject({ here: false, tessera: { satisfied: false } });
    }
  });

  it("by the policy of one operator's log torchwood verifies checkpoint and receipt, as is done here", async () => {
    const policy = await text("--log", "1");
    expect(await read(policy)).toMatchObject({
      here: true,
      torchwood: { policy: "ok", checkpoint: "ok", proof: "ok" },
      tessera: { policy: "ok", satisfied: true },
    });
    // its own cosignature, and that of the other
    const without = (left: number) =>
      read(policy, (note) => ({ ...note, signatures: note.signatures.filter((_, i) => i !== left) }));
    expect(await without(1)).toMatchObject({ here: true, torchwood: { checkpoint: "ok", proof: "ok" } });
    const alone = await without(2);
    expect(alone).toMatchObject({ here: false, tessera: { satisfied: false } });
    expect(alone.torchwood.checkpoint).not.toBe("ok");
    expect(alone.torchwood.proof).not.toBe("ok");
    const other = await read(await text("--log", "2"));
    expect(other.here).toBe(false);
    expect(other.torchwood.checkpoint).not.toBe("ok");
  });

  it.each([
    ["a zero-width space", "a\u200bb", true],
    ["a right-to-left override", "a\u202eb", true],
    ["a byte order mark", "a\ufeffb", true],
    ["a delete character", "a\u007fb", true],
    ["a next-line character", "a\u0085b", false],
    ["a wide space", "a\u3000b", false],
    ["a line separator", "a\u2028b", false],
    ["an escape character", "a\u001bb", false],
  ])("a stranger's line whose name has %s is taken or refused here as by Go", async (_, name, taken) => {
    const policy = await text("--log", "1");
    const { checkpoint, extra } = parseReceipt(receipt);
    const line = { ...signNote(checkpoint.text, signerOf("stranger")), name };
    const signed = formatNote({ ...checkpoint, signatures: [line, ...checkpoint.signatures] });
    let here = true;
    try {
      const now = Math.floor(Date.now() / 1000);
      trustCheckpoint(parseNote(signed), { policy: parsePolicy(policy), now });
    } catch {
      here = false;
    }
    const proof = new TextDecoder().decode(receipt).replace(formatNote(checkpoint), () => signed);
    const found = await byGo({ policy, checkpoint: signed, proof, record: toHex(extra.entry) });
    expect([here, found.torchwood.checkpoint === "ok", found.torchwood.proof === "ok"]).toEqual([
      taken,
      taken,
      taken,
    ]);
  });

  it("a cosignature of a stranger changes nothing", async () => {
    const found = await read(await text("--log", "1"), (note) => ({
      ...note,
      signatures: [...note.signatures, cosign(note.text, cosignerOf("stranger"), 1)],
    }));
    expect(found).toMatchObject({ here: true, torchwood: { checkpoint: "ok" } });
  });
});

describe("Ed25519 signatures at the edges of the rules", () => {
  const text = "on what verifiers differ";
  const edges = ed25519Edges(text);

  it("what is valid here is valid by Go, which takes an R of small order beside that", async () => {
    const message = toHex(new TextEncoder().encode(text));
    const { signatures } = await byGo({
      signatures: edges.map(({ publicKey, signature }) => ({
        key: toHex(publicKey),
        message,
        signature: toHex(signature),
      })),
    });
    const differ = edges.filter(({ valid }, i) => valid !== signatures[i]);
    expect(differ.map(({ description }) => description)).toEqual(["R of small order, whose S has no nonce"]);
  });
});
