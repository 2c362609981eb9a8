/** Tests TLS, proxies, rate limits, metrics, readiness and the disk guard of a running service. */
import { createHash } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TLSSocket, connect } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readTls } from "../../src/api/tls.ts";
import { systemClock } from "../../src/core/clock.ts";
import { TestClock } from "../support/clock.ts";
import { startTestChain, type TestChain } from "../support/chain/embedded.ts";
import { ask, startTestService, type TestService } from "../support/service/service.ts";
import { CERTIFICATES, tlsFiles } from "../support/network/tls.ts";

const NOW = Date.UTC(2026, 0, 1) / 1000;
const YEARS = 365 * 86_400;
const DIGEST = `sha256:${createHash("sha256").update("nobody's").digest("hex")}`;

let chain: TestChain;
let folder: string;
beforeAll(async () => void (chain = await startTestChain({ clock: systemClock })));
afterAll(async () => await chain.close());
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "hufu-operation-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A service that verifies on the shared chain; it holds no key of an institution. */
async function startOn(
  { url, registry }: Pick<TestChain, "url" | "registry">,
  env: Record<string, string> = {},
  lines?: string[],
): Promise<TestService> {
  return await startTestService({
    env: { HUFU_CHAIN_RPC_URL: url, HUFU_REGISTRY_ADDRESS: registry, HUFU_FINALITY: "1", ...env },
    ...(lines === undefined ? {} : { lines }),
  });
}

async function withService(
  env: Record<string, string>,
  work: (service: TestService, lines: string[]) => Promise<void>,
): Promise<void> {
  const lines: string[] = [];
  const service = await startOn(chain, env, lines);
  try {
    await work(service, lines);
  } finally {
    await service.close();
  }
}

interface Secured {
  readonly status: number | undefined;
  readonly organisation: string | undefined;
  readonly protocol: string | null;
}

/** One request over TLS, believing `ca` alone. */
async function askSecurely(url: string, ca: string): Promise<Secured> {
  return await new Promise((resolve, reject) => {
    const request = get(url, { ca, agent: false }, (response) => {
      const { socket } = response;
      if (!(socket instanceof TLSSocket)) throw new TypeError("not over TLS");
      const { O } = socket.getPeerCertificate().subject;
      const organisation = Array.isArray(O) ? O[0] : O;
      resolve({ status: response.resume().statusCode, organisation, protocol: socket.getProtocol() });
    });
    request.on("error", reject);
  });
}

