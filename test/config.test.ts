/** Tests what each setting takes, its default, and how a wrong one is refused. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  SETTINGS,
  readChainConfig,
  readClientConfig,
  readLanguage,
  readServiceConfig,
} from "../src/config.ts";

const RPC = { HUFU_CHAIN_RPC_URL: "http://127.0.0.1:8545", HUFU_REGISTRY_ADDRESS: `0x${"Ab".repeat(20)}` };
const TLS = { HUFU_TLS_CERT_FILE: "/cert.pem", HUFU_TLS_KEY_FILE: "/key.pem" };

describe("with nothing set", () => {
  it("a configuration with nothing set is embedded, on loopback", () => {
    expect(readServiceConfig({})).toMatchObject({
      listen: { host: "127.0.0.1", port: 3000 },
      dataDir: join(process.cwd(), "data"),
      chain: { kind: "embedded", listen: { host: "127.0.0.1", port: 0 } },
      finality: 1,
      publicVerify: true,
    });
  });

  it("an empty setting counts as not set", () => {
    expect(readServiceConfig({ HUFU_LISTEN: "", HUFU_FINALITY: " " })).toEqual(readServiceConfig({}));
  });
});

describe("a setting", () => {
  it.each(Object.entries(SETTINGS))("%s takes its own example", (name, { example }) => {
    const both = [RPC, TLS].find((pair) => Object.hasOwn(pair, name)) ?? {};
    expect(() => readServiceConfig({ ...both, [name]: example })).not.toThrow();
    expect(() => readClientConfig({ [name]: example })).not.toThrow();
  });

  const DEFAULTS = Object.entries(SETTINGS)
    .map(([name, { fallback }]) => [name, fallback.split(";")[0] ?? ""] as const)
    .filter(([, text]) => !text.includes(" "));

  it.each(DEFAULTS)("%s is %s unless set", (name, text) =>
    expect(readServiceConfig({ ...RPC, [name]: text })).toEqual(readServiceConfig(RPC)),
  );

  it("the table has more than ten defaults", () => expect(DEFAULTS.length).toBeGreaterThan(10));

  it.each([
    ["HUFU_LISTEN", "3000"],
    ["HUFU_LISTEN", "127.0.0.1:70000"],
    ["HUFU_LISTEN", "http://127.0.0.1:3000"],
    ["HUFU_FINALITY", "0"],
    ["HUFU_FINALITY", "latest"],
    ["HUFU_FINALITY", "1.5"],
    ["HUFU_MAX_LAG", "ten minutes"],
    ["HUFU_MAX_LAG", "-5"],
    ["HUFU_ACCEPTED_ISSUERS", "1"],
    ["HUFU_ACCEPTED_ISSUERS", "CN:"],
    ["HUFU_ACCEPTED_ISSUERS", ":91440300MA00SAMP01"],
    ["HUFU_ACCEPTED_ISSUERS", "CN:91440300MA00SAMP01,"],
    ["HUFU_ACCEPTED_ISSUERS", "CN:91 44"],
    ["HUFU_ACCEPTED_ISSUERS", "中国:9144"],
    ["HUFU_PUBLIC_VERIFY", "yes"],
    ["HUFU_PUBLIC_VERIFY", "constructor"],
    ["HUFU_GROUP_AGE", "3600001"],
    ["HUFU_LOG_LEVEL", "loud"],
    ["HUFU_CHAIN_RPC_URL", "ftp://127.0.0.1"],
    ["HUFU_CHAIN_RPC_URL", "http://user:secret@127.0.0.1"],
    ["HUFU_DATABASE_URL", "mysql://hufu:secret@127.0.0.1/hufu"],
    ["HUFU_DATABASE_URL", "postgres://hufu:secret@127.0.0.1"],
    ["HUFU_DATABASE_URL", "hufu.db"],
    ["HUFU_CHAIN_RPC_URL", "http://127.0.0.1:8545,"],
    ["HUFU_CHAIN_RPC_URL", "http://127.0.0.1:8545, ftp://secret"],
    ["HUFU_CHAIN_PROFILE", "besu"],
    ["HUFU_REGISTRY_ADDRESS", "0x1234"],
    ["HUFU_REGISTRY_ADDRESS", `eip155:x:0x${"ab".repeat(20)}`],
    ["HUFU_LITSEN", "x"],
    ["HUFU_PUBLIC_URL", "hufu.example"],
    ["HUFU_PUBLIC_URL", "https://hufu.example/?behind=a-query"],
    ["HUFU_TRUSTED_PROXY", "proxy.example"],
    ["HUFU_TRUSTED_PROXY", "10.0.0.0/33"],
    ["HUFU_TRUSTED_PROXY", "10.0.0.1,"],
    ["HUFU_RATE_LIMIT", "0"],
    ["HUFU_RATE_LIMIT", "1e9"],
    ["HUFU_GROUP_SIZE", "2000"],
    ["HUFU_KEY_PASSWORD_FD", "3"],
    ["HUFU_METRICS", "yes"],
    ["HUFU_WITNESSES", "hufu.example"],
    ["HUFU_WITNESSES", "http://hufu.example"],
    ["HUFU_WITNESSES", "http://127.evil.example"],
    ["HUFU_WITNESSES", "https://user:secret@hufu.example"],
    ["HUFU_WITNESSES", "https://hufu.example/?x"],
    ["HUFU_WITNESSES", "https://hufu.example,"],
    ["HUFU_WITNESSES", "https://a.example http://secret.example"],
    ["HUFU_WITNESSES", `w+0123abcd+${"A".repeat(43)}=`],
    ["HUFU_WITNESSES", `w+0123abcd+${"A".repeat(43)}= http://w.example`],
    ["HUFU_WITNESSES", `w+0123abcd+${"A".repeat(43)}= https://w.example https://v.example`],
    ["HUFU_WITNESSES", "w+0123abc+AAAA https://w.example"],
    ["HUFU_TLS_CERT_FILE", "/cert.pem"],
    ["HUFU_TLS_KEY_FILE", "/key.pem"],
  ])("%s=%s is refused by name, and its value is not shown", (name, value) => {
    expect(() => readServiceConfig({ ...RPC, [name]: value })).toThrowCode("CONFIG");
    expect(() => readServiceConfig({ ...RPC, [name]: value })).toThrow(new RegExp(name));
    expect(() => readServiceConfig({ ...RPC, [name]: value })).not.toThrow(/secret/);
  });

  /** What a Service called "hufu" or "hufu-db" injects in Kubernetes, and a link of such a name in Docker. */
  const INJECTED = ["HUFU", "HUFU_DB", "HUFU_1"].flatMap((of) => [
    [`${of}_SERVICE_HOST`, "10.0.0.7"],
    [`${of}_SERVICE_HOST`, "fd00::7"],
    [`${of}_SERVICE_PORT`, "3000"],
    [`${of}_SERVICE_PORT_HTTPS_API`, "3000"],
    [`${of}_PORT`, "tcp://10.0.0.7:3000"],
    [`${of}_PORT`, "tcp://[fd00::7]:3000"],
    [`${of}_PORT_3000_TCP`, "tcp://10.0.0.7:3000"],
    [`${of}_PORT_53_UDP`, "udp://10.0.0.7:53"],
    [`${of}_PORT_3000_TCP_ADDR`, "10.0.0.7"],
    [`${of}_PORT_3000_TCP_PORT`, "3000"],
    [`${of}_PORT_3000_TCP_PROTO`, "tcp"],
    [`${of}_NAME`, "/web/hufu"],
    [`${of}_ENV_PATH`, "/usr/bin"],
    [`${of}_ENV_node_version`, ""],
  ]);
  it.each(INJECTED)("%s=%s of Kubernetes or Docker is passed over and named", (name, value) => {
    expect(readServiceConfig({ [name]: value })).toEqual({ ...readServiceConfig({}), injected: [name] });
    expect(readChainConfig({ [name]: value })).toEqual(readChainConfig({}));
  });

  it.each([
    ["HUFU_PORT", "3000"],
    ["HUFU_PORT", "http://10.0.0.7:3000"],
    ["HUFU_PORT_TCP", "tcp://10.0.0.7:3000"],
    ["HUFU_PORT_3000", "tcp://10.0.0.7:3000"],
    ["HUFU_PORT_3000_TCP_PROTO", "3000"],
    ["HUFU_SERVICE_HOST", ""],
    ["HUFU_SERVICE_NAME", "hufu"],
    ["HUFU_NAME", "Hong Kong operator"],
    ["HUFU_HOST", "10.0.0.7"],
  ])("%s=%s is near what others set, and is refused", (name, value) => {
    expect(() => readServiceConfig({ [name]: value })).toThrow(new RegExp(`"${name}" is no setting`));
    expect(() => readChainConfig({ [name]: value })).toThrow(new RegExp(`"${name}" is no setting`));
  });

  it.each([
    ["HUFU_LITSEN", "HUFU_LISTEN"],
    ["HUFU_DATADIR", "HUFU_DATA_DIR"],
    ["HUFU_REGISTRY_ADRESS", "HUFU_REGISTRY_ADDRESS"],
    ["HUFU_TLS_CERT", "HUFU_TLS_CERT_FILE"],
    ["HUFU_WITNESS", "HUFU_WITNESSES"],
    ["HUFU_OPERATOR", "HUFU_OPERATOR_NAME"],
  ])("for %s the nearest name is %s", (name, nearest) =>
    expect(() => readServiceConfig({ [name]: "x" })).toThrow(new RegExp(`the nearest is ${nearest}$`)),
  );

  it("all wrong settings are reported together", () => {
    const wrong = { HUFU_FINALITY: "x", HUFU_MAX_LAG: "x", HUFU_LISTEN: "x" };
    expect(() => readServiceConfig(wrong)).toThrow(/HUFU_LISTEN[^]*HUFU_FINALITY[^]*HUFU_MAX_LAG/);
  });

  it("a node's URL and its registry are set together or not at all", () => {
    expect(() => readServiceConfig({ HUFU_CHAIN_RPC_URL: RPC.HUFU_CHAIN_RPC_URL })).toThrowCode("CONFIG");
    expect(() => readServiceConfig({ HUFU_REGISTRY_ADDRESS: RPC.HUFU_REGISTRY_ADDRESS })).toThrowCode(
      "CONFIG",
    );
    expect(readServiceConfig(RPC)).toMatchObject({
      chain: { kind: "node", registry: { address: `0x${"ab".repeat(20)}`, chainId: undefined } },
      finality: "finalized",
    });
    const insisting = { ...RPC, HUFU_REGISTRY_ADDRESS: `eip155:31337:0x${"ab".repeat(20)}` };
    expect(readServiceConfig(insisting)).toMatchObject({ chain: { registry: { chainId: 31_337 } } });
  });

  it("several nodes are read in the order of preference, with their kind", () => {
    const several = { ...RPC, HUFU_CHAIN_RPC_URL: "http://a.example/key/ , https://b.example" };
    expect(readServiceConfig({ ...several, HUFU_CHAIN_PROFILE: "fisco-bcos" }).chain).toMatchObject({
      urls: ["http://a.example/key", "https://b.example"],
      profile: "fisco-bcos",
    });
    expect(readServiceConfig(several).chain).toMatchObject({ profile: "ethereum" });
    expect(readClientConfig({ HUFU_CHAIN_PROFILE: "fisco-bcos" }).profile).toBe("fisco-bcos");
  });

  it("each witness is read once, and has to be safe from eavesdroppers", () => {
    const text =
      "https://a.example/ , http://localhost:3000,http://[::1]:1,http://127.0.0.1:2/x,https://a.example";
    expect(readServiceConfig({ HUFU_WITNESSES: text }).witnesses).toEqual(
      ["https://a.example", "http://localhost:3000", "http://[::1]:1", "http://127.0.0.1:2/x"].map((url) => ({
        url,
        key: undefined,
      })),
    );
    const key = `w.example/w1+0123abcd+${"A".repeat(43)}=`;
    const named = `https://b.example, ${key}  https://w.example/api/`;
    expect(readServiceConfig({ HUFU_WITNESSES: named }).witnesses).toEqual([
      { url: "https://b.example", key: undefined },
      { url: "https://w.example/api", key },
    ]);
    expect(readServiceConfig({}).witnesses).toEqual([]);
  });

  it("a public URL may have a path, without a slash at its end", () => {
    expect(readServiceConfig({ HUFU_PUBLIC_URL: "https://bank.example/hufu/" }).publicUrl).toBe(
      "https://bank.example/hufu",
    );
  });

  it("accepted issuers are named by jurisdiction and official number, for services and for checks at a node", () => {
    const text = "CN:91440300MA00SAMP01, HK:BR:1234";
    const issuers = [
      { jurisdiction: "CN", officialNumber: "91440300MA00SAMP01" },
      { jurisdiction: "HK", officialNumber: "BR:1234" },
    ];
    expect(readServiceConfig({ HUFU_ACCEPTED_ISSUERS: text }).acceptedIssuers).toEqual(issuers);
    expect(readClientConfig({ HUFU_ACCEPTED_ISSUERS: text }).acceptedIssuers).toEqual(issuers);
    expect(readServiceConfig({}).acceptedIssuers).toEqual([]);
  });

  it("verification without a key is the default on loopback only", () => {
    for (const host of ["127.0.0.1", "127.9.9.9", "[::1]", "localhost"]) {
      expect(readServiceConfig({ HUFU_LISTEN: `${host}:3000` }).publicVerify).toBe(true);
    }
    for (const host of ["0.0.0.0", "[::]", "192.168.1.7", "hufu.example"]) {
      expect(readServiceConfig({ HUFU_LISTEN: `${host}:3000` }).publicVerify).toBe(false);
    }
  });
});

describe("the language", () => {
  it.each([
    [{ HUFU_LANG: "zh-Hant", LANG: "en_US.UTF-8" }, "zh-Hant"],
    [{ LC_ALL: "zh_HK.UTF-8", LANG: "zh_CN.UTF-8" }, "zh-Hant"],
    [{ LANG: "zh_CN.UTF-8" }, "zh-Hans"],
    [{ LANG: "fr_FR.UTF-8" }, "en"],
    [{}, "en"],
  ])("the environment %j gives the language %s", (env, language) => expect(readLanguage(env)).toBe(language));

  it("an unknown language is refused", () =>
    expect(() => readLanguage({ HUFU_LANG: "fr" })).toThrowCode("CONFIG"));
});

it("config.ts names exactly the settings of the table", () => {
  const text = readFileSync(join(import.meta.dirname, "../src/config.ts"), "utf8");
  const named = new Set([...text.matchAll(/\bHUFU_[A-Z_]+\b/g)].map(([name]) => name));
  expect([...named].sort()).toEqual(Object.keys(SETTINGS).sort());
});
