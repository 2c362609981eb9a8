/** Tests overload, slow connections, stops and signals of a running service. */
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect as connectSecurely } from "node:tls";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTestChain } from "../support/chain/embedded.ts";
import { forward, ScriptedNode, type Answer as NodeAnswer } from "../support/chain/json-rpc.ts";
import { RawConnection } from "../support/network/raw.ts";
import { ask, startTestService } from "../support/service/service.ts";
import { Serving, Writer } from "../support/service/serving.ts";
import { CERTIFICATES, tlsFiles } from "../support/network/tls.ts";

const SCENE = "enterprise-credit-report";
const HUFU = join(import.meta.dirname, "../../src/bin/hufu.js");
/** Requests per minute and caller, concurrent requests, and seconds until a request must have arrived. */
const LIMITS = { rate: 60_000, requests: 2_000, arrival: 30 };
/** Milliseconds within which a stop is to end the process. */
const STOP = 10_000;
const digestOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

let folder: string;
let serving: Serving | undefined;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "hufu-faults-"))));
afterEach(async () => {
  await serving?.kill();
  serving = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** A request whose body is announced and not there yet. */
function begun(bytes: number): string {
  const head = ["POST /v1/verifications HTTP/1.1", "host: localhost", "content-type: application/json"];
  return [...head, `content-length: ${bytes}`, "", ""].join("\r\n");
}

describe("F50: leap days, leap seconds and daylight saving", () => {
  const ZONES = ["UTC", "Asia/Hong_Kong", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe"];
  const script = join(import.meta.dirname, "../support/dates.ts");
  const outputs = ZONES.map((zone) => {
    const env = { PATH: process.env["PATH"] ?? "", TZ: zone };
    return JSON.parse(execFileSync(process.execPath, [script], { env, encoding: "utf8" })) as {
      local: number;
      results: unknown[];
    };
  });

  it("F50: leap days and daylight saving change no date, text or verdict in any time zone", () => {
    for (const [i, { results }] of outputs.entries())
      expect([ZONES[i], results]).toEqual([ZONES[i], outputs[0]?.results]);
    expect(outputs[0]?.results).toContainEqual(["2016-12-31T23:59:60Z", "DATE_INVALID", "DATE_INVALID"]);
    expect(outputs[0]?.results).toContainEqual([
      "2028-02-29",
      "2028-02-28T16:00:00Z",
      [1835452799, "2028-02-29T15:59:59Z", "2028-02-29 23:59:59 UTC+8", "valid", "expired"],
    ]);
  });

  it("F50: the time zones take effect: local times of the same processes differ", () => {
    expect(new Set(outputs.map(({ local }) => local)).size).toBe(ZONES.length);
  });
});

describe("connections that send too slowly", () => {
  it("F51: heads and bodies dripped by the byte are cut off, and others are served meanwhile", async () => {
    const service = await startTestService({ config: { limits: { ...LIMITS, arrival: 2 } } });
    try {
      const connections = Array.from({ length: 200 }, () => new RawConnection(service.url));
      for (const [i, connection] of connections.entries()) {
        if (i % 2 === 0) connection.drip(begun(1_000), 100);
        else {
          connection.write(begun(1_000));
          connection.drip(" ".repeat(1_000), 100);
        }
      }
      await expect
        .poll(async () => (await ask(`${service.url}/readyz`)).status, { timeout: 20_000 })
        .toBe(200);
      const asked = { body: { digest: digestOf("while others drip") } };
      for (let i = 0; i < 20; i++) {
        const { status, body } = await ask(`${service.url}/v1/verifications`, asked);
        expect([status, body["verdict"]]).toEqual([200, "not-found"]);
      }
      const answers = await Promise.all(connections.map(({ closed }) => closed));
      for (const answer of answers) {
        expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
        expect(answer).toContain("REQUEST_TIMEOUT");
      }
    } finally {
      await service.close();
    }
  }, 60_000);

  it("F51: without a bound on arrival, slow connections stay open", async () => {
    const service = await startTestService({ config: { limits: { ...LIMITS, arrival: 300 } } });
    const connection = new RawConnection(service.url);
    connection.write(begun(1_000));
    const end = await Promise.race([connection.closed, sleep(4_000, "still open")]);
    expect(end).toBe("still open");
    connection.destroy();
    await service.close();
  });
});

describe("more than the service can do", () => {
  const MAX = 10;

  it("F53: requests above the bound get 503 with Retry-After immediately, and later ones are served", async () => {
    const service = await startTestService({ config: { limits: { ...LIMITS, requests: MAX } } });
    const verify = async () =>
      await ask(`${service.url}/v1/verifications`, { body: { digest: digestOf("overload") } });
    const held = Array.from({ length: MAX }, () => new RawConnection(service.url));
    try {
      expect((await verify()).status).toBe(200);
      for (const connection of held) connection.write(begun(100));
      await expect.poll(async () => (await verify()).status).toBe(503);
      const { body, headers } = await verify();
      expect([body["code"], Number(headers.get("retry-after"))]).toEqual(["OVERLOADED", 5]);
      expect((await ask(`${service.url}/healthz`)).status).toBe(200);
      expect((await ask(`${service.url}/readyz`)).status).toBe(200);
      for (const connection of held) connection.destroy();
      await expect.poll(async () => (await verify()).status).toBe(200);
    } finally {
      await service.close();
    }
  });

  it("F53: a process that is behind turns requests away until it has caught up", async () => {
    const service = await startTestService();
    try {
      const verify = async (): Promise<number> =>
        (await ask(`${service.url}/v1/verifications`, { body: { digest: digestOf("behind") } })).status;
      expect(await verify()).toBe(200);
      const answers: Promise<number>[] = [];
      for (let turn = 0; turn < 2; turn++) {
        answers.push(verify());
        await new Promise((resolve) => setImmediate(resolve));
        for (const end = Date.now() + 2_500; Date.now() < end;); // blocks the event loop
      }
      expect(await Promise.all(answers)).toContain(503);
      await expect.poll(verify, { timeout: 20_000 }).toBe(200);
    } finally {
      await service.close();
    }
  });

  /** MiB that bodies take up while 80 clients have sent most of one and none has ended it. */
  async function heldBy(maxRequests: number): Promise<number> {
    const limits = { ...LIMITS, requests: maxRequests, arrival: 60 };
    const running = (serving = await Serving.start(join(folder, String(maxRequests)), {}, { limits }));
    const external = async (): Promise<number> => {
      const text = await (await fetch(`${running.url}/metrics`)).text();
      return Number(/^nodejs_external_memory_bytes (\S+)$/m.exec(text)?.[1]) / 2 ** 20;
    };
    const before = await external();
    const clients = Array.from({ length: 80 }, () => new RawConnection(running.url));
    for (const client of clients) client.write(begun(1_000_000) + " ".repeat(950_000));
    let most = 0;
    for (let i = 0; i < 20; i++) {
      most = Math.max(most, (await external()) - before);
      await sleep(100);
    }
    for (const client of clients) client.destroy();
    await running.kill();
    return most;
  }

  it("F53: memory grows with the bound on requests, not with what is sent", async () => {
    const bounded = await heldBy(20);
    const unbounded = await heldBy(2_000);
    expect(bounded).toBeLessThan(35);
    expect(unbounded).toBeGreaterThan(50); // the measure sees what a bound prevents
  }, 60_000);
});

/** The end of the process, or a timeout after ten seconds. */
async function endWithin(running: Serving): Promise<unknown> {
  return await Promise.race([running.gone(), sleep(STOP, "still running", { ref: false })]);
}

describe("a stop", () => {
  const waiting = (running: Serving, text: string): Promise<Awaited<ReturnType<typeof ask>>> =>
    ask(`${running.url}/v1/anchors?wait=final`, {
      key: running.credentials.keys["issuer"],
      body: { documents: [{ digest: digestOf(text), scene: SCENE }] },
    });
  const pending = async (running: Serving): Promise<unknown> =>
    (await ask(`${running.url}/readyz`)).body["outbox"];

  it.each(["SIGTERM", "SIGINT"] as const)(
    "F54: %s completes pending requests, closes idle and partial ones, and exits with 0 within 10 s",
    async (signal) => {
      const data = join(folder, "data");
      const running = (serving = await Serving.start(data, { HUFU_GROUP_AGE: "60000" }));
      const answer = waiting(running, signal);
      await expect.poll(() => pending(running)).toEqual({ pending: 1 });
      const idle = new RawConnection(running.url);
      const half = signal === "SIGTERM" ? new RawConnection(running.url) : undefined;
      idle.write("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n");
      half?.write(begun(1_000));
      await expect.poll(() => idle.received).toMatch(/^HTTP/); // from here on it is idle
      running.child.kill(signal);
      const { status, body } = await answer;
      expect([status, body["anchors"]]).toEqual([202, [expect.objectContaining({ state: "queued" })]]);
      expect(await endWithin(running)).toBe(0);
      expect(await idle.closed).toMatch(/^HTTP\/1\.1 200 OK/);
      expect(await half?.closed).toBe(half && "");
      serving = await Serving.start(data);
      const writer = new Writer(signal);
      writer.acknowledged.set((body["anchors"] as { id: string }[])[0]?.id ?? "", digestOf(signal));
      await writer.expectRecorded(serving);
    },
  );

  it("F54: a service with a silent node exits within 10 s, and immediately on a second signal", async () => {
    const chain = await startTestChain();
    let silent = false;
    const node = await ScriptedNode.start(async (request): Promise<NodeAnswer> =>
      silent ? "silence" : await forward(chain.url, request),
    );
    const env = { HUFU_CHAIN_RPC_URL: node.url, HUFU_REGISTRY_ADDRESS: chain.registry };
    const config = { pollInterval: 10 };
    try {
      const first = (serving = await Serving.start(join(folder, "data"), env, config));
      silent = true;
      await sleep(200);
      first.child.kill("SIGTERM");
      expect(await endWithin(first)).toBe(0);
      silent = false;
      const second = (serving = await Serving.start(join(folder, "data"), env, config));
      new RawConnection(second.url).write(begun(1_000));
      await expect.poll(async () => (await ask(`${second.url}/healthz`)).status).toBe(200);
      second.child.kill("SIGTERM");
      await sleep(2_000);
      expect(second.isGone).toBe(false); // it waits for the request
      second.child.kill("SIGTERM");
      expect(await endWithin(second)).toBe(3);
      expect(second.log).toContain("before everything was closed");
    } finally {
      await node[Symbol.asyncDispose]();
      await chain.close();
    }
  });
});

describe("SIGHUP", () => {
  it("SIGHUP reloads the TLS files and keeps open connections", async () => {
    const files = tlsFiles(folder);
    const env = {
      HUFU_TLS_CERT_FILE: files.certFile,
      HUFU_TLS_KEY_FILE: files.keyFile,
      HUFU_LOG_LEVEL: "info",
    };
    const running = (serving = await Serving.start(join(folder, "data"), env));
    const organisation = async (): Promise<unknown> => {
      const { port } = new URL(running.url);
      const ca = [CERTIFICATES.first.cert, CERTIFICATES.second.cert];
      const socket = connectSecurely({ port: Number(port), host: "127.0.0.1", ca });
      await once(socket, "secureConnect");
      const { O } = socket.getPeerCertificate().subject;
      socket.destroy();
      return O;
    };
    expect(await organisation()).toBe("Tiger Tally Sample Operator");
    tlsFiles(folder, CERTIFICATES.second);
    running.child.kill("SIGHUP");
    await expect.poll(organisation, { timeout: 10_000 }).toBe("Harbour Lantern Sample Operator");
    expect(running.isGone).toBe(false);
  });
});

describe("hufu chain", () => {
  it("hufu chain serves two operators, and is the same chain after a restart", async () => {
    const env = { PATH: process.env["PATH"] ?? "", LANG: "C", HUFU_DATA_DIR: join(folder, "chain") };
    const start = async () => {
      const args = [HUFU, "chain", "--listen", "127.0.0.1:0", "--json"];
      const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
      let said = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
      await expect.poll(() => said.endsWith("}\n"), { timeout: 20_000 }).toBe(true);
      return { child, ...(JSON.parse(said) as { rpc: string; registry: string }) };
    };
    const stop = async ({ child }: Awaited<ReturnType<typeof start>>): Promise<number | null> => {
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      await gone;
      return child.exitCode;
    };
    const chain = await start();
    const settings = { HUFU_CHAIN_RPC_URL: chain.rpc, HUFU_REGISTRY_ADDRESS: chain.registry };
    const services = [
      await startTestService({ env: settings }),
      await startTestService({ env: { ...settings, HUFU_OPERATOR_NAME: "Harbour Lantern Sample Operator" } }),
    ];
    const sizes = await Promise.all(
      services.map(async ({ url }) => (await ask(`${url}/readyz`)).body["index"]),
    );
    expect(sizes[0]).toMatchObject({ state: "current" });
    expect(sizes[1]).toEqual(sizes[0]);
    for (const service of services) await service.close();
    expect(await stop(chain)).toBe(0);
    const again = await start();
    expect(again.registry).toBe(chain.registry);
    expect(await stop(again)).toBe(0);
  });
});