/** Speaks one version of TLS only. */
async function handshake(url: string, version: "TLSv1.1" | "TLSv1.2" | "TLSv1.3"): Promise<string | null> {
  const { hostname, port } = new URL(url);
  return await new Promise((resolve, reject) => {
    const socket = connect({
      host: hostname,
      port: Number(port),
      ca: CERTIFICATES.first.cert,
      minVersion: version,
      maxVersion: version,
      ciphers: "DEFAULT@SECLEVEL=0",
    });
    socket.on("secureConnect", () => {
      resolve(socket.getProtocol());
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

describe("TLS files", () => {
  it("a certificate in force and its key are accepted", async () => {
    expect(await readTls(tlsFiles(folder), NOW)).toMatchObject({ until: Date.UTC(2120, 0, 1) / 1000 });
  });

  it("a TLS key that others can read is refused", async () => {
    const files = tlsFiles(folder);
    chmodSync(files.keyFile, 0o644);
    await expect(readTls(files, NOW)).rejects.toMatchObject({
      code: "KEY_FILE_PERMISSIONS",
      fields: { at: "HUFU_TLS_KEY_FILE" },
    });
  });

  it.each<[string, RegExp, number, { cert: string; key: string }]>([
    [
      "that are of two certificates",
      /is not that of/,
      NOW,
      { ...CERTIFICATES.first, key: CERTIFICATES.second.key },
    ],
    ["whose certificate has expired", /expired on/, NOW + 100 * YEARS, CERTIFICATES.first],
    ["whose certificate is not valid yet", /not valid before/, NOW - 10 * YEARS, CERTIFICATES.first],
    ["without a certificate", /holds no certificate/, NOW, { ...CERTIFICATES.first, cert: "none" }],
    ["without a key", /holds no private key/, NOW, { ...CERTIFICATES.first, key: "none" }],
    [
      "whose key has a password",
      /has a password/,
      NOW,
      { ...CERTIFICATES.first, key: "-----BEGIN ENCRYPTED PRIVATE KEY-----" },
    ],
  ])("TLS files %s are refused, and the fault names the file and the reason", async (_, how, now, pair) => {
    const files = tlsFiles(folder, pair);
    await expect(readTls(files, now)).rejects.toThrowCode("TLS_FILES");
    await expect(readTls(files, now)).rejects.toThrow(how);
    await expect(readTls(files, now)).rejects.toThrow(/HUFU_TLS_(CERT|KEY)_FILE: /);
    await expect(readTls(files, now)).rejects.not.toThrow(/BEGIN/);
  });

  it("missing TLS files stop the start", async () => {
    const env = { HUFU_TLS_CERT_FILE: join(folder, "none.pem"), HUFU_TLS_KEY_FILE: join(folder, "none.pem") };
    await expect(startOn(chain, env)).rejects.toThrowCode("TLS_FILES");
  });
});

describe("a service with TLS", () => {
  let service: TestService;
  let files: { certFile: string; keyFile: string };
  let kept: string;
  const lines: string[] = [];
  beforeAll(async () => {
    kept = mkdtempSync(join(tmpdir(), "hufu-tls-"));
    files = tlsFiles(kept);
    const env = {
      HUFU_TLS_CERT_FILE: files.certFile,
      HUFU_TLS_KEY_FILE: files.keyFile,
      HUFU_PUBLIC_URL: "https://hufu.example",
    };
    service = await startOn(chain, env, lines);
  });
  afterAll(async () => {
    await service.close();
    rmSync(kept, { recursive: true });
  });

  it("a service with TLS answers over TLS, and not over plain HTTP", async () => {
    expect(service.url).toMatch(/^https:/);
    const answer = await askSecurely(`${service.url}/healthz`, CERTIFICATES.first.cert);
    expect(answer).toMatchObject({ status: 200, organisation: "Tiger Tally Sample Operator" });
    await expect(askSecurely(`${service.url}/healthz`, CERTIFICATES.second.cert)).rejects.toThrow();
    await expect(ask(`${service.url.replace("https:", "http:")}/healthz`)).rejects.toThrow();
  });

  it("a service with TLS accepts TLS 1.2 and 1.3, and no older version", async () => {
    expect(await handshake(service.url, "TLSv1.2")).toBe("TLSv1.2");
    expect(await handshake(service.url, "TLSv1.3")).toBe("TLSv1.3");
    await expect(handshake(service.url, "TLSv1.1")).rejects.toThrow(/alert/);
  });

  it("credentials.json names the service by its public URL", () => {
    expect(service.credentialsFile.server).toBe("https://hufu.example");
  });

  it("a reload takes new TLS files, and keeps the old ones where the new ones are wrong", async () => {
    tlsFiles(kept, CERTIFICATES.second);
    await service.reload();
    const renewed = await askSecurely(`${service.url}/healthz`, CERTIFICATES.second.cert);
    expect(renewed.organisation).toBe("Harbour Lantern Sample Operator");
    writeFileSync(files.certFile, CERTIFICATES.first.cert);
    await service.reload();
    expect(await askSecurely(`${service.url}/healthz`, CERTIFICATES.second.cert)).toEqual(renewed);
    expect(lines.some((line) => line.includes("the old ones stay"))).toBe(true);
  });
});

describe("X-Forwarded-For", () => {
  const CLIENT = "203.0.113.7";
  const seen = async (service: TestService, lines: string[]): Promise<object> => {
    await ask(`${service.url}/v1/institutions`, { headers: { "x-forwarded-for": CLIENT } });
    const line = lines.find((text) => text.includes(`"route":"/v1/institutions"`)) ?? "{}";
    const { peer, client } = JSON.parse(line) as { peer?: string; client?: string };
    return { peer, client };
  };

  it("X-Forwarded-For of any client is ignored: the log has the socket's address", async () => {
    await withService({}, async (service, lines) => {
      expect(await seen(service, lines)).toEqual({ peer: "127.0.0.1", client: undefined });
      expect(lines.join("")).not.toContain(CLIENT);
    });
  });

  it("X-Forwarded-For of an untrusted proxy is ignored", async () => {
    await withService({ HUFU_TRUSTED_PROXY: "10.0.0.0/8" }, async (service, lines) => {
      expect(await seen(service, lines)).toEqual({ peer: "127.0.0.1", client: undefined });
    });
  });

  it("X-Forwarded-For of a trusted proxy names the client", async () => {
    await withService({ HUFU_TRUSTED_PROXY: "10.0.0.0/8,127.0.0.0/8" }, async (service, lines) => {
      expect(await seen(service, lines)).toEqual({ peer: "127.0.0.1", client: CLIENT });
    });
  });
});

describe("more requests in a minute than HUFU_RATE_LIMIT", () => {
  const LIMIT = 10;
  const env = { HUFU_RATE_LIMIT: String(LIMIT) };
  const statuses = async (
    service: TestService,
    count: number,
    options: (i: number) => Parameters<typeof ask>[1],
  ): Promise<number[]> => {
    const answers: number[] = [];
    for (let i = 0; i < count; i++)
      answers.push((await ask(`${service.url}/v1/entries?limit=1`, options(i))).status);
    return answers;
  };
  const times = (count: number, status: number): number[] => Array.from({ length: count }, () => status);

  it("requests above the rate limit get 429 with Retry-After, per key; monitoring is always answered", async () => {
    await withService(env, async (service) => {
      const { auditor, verifier } = service.keys;
      expect(await statuses(service, LIMIT, () => ({ key: auditor }))).toEqual(times(LIMIT, 200));
      const { status, body, headers } = await ask(`${service.url}/v1/entries`, { key: auditor });
      expect([status, body["code"]]).toEqual([429, "RATE_LIMITED"]);
      expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
      expect(Number(headers.get("retry-after"))).toBeLessThanOrEqual(60);
      expect(await statuses(service, 1, () => ({ key: verifier }))).toEqual([200]);
      expect((await ask(`${service.url}/readyz`)).status).toBe(200);
      expect((await ask(`${service.url}/healthz`)).status).toBe(200);
    });
  });

  it("invented keys and forwarded addresses do not raise the rate limit", async () => {
    await withService(env, async (service) => {
      const made = (i: number) => ({
        key: `hufu_made_up_${i}`,
        headers: { "x-forwarded-for": `203.0.113.${i}` },
      });
      const tried = await statuses(service, LIMIT + 3, made);
      expect(tried).toEqual([...times(LIMIT, 401), ...times(3, 429)]);
      expect(await statuses(service, 1, () => ({ key: service.keys.auditor }))).toEqual([200]);
    });
  });

  it("requests are counted for each client of a trusted proxy", async () => {
    await withService({ ...env, HUFU_TRUSTED_PROXY: "127.0.0.1" }, async (service) => {
      const from = (client: string) => () => ({ headers: { "x-forwarded-for": client } });
      expect(await statuses(service, LIMIT + 1, from("203.0.113.1"))).toEqual([...times(LIMIT, 401), 429]);
      expect(await statuses(service, 1, from("203.0.113.2"))).toEqual([401]);
    });
  });
});

/** The samples of one metric, by their labels. */
function samplesOf(text: string, name: string): Map<string, number> {
  const found = [...text.matchAll(new RegExp(`^${name}(\\{.*\\})? (\\S+)$`, "gm"))];
  return new Map(found.map(([, labels = "", value]) => [labels, Number(value)]));
}

describe("metrics", () => {
  const read = async (service: TestService, headers: Record<string, string> = {}) => {
    const response = await fetch(`${service.url}/metrics`, { headers });
    return {
      status: response.status,
      type: response.headers.get("content-type"),
      text: await response.text(),
    };
  };
  const verify = async (service: TestService): Promise<void> => {
    await ask(`${service.url}/v1/verifications`, { body: { digest: DIGEST } });
  };

  it("metrics show the log's state and count verdicts, requests and problems, without a digest", async () => {
    await withService({}, async (service) => {
      await verify(service);
      await verify(service);
      await ask(`${service.url}/v1/entries`);
      const { status, type, text } = await read(service, { accept: "text/plain" });
      expect([status, type]).toEqual([200, expect.stringContaining("text/plain")]);
      const only = (name: string): number | undefined => samplesOf(text, name).get("");
      expect(only("hufu_tree_size")).toBe(
        ((await ask(`${service.url}/readyz`)).body["index"] as { treeSize: number }).treeSize,
      );
      expect(only("hufu_ready")).toBe(1);
      expect(only("hufu_acceptance_open")).toBe(1);
      expect(only("hufu_index_lag_blocks")).toBe(0);
      expect(only("hufu_index_lag_seconds")).toBeLessThan(30);
      expect(only("hufu_finality_lag_blocks")).toBe(0);
      expect([only("hufu_outbox_pending"), only("hufu_outbox_oldest_seconds")]).toEqual([0, 0]);
      expect(only("hufu_disk_free_bytes")).toBeGreaterThan(0);
      expect(only("process_start_time_seconds")).toBeGreaterThan(0);
      expect(samplesOf(text, "hufu_verdicts_total").get(`{verdict="not-found",because=""}`)).toBe(2);
      expect(samplesOf(text, "hufu_problems_total").get(`{code="AUTH_MISSING"}`)).toBe(1);
      const answered = samplesOf(text, "hufu_http_requests_total");
      expect(answered.get(`{method="POST",route="/v1/verifications",status="200"}`)).toBe(2);
      expect(text).not.toContain(DIGEST.slice(10, 30));
    });
  });

  it("metrics are for this machine only, and not for clients of a proxy on it", async () => {
    await withService({}, async (service) => {
      expect((await read(service)).status).toBe(200);
      expect((await read(service, { "x-forwarded-for": "127.0.0.1" })).status).toBe(403);
      expect((await read(service, { forwarded: "for=127.0.0.1" })).text).toContain("METRICS_PRIVATE");
    });
    await withService({ HUFU_TRUSTED_PROXY: "127.0.0.1" }, async (service) => {
      expect((await read(service, { "x-forwarded-for": "203.0.113.7" })).status).toBe(403);
    });
  });

  it("metrics are public where that is set", async () => {
    await withService({ HUFU_METRICS: "public" }, async (service) => {
      expect((await read(service, { "x-forwarded-for": "203.0.113.7" })).status).toBe(200);
    });
  });
});

describe("readyz", () => {
  const ready = async (service: TestService) => await ask(`${service.url}/readyz`);

  it("the service is ready while it answers verifications and accepts documents", async () => {
    await withService({}, async (service) => {
      const { status, body } = await ready(service);
      expect([status, body]).toEqual([
        200,
        expect.objectContaining({
          status: "ready",
          acceptance: { open: true },
          outbox: { pending: 0 },
          problems: [],
        }),
      ]);
    });
  });

  it("the service is not ready, with the code, while the node is unreachable; the process continues", async () => {
    const own = await startTestChain({ clock: systemClock });
    const service = await startOn(own);
    try {
      expect((await ready(service)).status).toBe(200);
      await own.close();
      await expect.poll(async () => (await ready(service)).status, { timeout: 20_000 }).toBe(503);
      const { body } = await ready(service);
      expect(body).toMatchObject({
        status: "not-ready",
        index: { state: "failing", because: "RPC_UNAVAILABLE" },
        acceptance: { open: true },
        problems: [{ code: "RPC_UNAVAILABLE" }],
      });
      expect((await ask(`${service.url}/healthz`)).status).toBe(200);
      const text = await (await fetch(`${service.url}/metrics`)).text();
      expect(samplesOf(text, "hufu_acceptance_open").get("")).toBe(1);
      expect(samplesOf(text, "hufu_ready").get("")).toBe(0);
      expect(samplesOf(text, "hufu_index_lag_blocks").get("")).toBeNaN();
      expect(
        samplesOf(text, "hufu_faults_total").get(`{part="index",code="RPC_UNAVAILABLE"}`),
      ).toBeGreaterThan(0);
    } finally {
      await service.close();
    }
  });
});

/** Whether a new document is taken. */
async function accepts(service: TestService, query = ""): Promise<boolean> {
  const digest = `sha256:${createHash("sha256").update(`document ${made++}`).digest("hex")}`;
  const body = { documents: [{ digest, scene: "enterprise-credit-report" }] };
  const { status } = await ask(`${service.url}/v1/anchors${query}`, { key: service.keys.issuer, body });
  return status === 202 || status === 200;
}
let made = 0;

describe("what readyz says of acceptance is what happens to a document", () => {
  const DAY = 86_400;
  const said = async (service: TestService) => {
    const { body } = await ask(`${service.url}/readyz`);
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    const { open } = body["acceptance"] as { open: boolean };
    return [open, samplesOf(metrics, "hufu_acceptance_open").get("") === 1];
  };

  it.each([
    ["that is right", 0, "ready", undefined],
    ["set back by two days", -2 * DAY, "not-ready", "2 days ahead of this machine's clock"],
    ["set forward by two days", 2 * DAY, "ready", undefined],
  ])("with a clock %s", async (_, shift, status, detail) => {
    const clock = new TestClock();
    const service = await startTestService({ clock, env: { HUFU_GROUP_AGE: "0" } });
    try {
      expect(await accepts(service, "?wait=final")).toBe(true);
      clock.advance(shift);
      const state = async () => (await ask(`${service.url}/readyz`)).body;
      await expect.poll(async () => (await state())["status"], { timeout: 20_000 }).toBe(status);
      const problems = (await state())["problems"] as { code: string; detail: string }[];
      if (detail === undefined) expect(problems).toEqual([]);
      else
        expect(problems).toMatchObject([
          { code: "INDEX_STALE", detail: expect.stringContaining(detail) as string },
        ]);
      const taken = await accepts(service);
      expect(await said(service)).toEqual([taken, taken]);
    } finally {
      await service.close();
    }
  });
});

describe("which requests are logged", () => {
  it("requests are logged at debug, and refusals and faults at info", async () => {
    await withService({}, async (service, lines) => {
      await ask(`${service.url}/v1/institutions`);
      await ask(`${service.url}/v1/nowhere`);
      await ask(`${service.url}/v1/anchors`, { body: {} });
      const logged = () =>
        lines
          .map((line) => JSON.parse(line) as { msg: string; level: number; status: number })
          .filter(({ msg }) => msg === "request")
          .map(({ level, status }) => [status, level]);
      await expect.poll(logged).toEqual([
        [200, 20],
        [404, 30],
        [401, 30],
      ]);
    });
  });
});

describe("while less is free on the disk than has to be", () => {
  it("documents and status changes get 507 with Retry-After on a full disk; verification continues", async () => {
    await (await startTestService()).close(); // its chain is copied: nothing is deployed on a full disk
    const service = await startTestService({ config: { minDiskFree: 2 ** 53 - 1 } });
    try {
      const key = service.keys.issuer;
      const documents = [{ digest: DIGEST, scene: "enterprise-credit-report" }];
      const refused = await ask(`${service.url}/v1/anchors`, { key, body: { documents } });
      expect([refused.status, refused.body["code"]]).toEqual([507, "STORAGE_LOW"]);
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      const change = { action: "revoke", reason: "other" };
      const kept = await ask(`${service.url}/v1/entries/0/status`, { key, body: change });
      expect([kept.status, kept.body["code"]]).toEqual([507, "STORAGE_LOW"]);
      const { status, body } = await ask(`${service.url}/v1/verifications`, { body: { digest: DIGEST } });
      expect([status, body["verdict"]]).toEqual([200, "not-found"]);
      const ready = await ask(`${service.url}/readyz`);
      expect([ready.status, ready.body["acceptance"]]).toEqual([
        200,
        { open: false, code: "STORAGE_LOW", detail: expect.stringContaining("bytes are free") as string },
      ]);
    } finally {
      await service.close();
    }
  });
});
