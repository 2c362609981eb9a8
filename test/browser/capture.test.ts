import { createHash } from "node:crypto";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, inject, it } from "vitest";
import { Capture } from "../support/browser/capture.ts";
import { leaksIn } from "../support/browser/leaks.ts";
import { startedSite } from "../support/browser/site.ts";

const canaryOf = (what: string): string =>
  createHash("sha256")
    .update(`${inject("seed")} ${what}`)
    .digest("base64url")
    .slice(0, 24);
const CANARY = canaryOf("leak");
const SECRETS = { canary: Buffer.from(CANARY), other: Buffer.from(canaryOf("other")) };

describe("secrets in bytes", () => {
  const text = `{"note":"${CANARY}"}`;
  const zipped = (): Buffer => {
    const header = Buffer.alloc(30);
    header.write("PK\x03\x04", "latin1");
    header.writeUInt16LE(5, 26);
    return Buffer.concat([header, Buffer.from("a.txt"), deflateRawSync(text)]);
  };
  const forms: Record<string, Buffer> = {
    "as it is": Buffer.from(text),
    "in the other case": Buffer.from(text.toUpperCase()),
    "in hex": Buffer.from(`x=${Buffer.from(text).toString("hex")}`),
    "in hex after an odd digit": Buffer.from(`0${Buffer.from(text).toString("hex")}`),
    "in base64": Buffer.from(Buffer.from(text).toString("base64")),
    "in base64 one byte on": Buffer.from(Buffer.from(`.${text}`).toString("base64")),
    "in base64 two bytes on": Buffer.from(Buffer.from(`..${text}`).toString("base64url")),
    "in little-endian UTF-16": Buffer.from(text, "utf16le"),
    "in big-endian UTF-16": Buffer.from(text, "utf16le").swap16(),
    "in percent-encoding": Buffer.from(
      Array.from(text)
        .map((c) => `%${c.charCodeAt(0).toString(16)}`)
        .join(""),
    ),
    "in JSON's escapes": Buffer.from(
      Array.from(text)
        .map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)
        .join(""),
    ),
    "in gzip": gzipSync(text),
    "in gzip, in the middle": Buffer.concat([Buffer.from("POST / HTTP/1.1\r\n\r\n"), gzipSync(text)]),
    "in zlib": deflateSync(text),
    "in raw deflate after a head": Buffer.concat([
      Buffer.from("POST / HTTP/1.1\r\n\r\n"),
      deflateRawSync(text),
    ]),
    "in brotli": brotliCompressSync(text),
    "in a ZIP": zipped(),
    "in base64 of gzip, in JSON": Buffer.from(JSON.stringify({ a: gzipSync(text).toString("base64") })),
    "in hex of UTF-16": Buffer.from(Buffer.from(text, "utf16le").toString("hex")),
  };
  it.each(Object.entries(forms))("a secret %s is found, and nothing else", (_, bytes) => {
    expect(leaksIn(bytes, SECRETS)).toEqual(["canary"]);
    expect(leaksIn(bytes, { other: SECRETS.other })).toEqual([]);
  });

  it("the hash of a secret is not a leak", () => {
    const digest = createHash("sha256").update(CANARY).digest("hex");
    expect(leaksIn(Buffer.from(`{"digest":"sha256:${digest}"}`), SECRETS)).toEqual([]);
  });
});

describe("a capture of what a page sends", () => {
  const site = startedSite();

  it("a capture contains every request of the page with its body, and no others", async () => {
    await using capture = await Capture.start();
    await using visited = await site.open(capture.options);
    const loaded = capture.sent();
    expect(loaded.map(({ url }) => url)).toContain(`${site.service.url}/`);
    expect(loaded.filter(({ url }) => !url.startsWith(`${site.service.url}/`))).toEqual([]);
    await visited.page.evaluate(
      `fetch("/v1/verifications", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" })`,
    );
    const [asked, ...more] = capture.sent().filter(({ method }) => method === "POST");
    expect([asked?.url, more]).toEqual([`${site.service.url}/v1/verifications`, []]);
    expect(String(asked?.bytes)).toMatch(/\r\n\r\n\{\}$/);
  });

  const leaks: [string, string][] = [
    ["a body", `fetch("/leak", { method: "POST", body: text })`],
    ["a query", `fetch("/leak?" + text)`],
    ["a header", `fetch("/leak", { headers: { "x-leak": btoa(text) } })`],
    ["a beacon", `navigator.sendBeacon("/leak", text)`],
    [
      "a picture's address",
      `new Promise((done) => { const image = new Image(); image.onerror = done; image.src = "/leak?" + text; })`,
    ],
    [
      "a blob of UTF-16",
      `fetch("/leak", { method: "POST", body: new Uint16Array([...text].map((c) => c.charCodeAt(0))) })`,
    ],
    [
      "a compressed stream",
      `new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer().then((body) => fetch("/leak", { method: "POST", body }))`,
    ],
  ];
  it.each(leaks)("a leak that is planted in %s is found", async (_, script) => {
    await using capture = await Capture.start();
    await using visited = await site.open(capture.options);
    const before = capture.sent().length;
    expect(capture.sent().flatMap(({ bytes }) => leaksIn(bytes, SECRETS))).toEqual([]);
    await visited.page.evaluate(`(async (text) => { await ${script} })(${JSON.stringify(CANARY)})`);
    await expect
      .poll(() => capture.sent(before).flatMap(({ bytes }) => leaksIn(bytes, SECRETS)))
      .toEqual(["canary"]);
  });
});
