import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { LANGUAGES, type Language } from "../../src/core/directory.ts";
import { AppError } from "../../src/core/errors.ts";
import { wordsIn } from "../../src/words/index.ts";
import { hashBlob } from "../../src/hash/blob.ts";
import { formatAnswerFile } from "../../src/log/answer.ts";
import { parsePolicy } from "../../src/log/policy.ts";
import { formatReceipt } from "../../src/log/receipt.ts";
import {
  canBeRetried,
  counts,
  entryOf,
  entryUrl,
  inOrder,
  reportOf,
  viewOf,
  type AnswerView,
  type Audience,
} from "../../src/web/answer-view.ts";
import { Session, type Item, type SessionOptions } from "../../src/web/session.ts";
import { fingerprintOf } from "../../src/sdk/verify/trust.ts";
import { anchored } from "../support/service/anchored.ts";
import { ownPolicy } from "../support/service/own-policy.ts";
import { startTestService, type TestService } from "../support/service/service.ts";

let service: TestService;
let closed: TestService;
beforeAll(async () => {
  service = await startTestService({ env: { HUFU_PUBLIC_URL: "https://verify.example.com/" } });
  closed = await startTestService({ env: { HUFU_PUBLIC_VERIFY: "false" } });
});
afterAll(async () => {
  await service.close();
  await closed.close();
});

const sessionAt = (server: string, change: Partial<SessionOptions> = {}): Session =>
  new Session({
    server,
    hash: (file, options) => hashBlob(file, { subtle: crypto.subtle, ...options }),
    clock: systemClock,
    fetch,
    wait: () => Promise.resolve(),
    ...change,
  });

const fileOf = (name = "report.pdf", content: string | Buffer = randomBytes(500)): File =>
  new File([typeof content === "string" ? content : Uint8Array.from(content)], name);

/** The items of the session once none is in progress. */
async function settled(session: Session): Promise<readonly Item[]> {
  const isOpen = ({ progress: { state } }: Item): boolean => ["queued", "hashing", "asking"].includes(state);
  if (session.state.items.some(isOpen))
    await new Promise<void>((resolve) => {
      const stop = session.subscribe(({ items }) => {
        if (items.some(isOpen)) return;
        stop();
        resolve();
      });
    });
  return session.state.items;
}

const audience: Audience = { words: wordsIn("en"), language: "en", directory: undefined };
function outcomeOf(item: Item | undefined): string {
  if (item?.progress.state !== "done") return item?.progress.state ?? "none";
  const { verdict, detail } = viewOf(item.progress.checked, audience);
  return verdict ?? detail?.split(":")[0] ?? "";
}
function viewOfDone(item: Item | undefined, reader = audience): AnswerView | undefined {
  return item?.progress.state === "done" ? viewOf(item.progress.checked, reader) : undefined;
}
function offlineTexts(language: Language): { title: string; next: string } {
  const { title, next } = wordsIn(language).page.offline;
  return { title, next };
}
async function untilOutcome(session: Session, outcome: string): Promise<void> {
  const isThere = (): boolean => outcomeOf(session.state.items[0]) === outcome;
  if (isThere()) return;
  await new Promise<void>((resolve) => {
    const stop = session.subscribe(() => {
      if (!isThere()) return;
      stop();
      resolve();
    });
  });
}
const ANSWERED = {
  type: "about:blank",
  title: "",
  status: 503,
  detail: "why",
  instance: "1",
  verdict: "indeterminate",
} as const;
const requestsOf = (item: Item | undefined): number =>
  item?.progress.state === "done" ? item.progress.sent.length : -1;

/** @returns the text of its receipt */
async function registered(file: File, salt?: Uint8Array): Promise<File> {
  const [digest] = await hashBlob(file, { subtle: crypto.subtle });
  if (digest === undefined) throw new RangeError("no digest");
  return fileOf("a.tlog-proof", formatReceipt(await anchored(service, digest, salt)));
}

const saltOf = (): Uint8Array => Uint8Array.from(randomBytes(32));

