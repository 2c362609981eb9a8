/** Starts services with documents of every verdict. */
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readServiceConfig } from "../../../src/config.ts";
import { Governance } from "../../../src/chain/registry/governance.ts";
import { JsonRpc } from "../../../src/chain/rpc/rpc.ts";
import { LocalSigner } from "../../../src/chain/keys/signer.ts";
import { readKey } from "../../../src/chain/keys/signers.ts";
import type { Clock } from "../../../src/core/clock.ts";
import { formatDigest, type Digest } from "../../../src/core/digest.ts";
import { SALT_BYTES } from "../../../src/core/salt.ts";
import type { UnixSeconds } from "../../../src/core/units.ts";
import type { VerdictCode } from "../../../src/core/verdict.ts";
import { formatReceipt } from "../../../src/log/receipt.ts";
import { adoptStore } from "../../../src/main/move.ts";
import { anchored } from "../service/anchored.ts";
import { mine, startTestChain, type TestChain } from "../chain/embedded.ts";
import { TestClock } from "../clock.ts";
import { ownPolicy } from "../service/own-policy.ts";
import { ask, startTestService, type TestService } from "../service/service.ts";
import { checkpointOf, enterOwner } from "../service/two-operators.ts";

const OPEN = "enterprise-credit-report";
const DAY = 86_400;

export interface PageFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** Files that have this verdict on the page at `url`. */
export interface Case {
  readonly verdict: VerdictCode;
  readonly url: string;
  readonly files: readonly PageFile[];
  /** Of the service, and so of the reader. */
  readonly time: UnixSeconds;
  /** Whether the page is in offline mode. */
  readonly offline?: boolean;
}

/** A report named `<what>.pdf`, which contains its name. */
export function report(what: string): PageFile {
  return { name: `${what}.pdf`, mimeType: "application/pdf", buffer: Buffer.from(`%PDF-1.7\n${what}\n`) };
}

export function text(name: string, content: string): PageFile {
  return { name, mimeType: "text/plain", buffer: Buffer.from(content) };
}

function digestOf({ buffer }: PageFile): Digest {
  return { algorithm: "sha256", bytes: Uint8Array.from(createHash("sha256").update(buffer).digest()) };
}

/** How far a registration is waited for: accepted, final, or covered by a checkpoint. */
type Until = "accepted" | "final" | "covered";

/**
 * Registers files.
 * @param options.until by default covered: the clock of the service has to go on for that
 * @returns their indexes
 */
export async function anchorFiles(
  service: TestService,
  files: readonly PageFile[],
  options: { as?: "issuer" | "issuer2"; validUntil?: string; until?: Until } = {},
): Promise<number[]> {
  const { validUntil, ...how } = options;
  const documents = files.map((file) => ({
    digest: formatDigest(digestOf(file)),
    scene: OPEN,
    ...(validUntil === undefined ? {} : { validUntil }),
  }));
  return await anchor(service, documents, how);
}

/** Registers files blinded. @returns their receipts, with their salts */
export async function anchorBlinded(service: TestService, files: readonly PageFile[]): Promise<PageFile[]> {
  return await Promise.all(
    files.map(async (file) => {
      const receipt = await anchored(service, digestOf(file), Uint8Array.from(randomBytes(SALT_BYTES)));
      return text(`entry-${receipt.index}.tlog-proof`, formatReceipt(receipt));
    }),
  );
}

async function anchor(
  service: TestService,
  documents: readonly object[],
  { as = "issuer", until = "covered" }: { as?: "issuer" | "issuer2"; until?: Until } = {},
): Promise<number[]> {
  const { url, keys } = service;
  const query = until === "accepted" ? "" : "?wait=final";
  const { status, body } = await ask(`${url}/v1/anchors${query}`, { key: keys[as], body: { documents } });
  if (status > 202) throw new Error(JSON.stringify(body));
  const indexes = (body["anchors"] as { index: number }[]).map(({ index }) => index);
  if (until === "covered") await checkpointOf(service, (_, size) => size > Math.max(...indexes));
  return indexes;
}

/** Changes the status of an entry, and waits until that is final. */
export async function setStatus(
  { url, keys }: TestService,
  index: number | undefined,
  body: { action: string; reason: string; successor?: number | undefined },
): Promise<void> {
  const answer = await ask(`${url}/v1/entries/${index}/status?wait=final`, { key: keys.issuer, body });
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
}

/** The receipt of an entry, once a checkpoint covers it. */
export async function receiptFile({ url, keys }: TestService, index: number | undefined): Promise<PageFile> {
  for (;;) {
    const response = await fetch(`${url}/v1/entries/${index}/receipt`, {
      headers: { authorization: `Bearer ${keys.issuer}` },
    });
    const content = await response.text();
    if (response.status === 200) return text(`entry-${index}.tlog-proof`, content);
    await sleep(50);
  }
}

export class PageStage implements AsyncDisposable {
  readonly cases: readonly Case[];
  /** With an embedded chain and a test clock. */
  readonly service: TestService;
  /** Time of that clock after the start. */
  readonly time: UnixSeconds;
  readonly #cleanup: AsyncDisposableStack;

  private constructor(staged: Pick<PageStage, "service" | "cases" | "time">, cleanup: AsyncDisposableStack) {
    this.service = staged.service;
    this.cases = staged.cases;
    this.time = staged.time;
    this.#cleanup = cleanup;
  }

