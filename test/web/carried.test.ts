import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { formatDigest } from "../../src/core/digest.ts";
import { hashBlob } from "../../src/hash/blob.ts";
import { BUNDLE, formatManifest } from "../../src/log/container.ts";
import { formatReceipt } from "../../src/log/receipt.ts";
import { viewOf } from "../../src/web/answer-view.ts";
import { Session, type Item } from "../../src/web/session.ts";
import { wordsIn } from "../../src/words/index.ts";
import { digestsOf } from "../support/log/evidence.ts";
import { hostileZips, zipOf, type ZipPart } from "../support/log/zips.ts";
import { anchored } from "../support/service/anchored.ts";
import { ownPolicy } from "../support/service/own-policy.ts";
import { startTestService, type TestService } from "../support/service/service.ts";

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(async () => {
  await service.close();
});

const session = (): Session =>
  new Session({
    server: service.url,
    hash: (file, options) => hashBlob(file, { subtle: crypto.subtle, ...options }),
    clock: systemClock,
    fetch,
    wait: () => Promise.resolve(),
  });
const fileOf = (name: string, content: Uint8Array<ArrayBuffer> | string): File => new File([content], name);

/** A document of a person, with its receipt. */
async function issued(): Promise<readonly [ZipPart, ZipPart]> {
  const content = Uint8Array.from(randomBytes(3_000));
  const receipt = await anchored(service, digestsOf(content)[0], Uint8Array.from(randomBytes(32)));
  return [
    { name: BUNDLE.receipt, content: formatReceipt(receipt) },
    { name: "document/report.pdf", content },
  ];
}

function bundleOf(parts: readonly ZipPart[], more: readonly ZipPart[] = []): File {
  const members = parts.map(({ name, content }) => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    return { name: String(name), bytes: bytes.length, sha256: digestsOf(bytes)[0].bytes };
  });
  const manifest = formatManifest({ kind: BUNDLE.kind, members, tool: { name: "hufu", version: "0.2.0" } });
  return fileOf("bundle.zip", zipOf([...parts, { name: BUNDLE.manifest, content: manifest }, ...more]));
}

/** Each item, once none is in progress. */
async function settled(page: Session): Promise<readonly (readonly [string, string])[]> {
  const isOpen = ({ progress: { state } }: Item): boolean => ["queued", "hashing", "asking"].includes(state);
  while (page.state.items.some(isOpen))
    await new Promise<void>((resolve) => {
      const stop = page.subscribe(() => {
        stop();
        resolve();
      });
    });
  return page.state.items.map(({ name, progress }) => {
    if (progress.state !== "done") return [name, progress.state];
    const { verdict, detail } = viewOf(progress.checked, {
      words: wordsIn("en"),
      language: "en",
      directory: undefined,
    });
    return [name, verdict ?? detail?.split(":")[0] ?? ""];
  });
}

describe("a ZIP that is dropped", () => {
  it("a bundle is opened, and its document is verified by its receipt", async () => {
    const page = session();
    const letter = { name: "letter.txt", content: "Dear Ms Chan" };
    await page.add([bundleOf(await issued(), [letter])]);
    expect(await settled(page)).toEqual([["bundle.zip: report.pdf", "valid"]]);
    expect(page.state.given.map(({ kind, name }) => [kind, name])).toEqual([
      ["zip", "bundle.zip"],
      ["receipt", "bundle.zip: receipt.tlog-proof"],
    ]);
    expect(page.state.given[0]).toMatchObject({ ignored: ["letter.txt"] });
  });

  it("the requests about the ZIP itself are shown with those about its document", async () => {
    const page = session();
    const bundle = bundleOf(await issued());
    const [digest] = await hashBlob(bundle, { subtle: crypto.subtle });
    await page.add([bundle]);
    await settled(page);
    const [item] = page.state.items;
    const sent = item?.progress.state === "done" ? item.progress.sent : [];
    const bodies = sent.map(({ body }) => body).join("\n");
    expect(bodies).toContain(digest === undefined ? "none" : formatDigest(digest));
    expect(bodies).toContain("commitment");
  });

  it("offline it is opened too, and nothing is sent", async () => {
    const page = session();
    page.setOffline(true);
    const policy = fileOf("policy", await ownPolicy(service));
    await page.add([bundleOf(await issued()), policy]);
    expect(await settled(page)).toEqual([["bundle.zip: report.pdf", "registered"]]);
    expect(
      page.state.items.flatMap(({ progress }) => (progress.state === "done" ? progress.sent : [])),
    ).toEqual([]);
  });

  it("another ZIP with one receipt is opened, deflated as it is", async () => {
    const parts = (await issued()).map((part) => ({ ...part, deflated: true, open: true }));
    const page = session();
    await page.add([fileOf("mail.zip", zipOf(parts)), fileOf("other.pdf", "nobody's")]);
    expect(await settled(page)).toEqual([
      ["mail.zip: report.pdf", "valid"],
      ["other.pdf", "not-found"],
    ]);
  });

  it("a ZIP that is itself registered is that document", async () => {
    const zip = fileOf("report.zip", zipOf(await issued()));
    const [digest] = await hashBlob(zip, { subtle: crypto.subtle });
    if (digest === undefined) throw new RangeError("no digest");
    await anchored(service, digest);
    const page = session();
    await page.add([zip]);
    expect(await settled(page)).toEqual([["report.zip", "valid"]]);
  });

  it("an altered document in a bundle does not match, and no hostile ZIP is opened", async () => {
    const [receipt, report] = await issued();
    const altered = bundleOf([receipt, { ...report, content: "another" }]);
    const page = session();
    await page.add([altered]);
    expect(await settled(page)).toEqual([["bundle.zip: report.pdf", "DOCUMENT_MISMATCH"]]);
    const hostile = Object.entries(hostileZips([receipt, report]));
    const second = session();
    await second.add(hostile.map(([name, bytes]) => fileOf(name, bytes)));
    expect(await settled(second)).toEqual(hostile.map(([name]) => [name, "ZIP_REFUSED"]));
  });

  it("unpacked, the READ-ME and the manifest are no files to check", async () => {
    const [receipt, report] = await issued();
    const note = { name: BUNDLE.note, content: `Check it.\r\n\r\n${BUNDLE.kind}\r\n` };
    const manifest = formatManifest({
      kind: BUNDLE.kind,
      members: [],
      tool: { name: "hufu", version: "0.2.0" },
    });
    const page = session();
    await page.add([
      fileOf("READ-ME.txt", note.content),
      fileOf("manifest.json", manifest),
      fileOf("receipt.tlog-proof", String(receipt.content)),
      new File([report.content as Uint8Array<ArrayBuffer>], "report.pdf"),
    ]);
    expect(await settled(page)).toEqual([["report.pdf", "valid"]]);
  });
});