describe("files", () => {
  it("files are paired with their receipts by content, in any order and under any names", async () => {
    const [a, b, c] = [fileOf(), fileOf(), fileOf()];
    const receipts = [await registered(a, saltOf()), await registered(b, saltOf())];
    await registered(c);
    const session = sessionAt(service.url);
    await session.add([...receipts, c, b, a]);
    expect((await settled(session)).map(outcomeOf)).toEqual(["valid", "valid", "valid"]);
  });

  it("a file that is not found becomes valid once its receipt is added", async () => {
    const file = fileOf();
    const receipt = await registered(file, saltOf());
    const session = sessionAt(service.url);
    await session.add([file]);
    expect((await settled(session)).map(outcomeOf)).toEqual(["not-found"]);
    await session.add([receipt]);
    expect((await settled(session)).map(outcomeOf)).toEqual(["valid"]);
  });

  it("a file that matches no receipt given is sent only after the user asks for that", async () => {
    const [file, other] = [fileOf(), fileOf()];
    const receipt = await registered(other, saltOf());
    const session = sessionAt(service.url);
    await session.add([file, receipt]);
    const [item] = await settled(session);
    expect([outcomeOf(item), requestsOf(item)]).toEqual(["DOCUMENT_MISMATCH", 0]);
    session.checkWithoutReceipts(item?.id ?? 0);
    expect((await settled(session)).map(outcomeOf)).toEqual(["not-found"]);
  });

  it("a file with a damaged receipt is refused without a request", async () => {
    const file = fileOf();
    const receipt = await registered(file, saltOf());
    const session = sessionAt(service.url);
    await session.add([file, fileOf("a.tlog-proof", (await receipt.text()).slice(0, 300))]);
    const [item] = await settled(session);
    expect(outcomeOf(item)).toMatch(/^RECEIPT_/);
    expect(requestsOf(item)).toBe(0);
  });

  it("a second file is checked online when the only receipt matches the first", async () => {
    const [file, other] = [fileOf(), fileOf()];
    const session = sessionAt(service.url);
    await session.add([file, other, await registered(file, saltOf())]);
    expect((await settled(session)).map(outcomeOf)).toEqual(["valid", "not-found"]);
  });

  it("files that are added after all others are done replace them", async () => {
    const session = sessionAt(service.url);
    await session.add([fileOf("first.pdf")]);
    await settled(session);
    await session.add([fileOf("second.pdf")]);
    expect((await settled(session)).map(({ name }) => name)).toEqual(["second.pdf"]);
  });

  it("empty and unreadable files are reported with their error codes", async () => {
    const session = sessionAt(service.url);
    const fault = new AppError("FILE_UNREADABLE", { detail: "a folder that may not be read" });
    await session.add([fileOf("empty.pdf", ""), { name: "folder", fault }]);
    expect((await settled(session)).map(outcomeOf)).toEqual(["EMPTY_FILE", "FILE_UNREADABLE"]);
  });

  it("a file that is cancelled while it is hashed is never checked", async () => {
    const session = sessionAt(service.url, {
      hash: async (file, options) => {
        session.cancel();
        return await hashBlob(file, { subtle: crypto.subtle, ...options }).catch(() => undefined);
      },
    });
    await session.add([fileOf()]);
    expect((await settled(session)).map(outcomeOf)).toEqual(["cancelled"]);
  });
});