  static async start(): Promise<PageStage> {
    await using cleanup = new AsyncDisposableStack();
    const clock = new TestClock();
    const service = await startTestService({ clock, env: { HUFU_GROUP_AGE: "0" } });
    cleanup.defer(() => service.close());
    const one = (verdict: VerdictCode, ...more: PageFile[]): Omit<Case, "time"> => ({
      verdict,
      url: service.url,
      files: [report(verdict), ...more],
    });
    const cases: Omit<Case, "time">[] = [];
    for (const verdict of ["valid", "revoked", "suspended", "superseded", "registered"] as const)
      cases.push(one(verdict));
    const indexes = await anchorFiles(
      service,
      cases.flatMap(({ files }) => files),
      { until: "final" },
    );
    const [, revoked, suspended, superseded, registered] = indexes;
    const [successor] = await anchorFiles(service, [report("successor")], { until: "final" });
    await setStatus(service, revoked, { action: "revoke", reason: "issued-in-error" });
    await setStatus(service, suspended, { action: "suspend", reason: "subject-request" });
    await setStatus(service, superseded, { action: "supersede", reason: "content-corrected", successor });
    clock.advance(1); // a checkpoint is of the intervals that have ended
    const policy = text("policy.txt", await ownPolicy(service));
    const receipt = await receiptFile(service, registered);
    cases.push({ ...one("registered", receipt, policy), offline: true });
    cases.splice(4, 1);
    const validUntil = new Date((clock.now() + DAY) * 1000).toISOString().replace(".000", "");
    cases.push(one("expired"));
    await anchorFiles(service, [report("expired")], { validUntil, until: "final" });
    clock.advance(2 * DAY);
    cases.push(one("issuer-not-in-good-standing"));
    await anchorFiles(service, [report("issuer-not-in-good-standing")], { as: "issuer2", until: "final" });
    cases.push(one("several-issuers"));
    for (const as of ["issuer", "issuer2"] as const)
      await anchorFiles(service, [report("several-issuers")], { as, until: "final" });
    await suspendInstitution(service, 2);
    clock.advance(1); // a checkpoint then covers what was recorded
    cases.push(one("not-found"));
    const time = clock.now();
    const staged = cases.map((each) => ({ ...each, time }));
    const unfinished = await startUnfinished(cleanup);
    return new PageStage({ service, cases: [...staged, ...unfinished], time }, cleanup.move());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cleanup.disposeAsync();
  }
}

async function suspendInstitution(
  { folder, rpc, chainId, registry }: TestService,
  institution: number,
): Promise<void> {
  const key = new LocalSigner(await readKey(join(folder, "data", "chain", "keys", "deployer.key")));
  const governance = new Governance(new JsonRpc(rpc), { registry, chainId, key });
  await governance.execute({ act: "set-state", institution, state: "suspended" });
}

/** One service waits for missing confirmations, the other has a stale index. */
async function startUnfinished(cleanup: AsyncDisposableStack): Promise<Case[]> {
  const chain = await startTestChain();
  let open = true;
  cleanup.defer(async () => {
    if (open) await chain.close();
  });
  const clock = new TestClock(FOLLOWING);
  const stale = cleanup.use(await startFollowing(chain, { clock }));
  await anchorFiles(stale, [report("indeterminate")], { until: "final" });
  const waiting = cleanup.use(await startFollowing(chain, { finality: 3 }));
  await anchorFiles(waiting, [report("pending")], { until: "accepted" });
  await untilVerdict(waiting, report("pending"), "pending");
  for (const service of [stale, waiting]) await checkpointOf(service, () => true);
  await chain.close();
  open = false;
  clock.advance(601);
  return [
    { verdict: "pending", url: waiting.url, files: [report("pending")], time: FOLLOWING },
    { verdict: "indeterminate", url: stale.url, files: [report("indeterminate")], time: clock.now() },
  ];
}

/** Time of a service that follows a test chain: an interval of checkpoints after the blocks, which are of the chain's own clock. */
export const FOLLOWING = new TestClock().now() + 10;

/**
 * A service of an operator on an external chain, with the key of the first institution.
 * @param options.finality confirmations
 * @param options.rpc URL of the node, by default that of the chain
 */
export async function startFollowing(
  chain: TestChain,
  options: { clock?: Clock; finality?: number; rpc?: string } = {},
): Promise<TestService> {
  const { clock = new TestClock(FOLLOWING), finality = 1, rpc = chain.url } = options;
  const folder = mkdtempSync(join(tmpdir(), "hufu-away-"));
  const keys = join(folder, "data", "keys");
  mkdirSync(keys, { recursive: true, mode: 0o700 });
  const [key] = chain.hotKeys;
  writeFileSync(join(keys, "issuer.key"), `${key.privateKey}\n`, { mode: 0o600 });
  const env = {
    HUFU_CHAIN_RPC_URL: rpc,
    HUFU_REGISTRY_ADDRESS: `eip155:31337:${chain.registry}`,
    HUFU_FINALITY: String(finality),
    HUFU_GROUP_AGE: "0",
  };
  const deployerKey = join(chain.folder, "governance", "deployer.key");
  await enterOwner(join(folder, "data"), "Following", {
    rpc: chain.url,
    registry: chain.registry,
    deployerKey,
  });
  await mine(chain, finality); // its keys are then final
  await adoptStore(readServiceConfig({ HUFU_DATA_DIR: join(folder, "data") })); // the key may have recorded documents
  return await startTestService({ folder, clock, env });
}

/** Waits until a service gives this verdict on a file. */
export async function untilVerdict({ url }: TestService, file: PageFile, wanted: VerdictCode): Promise<void> {
  const body = { digest: formatDigest(digestOf(file)) };
  while ((await ask(`${url}/v1/verifications`, { body })).body["verdict"] !== wanted) await sleep(50);
}
