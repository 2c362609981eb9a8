import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { LANGUAGES, type Language } from "../../src/core/directory.ts";
import { hashBlob } from "../../src/hash/blob.ts";
import { fill, wordsIn } from "../../src/words/index.ts";
import type { Audience } from "../../src/web/answer-view.ts";
import { entryViewOf, type LinkedView } from "../../src/web/entry-view.ts";
import { Session, type SessionOptions } from "../../src/web/session.ts";
import { setStatus } from "../support/browser/page-stage.ts";
import { anchored } from "../support/service/anchored.ts";
import { startTestService, type TestService } from "../support/service/service.ts";

let service: TestService;
let closed: TestService;
beforeAll(async () => {
  service = await startTestService({ env: { HUFU_GROUP_AGE: "0" } });
  closed = await startTestService({ env: { HUFU_PUBLIC_VERIFY: "false" } });
});
afterAll(async () => {
  await service.close();
  await closed.close();
});

const sessionAt = (server: string, send: typeof fetch = fetch): Session =>
  new Session({
    server,
    hash: (file, options) => hashBlob(file, { subtle: crypto.subtle, ...options }),
    clock: systemClock,
    fetch: send,
    wait: () => new Promise((resolve) => setTimeout(resolve, 100)),
  } satisfies SessionOptions);

/** Registers a document that nobody has. @returns its entry */
async function registered(at: TestService, salt?: Uint8Array): Promise<number> {
  const bytes = Uint8Array.from(randomBytes(32));
  return (await anchored(at, { algorithm: "sha256", bytes }, salt)).index;
}

async function shown(session: Session, index: number, language: Language = "en"): Promise<LinkedView> {
  await session.lookUp(index);
  const directory = await session.directory().catch(() => undefined);
  const audience: Audience = { words: wordsIn(language), language, directory };
  const { linked } = session.state;
  const view = linked && entryViewOf(linked, audience);
  if (view === undefined) throw new RangeError("it is still being looked up");
  return view;
}
const factsOf = ({ facts }: LinkedView): Record<string, string> =>
  Object.fromEntries(facts.map(({ label, value }) => [label, value]));

describe("the entry of a link", () => {
  it("shows that it is in force, with issuer, type by its name and validity", async () => {
    const view = await shown(sessionAt(service.url), await registered(service));
    expect(view).toMatchObject({ tone: "good", sign: "✓", title: "In force.", means: "", notes: [] });
    expect(factsOf(view)).toMatchObject({
      issuer: expect.stringContaining("Shenzhen") as string,
      "document type": "Enterprise credit report",
      "valid until": "No expiry date",
      status: "In force",
      "Rests on": "the word of operator 1",
    });
  });

  it.each([
    ["revoke", "bad", "Withdrawn.", "withdrew it on", "Withdrawn"],
    ["suspend", "caution", "On hold.", "has suspended it since", "On hold"],
  ] as const)(
    "shows what %s did, by the entry that proves it",
    async (action, tone, title, means, status) => {
      const index = await registered(service);
      await setStatus(service, index, { action, reason: "issued-in-error" });
      const view = await shown(sessionAt(service.url), index);
      expect(view).toMatchObject({ tone, title, means: expect.stringContaining(means) as string });
      expect(factsOf(view)["status"]).toBe(status);
    },
  );

  it("asks about a blinded document by its commitment and nothing else", async () => {
    const index = await registered(service, Uint8Array.from(randomBytes(32)));
    const bodies: string[] = [];
    const view = await shown(
      sessionAt(service.url, (input, init) => {
        if (typeof init?.body === "string") bodies.push(init.body);
        return fetch(input, init);
      }),
      index,
    );
    expect(view.title).toBe("In force.");
    for (const body of bodies)
      expect(Object.keys(JSON.parse(body) as object).toSorted()).toEqual(
        ["commitment", "expectedIssuer", "institution", "note", "origin", "proof"].toSorted(),
      );
    expect(bodies.length).toBeGreaterThan(0);
  });

  it("a withdrawal that the service keeps to itself leaves the status unknown, and never in force", async () => {
    const index = await registered(service);
    const hidden: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init);
      if (init?.method !== "POST") return answer;
      return Response.json({ ...((await answer.json()) as object), verdict: "not-found", entries: [] });
    };
    const view = await shown(sessionAt(service.url, hidden), index);
    expect(view).toMatchObject({ sign: undefined, tone: "unknown" });
    expect(view.title).toContain(wordsIn("en").errors.ANSWER_UNPROVEN);
    expect(factsOf(view)["issuer"]).toBe("1");
  });

  it.each(LANGUAGES)(
    "one that the log does not have is no entry, in %s, and not one that is to come",
    async (language) => {
      const session = sessionAt(service.url);
      const view = await shown(session, 999_999, language);
      const { none } = wordsIn(language).page.entry;
      expect(view.title).toMatch(new RegExp(fill(none, { entry: "999999", time: ".+", size: "\\d+" })));
      expect(view.title).not.toContain(wordsIn(language).errors.ENTRY_NOT_FINAL);
      expect(view.facts).toEqual([]);
    },
  );

  it("one of another kind is named as what it is", async () => {
    const view = await shown(sessionAt(service.url), 0);
    expect(view).toMatchObject({ sign: undefined, title: "It is no document. Kind: directory." });
  });

  it("where the service wants a key, the status follows once it is given", async () => {
    const index = await registered(closed);
    const session = sessionAt(closed.url);
    expect((await shown(session, index)).title).toContain(wordsIn("en").errors.AUTH_MISSING);
    expect(session.state.keyWanted?.code).toBe("AUTH_MISSING");
    session.useKey(closed.keys.verifier);
    expect((await shown(session, index)).title).toBe("In force.");
  });

  it("offline nothing is asked, and the service is not said to be away", async () => {
    const session = sessionAt("http://127.0.0.1:1", () => Promise.reject(new RangeError("a request")));
    session.setOffline(true);
    expect((await shown(session, 3)).title).toBe(wordsIn("en").page.offline.title);
  });
});