describe("a service", () => {
  it("the session asks for an API key until the service accepts one", async () => {
    const session = sessionAt(closed.url);
    await session.add([fileOf()]);
    expect((await settled(session)).map(outcomeOf)).toEqual(["key"]);
    expect(session.state.keyWanted).toThrowCode("AUTH_MISSING");
    session.useKey("hufu_not_a_key_at_all");
    expect((await settled(session)).map(outcomeOf)).toEqual(["key"]);
    expect(session.state.keyWanted).toThrowCode("AUTH_INVALID");
    session.useKey(closed.keys.verifier);
    const [item] = await settled(session);
    expect([outcomeOf(item), session.state.keyWanted]).toEqual(["not-found", undefined]);
    expect(JSON.stringify(item)).not.toContain(closed.keys.verifier);
  });

  it("an unreachable service gives no verdict, and a retry gives one", async () => {
    let up = false;
    const file = fileOf();
    await registered(file);
    const session = sessionAt(service.url, {
      fetch: (input, init) => (up ? fetch(input, init) : Promise.reject(new TypeError("no network"))),
    });
    await session.add([file]);
    expect((await settled(session)).map(outcomeOf)).toEqual(["indeterminate"]);
    up = true;
    session.retry();
    expect((await settled(session)).map(outcomeOf)).toEqual(["valid"]);
  });

  it("an offline session sends no request", async () => {
    let asked = 0;
    const session = sessionAt(service.url, {
      fetch: () => {
        asked += 1;
        return Promise.reject(new TypeError("no network"));
      },
    });
    session.setOffline(true);
    await session.add([fileOf()]);
    expect((await settled(session)).map(outcomeOf)).toEqual(["indeterminate"]);
    expect(asked).toBe(0);
  });

  it("offline by choice is not a service that is away: nothing is sent, and a receipt is asked for", async () => {
    const session = sessionAt("http://127.0.0.1:1", {
      fetch: () => Promise.reject(new RangeError("a request")),
    });
    session.setOffline(true);
    await session.add([fileOf(), fileOf()]);
    const items = await settled(session);
    expect(items.map((item) => [requestsOf(item), viewOfDone(item)])).toMatchObject(
      items.map(() => [0, { verdict: "indeterminate", ...offlineTexts("en") }]),
    );
    expect(counts(items, audience)).toEqual([[`⚠ ${audience.words.page.offline.title}`, 2]]);
    expect(items.some((item) => canBeRetried(item, { offline: true, audience }))).toBe(false);
    expect(items.every((item) => canBeRetried(item, { offline: false, audience }))).toBe(true);
    for (const language of LANGUAGES) {
      const reader = { ...audience, words: wordsIn(language), language };
      expect(viewOfDone(items[0], reader)).toMatchObject(offlineTexts(language));
    }
  });

  it("what was pinned of a service is used offline, as one operator's word, and is kept as a file", async () => {
    const file = fileOf();
    const receipt = await registered(file);
    const session = sessionAt(service.url);
    await session.add([fileOf()]);
    await settled(session);
    const { pinned } = session.state;
    if (pinned === undefined) throw new RangeError("nothing was pinned");
    session.setOffline(true);
    await session.add([file, receipt]);
    expect((await settled(session)).map(outcomeOf)).toEqual(["POLICY_MISSING"]);
    const text = session.usePinned(pinned);
    expect(parsePolicy(text)).toMatchObject({ oneOperator: true });
    await untilOutcome(session, "registered");
    const view = viewOfDone(session.state.items[0]);
    expect(view).toMatchObject({
      restsOn: { code: "operator", text: "the word of operator 1" },
      notes: [audience.words.notes.oneOperator],
    });
    const later = sessionAt("http://127.0.0.1:1", {
      fetch: () => Promise.reject(new RangeError("a request")),
    });
    later.setOffline(true);
    await later.add([fileOf("hufu-policy.txt", text), file, receipt]);
    expect((await settled(later)).map(outcomeOf)).toEqual(["registered"]);
  });

  it("a rate-limited check is repeated after Retry-After", async () => {
    const waits: number[] = [];
    let times = 0;
    const limited = {
      type: "about:blank",
      title: "",
      status: 429,
      code: "RATE_LIMITED",
      detail: "",
      instance: "1",
    };
    const session = sessionAt(service.url, {
      wait: (seconds) => {
        waits.push(seconds);
        return Promise.resolve();
      },
      fetch: (input, init) =>
        times++ === 0
          ? Promise.resolve(Response.json(limited, { status: 429, headers: { "retry-after": "7" } }))
          : fetch(input, init),
    });
    await session.add([fileOf()]);
    expect((await settled(session)).map(outcomeOf)).toEqual(["not-found"]);
    expect(waits).toEqual([7]);
  });
});

