/** Tests outgoing requests in a network that is left through a proxy alone. */
import { createServer, type Server } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readProxies } from "../../src/config.ts";
import { hufu } from "../support/cli/cli.ts";
import { HttpProxy } from "../support/network/http-proxy.ts";
import { startTestService, type TestService } from "../support/service/service.ts";

/** A name that the proxy alone knows. */
const NAME = "hufu.invalid";

let service: TestService;
/** The node, which answers to no name of others. */
let node: HttpProxy;
/** Passes connections on, as proxies do for TLS and Node asks of them for plain HTTP too. */
let proxy: Server;
let asked: string[];
const tunnels = new Set<Socket>();
/** Where the proxy finds a host. */
const targetOf = (host: string): string => (host.startsWith("node.") ? node.url : service.url);
beforeAll(async () => {
  service = await startTestService({ env: { HUFU_PUBLIC_URL: `http://${NAME}` } });
  node = await HttpProxy.start(new URL(service.credentialsFile.rpc).origin);
  proxy = createServer();
  proxy.on("connect", ({ url = "" }, socket: Socket) => {
    asked.push(url);
    const onward = connect(Number(new URL(targetOf(url)).port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    for (const end of [socket, onward]) tunnels.add(end.on("error", () => undefined));
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  for (const socket of tunnels) socket.destroy();
  proxy.closeAllConnections();
  proxy.close();
  await node[Symbol.asyncDispose]();
  await service.close();
});

const proxyUrl = (): string => `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;

async function run(args: readonly string[], env: Record<string, string>): ReturnType<typeof hufu> {
  asked = [];
  const file = join(service.folder, "report.pdf");
  writeFileSync(file, "%PDF-1.7 through a proxy");
  return await hufu(["verify", file, ...args], { env: { HUFU_DATA_DIR: service.folder, ...env } });
}

const byName = ["--server", `http://${NAME}`];

describe("the command line", () => {
  it.each(["HTTP_PROXY", "http_proxy"])("asks a service through %s", async (name) => {
    const { code, stdout } = await run(byName, { [name]: proxyUrl() });
    expect([code, stdout]).toEqual([1, expect.stringContaining("No record of exactly this file")]);
    expect(asked.some((url) => url.includes(NAME))).toBe(true);
  });

  it("asks a node through the proxy", async () => {
    const { registry } = service.credentialsFile;
    const direct = ["--rpc", "http://node.invalid", "--registry", registry, "--finality", "1"];
    const { code, stdout, stderr } = await run(direct, {
      HTTP_PROXY: proxyUrl(),
      XDG_CACHE_HOME: join(service.folder, "cache"),
    });
    expect(stderr).toBe("");
    expect([code, stdout]).toEqual([1, expect.stringContaining("No record of exactly this file")]);
    expect(asked.some((url) => url.includes("node.invalid"))).toBe(true);
  });

  it("asks this machine, and what NO_PROXY names, without it", async () => {
    const { code } = await run(["--server", service.url], { HTTP_PROXY: proxyUrl() });
    expect([code, asked]).toEqual([1, []]);
    const other = await run(byName, { HTTP_PROXY: proxyUrl(), NO_PROXY: `.example,${NAME}` });
    expect([other.code, asked]).toEqual([3, []]);
    expect(other.stderr).toContain("SERVER_UNREACHABLE");
  });

  it("a proxy that is no URL is refused by its name, without its value", async () => {
    const { code, stderr } = await run(byName, { HTTPS_PROXY: "socks5://user:secret@proxy.example" });
    expect([code, stderr]).toEqual([2, expect.stringContaining("HTTPS_PROXY is not an http or https URL")]);
    expect(stderr).not.toContain("secret");
  });
});

describe("the settings of proxies", () => {
  it.each([
    [{}, undefined],
    [{ NO_PROXY: "a.example", HTTP_PROXY: " " }, undefined],
    [{ HTTP_PROXY: "proxy.example:3128" }, { http_proxy: "http://proxy.example:3128" }],
    [{ HTTPS_PROXY: "https://u:p@proxy.example" }, { https_proxy: "https://u:p@proxy.example" }],
    [
      { https_proxy: "http://a.example", HTTPS_PROXY: "http://b.example" },
      { https_proxy: "http://a.example" },
    ],
  ])("%j are read as %j", (env, expected) => {
    const local = "localhost,127.0.0.1,::1,[::1]";
    expect(readProxies(env)).toEqual(expected && { no_proxy: local, ...expected });
  });
});