describe("an answer", () => {
  it("says whose word it is, and nothing of one that is not proven", async () => {
    const file = fileOf();
    await registered(file);
    const said = async (send: typeof fetch): Promise<AnswerView | undefined> => {
      const session = sessionAt(service.url, { fetch: send });
      await session.add([file]);
      const [item] = await settled(session);
      return item?.progress.state === "done" ? viewOf(item.progress.checked, audience) : undefined;
    };
    const unproven: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init);
      if (init?.method !== "POST") return answer;
      return Response.json({ ...((await answer.json()) as object), note: undefined });
    };
    expect(await said(fetch)).toMatchObject({
      verdict: "valid",
      restsOn: { code: "operator", text: "the word of operator 1" },
      notes: [],
    });
    expect(await said(unproven)).toMatchObject({ verdict: "indeterminate", restsOn: undefined, facts: [] });
  });

  it("names what was pinned at first contact, and nothing was under a policy", async () => {
    const policy = await ownPolicy(service);
    const session = sessionAt(service.url);
    const pinned = async (): Promise<unknown> => {
      const [item] = await settled(session);
      return item?.progress.state === "done" ? item.progress.firstContact : item;
    };
    await session.add([fileOf()]);
    const { origin } = (await session.directory()).registry;
    expect(await pinned()).toEqual({ origin, fingerprint: fingerprintOf(parsePolicy(policy)) });
    await session.add([fileOf("policy", policy)]);
    expect(await pinned()).toBeUndefined();
  });

  it.each([
    ["ANSWER_UNPROVEN", audience.words.doubts.ANSWER_UNPROVEN],
    ["LOG_CHANGED", audience.words.doubts.LOG_CHANGED],
    ["INDEX_STALE", audience.words.verdicts.indeterminate.next],
    ["NOT_ENOUGH_WITNESSES", audience.words.verdicts.indeterminate.next],
  ] as const)("one that is not believed for %s is undecided, with what to do next", (code, next) => {
    const fault = new AppError(code, { detail: "why" });
    const view = viewOf({ kind: "unproven", fault }, audience);
    expect(view).toMatchObject({ verdict: "indeterminate", sign: "⚠", next, facts: [], restsOn: undefined });
    expect(view.detail).toBe(`${code}: why`);
    expect(viewOf({ kind: "undetermined", answer: { ...ANSWERED, code } }, audience).next).toBe(next);
  });

  it("that was kept is told from a document, asks nothing, and says what it claims", async () => {
    const session = sessionAt(service.url);
    await session.add([fileOf()]);
    const [item] = await settled(session);
    const checked = item?.progress.state === "done" ? item.progress.checked : undefined;
    const [note] = checked?.kind === "online" ? checked.notes : [];
    if (note === undefined) throw new RangeError("no note");
    const other = sessionAt("http://127.0.0.1:1");
    await other.add([fileOf("any name", formatAnswerFile(note)), fileOf("a.answer.json", "{")]);
    expect(other.state.items).toEqual([]);
    expect(other.state.given).toMatchObject([
      { kind: "answer", answer: { answers: [{ verdict: "not-found" }] } },
      { kind: "answer", answer: { code: "ANSWER_UNPROVEN" } },
    ]);
  });
});

describe("many files", () => {
  it("many files are sorted by severity, counted, and reported in CSV without formulas", async () => {
    const good = fileOf("good.pdf");
    await registered(good);
    const session = sessionAt(service.url);
    await session.add([good, fileOf("=cmd|' /C calc'!A0,\".pdf"), fileOf("empty.pdf", "")]);
    const items = await settled(session);
    expect(inOrder(items, audience).map(outcomeOf)).toEqual(["EMPTY_FILE", "not-found", "valid"]);
    expect(counts(items, audience).map(([, count]) => count)).toEqual([1, 1]);
    const lines = reportOf(items, audience).split("\r\n");
    expect(lines[0]).toMatch(/^\uFEFFfile,bytes,sha256,/);
    expect(lines[2]).toMatch(/^"'=cmd\|' \/C calc'!A0,""\.pdf",500,[0-9a-f]{64},[0-9a-f]{64},not-found,/);
    expect(lines[3]).toMatch(/^good\.pdf,500,.*,valid,.*Shenzhen.*",,operator,/);
    expect(lines.length).toBe(5);
  });
});

describe("the address of an entry", () => {
  it("the URL of an entry is under the public URL and parses back to the entry", async () => {
    const session = sessionAt(service.url);
    const directory = await session.directory();
    const url = entryUrl(20, directory, "http://127.0.0.1:3000");
    expect(url).toBe("https://verify.example.com/#entry=20");
    expect(entryOf(new URL(url).hash)).toBe(20);
    expect(entryUrl(3, undefined, "http://127.0.0.1:3000")).toBe("http://127.0.0.1:3000/#entry=3");
    for (const hash of ["", "#entry=", "#entry=01", "#entry=-1", "#entry=1e3", "#other"])
      expect(entryOf(hash)).toBeUndefined();
  });
});
