/** Tests that API, SDK, page, command line and a node give one answer on files of several issuers, and that offline agrees. */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SAMPLE_INSTITUTIONS } from "../../src/chain/embedded/samples.ts";
import { systemClock } from "../../src/core/clock.ts";
import { formatExpectedIssuer, formatOfficialId, type ExpectedIssuer } from "../../src/core/official-id.ts";
import { exitCodeOf, type VerdictCode } from "../../src/core/verdict.ts";
import { hashBlob } from "../../src/hash/blob.ts";
import { parsePolicy } from "../../src/log/policy.ts";
import { parseReceipt } from "../../src/log/receipt.ts";
import { checkFile } from "../../src/sdk/verify/check.ts";
import { EMPTY_EVIDENCE } from "../../src/sdk/verify/classify.ts";
import { viewOf } from "../../src/web/answer-view.ts";
import { Session, type Item } from "../../src/web/session.ts";
import { wordsIn } from "../../src/words/index.ts";
import { hufuHere } from "../support/cli/cli.ts";
import { ownPolicy } from "../support/service/own-policy.ts";
import { ask, startTestService, type TestService } from "../support/service/service.ts";

const SCENE = "enterprise-credit-report";
const audience = { words: wordsIn("en"), language: "en", directory: undefined } as const;
/** The verdict, and those of several issuers by their official ids. */
type Answer = readonly [verdict: string, issuers?: readonly (readonly [string, string])[]];
type Issuer = "issuer" | "issuer2";
const [FIRST = "", SECOND = ""] = SAMPLE_INSTITUTIONS.map(formatOfficialId);

/** Who records a file, in this order, and who then withdraws its own entry. */
const FILES: Readonly<Record<string, { by: readonly Issuer[]; withdrawn?: Issuer }>> = {
  "that nobody has registered": { by: [] },
  "of one issuer": { by: ["issuer"] },
  "of two issuers": { by: ["issuer", "issuer2"] },
  "that another has registered first, and withdrawn": { by: ["issuer2", "issuer"], withdrawn: "issuer2" },
};
const EXPECTED: readonly (ExpectedIssuer | undefined)[] = [
  undefined,
  1,
  2,
  3,
  ...SAMPLE_INSTITUTIONS.map(({ jurisdiction, officialNumber }) => ({ jurisdiction, officialNumber })),
];

let service: TestService;
let folder: string;
let policy: string;
/** Paths of receipts, by file and issuer. */
const receipts = new Map<string, string>();
beforeAll(async () => {
  service = await startTestService();
  folder = mkdtempSync(join(tmpdir(), "hufu-surfaces-"));
  policy = await ownPolicy(service);
  writeFileSync(join(folder, "policy"), policy);
  for (const [what, { by, withdrawn }] of Object.entries(FILES)) {
    writeFileSync(pathOf(what), what);
    const indexes = new Map<Issuer, number>();
    for (const issuer of by) indexes.set(issuer, await anchor(what, issuer));
    if (withdrawn !== undefined) await withdraw(indexes.get(withdrawn), withdrawn);
  }
});
afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

const pathOf = (what: string): string => join(folder, `${what}.pdf`);
const digestOf = (what: string): string => `sha256:${createHash("sha256").update(what).digest("hex")}`;

async function anchor(what: string, issuer: Issuer): Promise<number> {
  const key = service.keys[issuer];
  const body = { documents: [{ digest: digestOf(what), scene: SCENE }] };
  const answer = await ask(`${service.url}/v1/anchors?wait=final`, { key, body });
  const [{ index } = { index: -1 }] = answer.body["anchors"] as { index: number }[];
  const path = join(folder, `${what} ${issuer}.tlog-proof`);
  const ran = await cli("receipt", String(index), "--out", path, "--as", issuer);
  expect([ran.code, ran.stderr]).toEqual([0, ""]);
  receipts.set(`${what} ${issuer}`, path);
  return index;
}

async function withdraw(index: number | undefined, issuer: Issuer): Promise<void> {
  const body = { action: "revoke", reason: "other" };
  const url = `${service.url}/v1/entries/${index}/status?wait=final`;
  expect((await ask(url, { key: service.keys[issuer], body })).status).toBe(200);
}

const cli = (...args: readonly string[]): ReturnType<typeof hufuHere> =>
  hufuHere(args, {
    HUFU_DATA_DIR: join(service.folder, "data"),
    HUFU_SALT_DIR: join(folder, "salts"),
    XDG_CACHE_HOME: join(folder, "cache"),
  });

/** The verdict of an answer on the wire. */
function answerOf(body: Readonly<Record<string, unknown>>): Answer {
  const issuers = body["issuers"] as
    { institution: { jurisdiction: string; officialNumber: string }; verdict: string }[] | undefined;
  const verdict = String(body["verdict"]);
  if (issuers === undefined) return [verdict];
  return [verdict, issuers.map((each) => [formatOfficialId(each.institution), each.verdict] as const)];
}

type Surface = (what: string, expected: ExpectedIssuer | undefined) => Promise<Answer>;

const viaApi: Surface = async (what, expected) => {
  const expectedIssuer = expected === undefined ? {} : { expectedIssuer: formatExpectedIssuer(expected) };
  const body = { digest: digestOf(what), ...expectedIssuer };
  return answerOf((await ask(`${service.url}/v1/verifications`, { body })).body);
};

const viaCli =
  (...where: readonly string[]): Surface =>
  async (what, expected) => {
    const option =
      expected === undefined ? [] : ["--expected-issuer", String(formatExpectedIssuer(expected))];
    const ran = await cli("verify", pathOf(what), "--json", ...option, ...where);
    const { results } = JSON.parse(ran.stdout) as { results: Record<string, unknown>[] };
    const answer = answerOf(results[0] ?? {});
    expect(ran.code).toBe(exitCodeOf(answer[0] as VerdictCode));
    return answer;
  };

/** The page names issuers by their official ids alone. */
const viaPage: Surface = async (what, expected) => {
  const session = new Session({
    server: service.url,
    hash: (file, options) => hashBlob(file, { subtle: crypto.subtle, ...options }),
    clock: systemClock,
    fetch,
    wait: () => Promise.resolve(),
  });
  await session.add([new File([what], "a.pdf")]);
  const first = await settled(session);
  if (expected === undefined || typeof expected === "number") return pageAnswer(first);
  session.chooseIssuer(first.id, expected);
  return pageAnswer(await settled(session));
};

async function settled(session: Session): Promise<Item> {
  for (;;) {
    const [item] = session.state.items;
    if (item?.progress.state === "done") return item;
    await new Promise<void>((resolve) => {
      const stop = session.subscribe(() => {
        stop();
        resolve();
      });
    });
  }
}

function pageAnswer({ progress }: Item): Answer {
  if (progress.state !== "done" || progress.checked.kind !== "online") throw new Error(progress.state);
  const answer = answerOf({ ...progress.checked.answer });
  expect(viewOf(progress.checked, audience).verdict).toBe(answer[0]);
  return answer;
}

describe.each(Object.keys(FILES))("a file %s", (what) => {
  it("has one answer at API, command line, node and page, whatever issuer is expected", async () => {
    const node = ["--rpc", service.rpc, "--registry", service.registry, "--finality", "1"];
    for (const expected of EXPECTED) {
      const answer = await viaApi(what, expected);
      expect([expected, await viaCli()(what, expected)]).toEqual([expected, answer]);
      expect([expected, await viaCli(...node)(what, expected)]).toEqual([expected, answer]);
      if (typeof expected !== "number")
        expect([expected, await viaPage(what, expected)]).toEqual([expected, answer]);
    }
  });

  it("has the answer that its issuers' own entries give", async () => {
    const { by, withdrawn } = FILES[what] ?? { by: [] };
    const own = (["issuer", "issuer2"] as const).map((issuer) => {
      if (!by.includes(issuer)) return "not-found";
      return issuer === withdrawn ? "revoked" : "valid";
    });
    const apart = [FIRST, SECOND].map((id, i) => [id, own[i] ?? ""] as const);
    const sorted = apart.toSorted(([a], [b]) => (a < b ? -1 : 1));
    expect(await viaApi(what, undefined)).toEqual(
      by.length > 1 ? ["several-issuers", sorted] : [own[0] ?? ""],
    );
    expect(await viaApi(what, 1)).toEqual([own[0]]);
    expect(await viaApi(what, 2)).toEqual([own[1]]);
    expect(await viaApi(what, 3)).toEqual(["not-found"]);
  });

  it("is registered offline by the receipt of the expected issuer, and a mismatch by another's", async () => {
    for (const [i, issuer] of (["issuer", "issuer2"] as const).entries()) {
      const receipt = receipts.get(`${what} ${issuer}`);
      for (const expected of receipt === undefined ? [] : EXPECTED) {
        const id = typeof expected === "number" ? expected : idOf(expected);
        const isRight = expected === undefined || id === i + 1;
        const option =
          expected === undefined ? [] : ["--expected-issuer", String(formatExpectedIssuer(expected))];
        const evidence = ["--receipt", receipt ?? "", "--policy", join(folder, "policy")];
        const ran = await cli("verify", pathOf(what), ...evidence, ...option, "--json");
        expect([expected, ran.code]).toEqual([expected, isRight ? 3 : 1]);
        const { results } = JSON.parse(ran.stdout) as { results: object[] };
        expect(results).toMatchObject([
          isRight ? { verdict: "registered" } : { error: { code: "ISSUER_MISMATCH" } },
        ]);
        expect(await offline(what, receipt ?? "", expected)).toBe(isRight ? "registered" : "ISSUER_MISMATCH");
      }
    }
  });
});

describe("accepted issuers", () => {
  it("entries of the accepted one decide at a service and at a node, and the answer says so", async () => {
    await using accepting = await startTestService({ env: { HUFU_ACCEPTED_ISSUERS: `HK:none, ${SECOND}` } });
    const path = pathOf("accepted");
    writeFileSync(path, "accepted");
    for (const issuer of ["issuer", "issuer2"] as const) {
      const body = { documents: [{ digest: digestOf("accepted"), scene: SCENE }] };
      await ask(`${accepting.url}/v1/anchors?wait=final`, { key: accepting.keys[issuer], body });
    }
    const verify = async (...more: string[]): Promise<readonly [number | null, string]> => {
      const ran = await hufuHere(["verify", path, ...more], {
        HUFU_ACCEPTED_ISSUERS: SECOND,
        HUFU_DATA_DIR: join(accepting.folder, "data"),
        XDG_CACHE_HOME: join(accepting.folder, "cache"),
      });
      return [ran.code, ran.stdout];
    };
    const node = ["--rpc", accepting.rpc, "--registry", accepting.registry, "--finality", "1"];
    for (const where of [[], node]) {
      const [code, text] = await verify(...where);
      expect([code, text]).toEqual([0, text]);
      expect(text).toContain(wordsIn("en").notes.chosenBySetting);
      const [, json] = await verify("--json", ...where);
      expect(JSON.parse(json)).toMatchObject({
        verdict: "valid",
        results: [
          { chosenBy: "setting", others: 1, entries: [{ institution: { id: 2 } }, { conflict: true }] },
        ],
      });
    }
    const [, named] = await verify("--json", "--expected-issuer", FIRST);
    expect(JSON.parse(named)).toMatchObject({ results: [{ chosenBy: "caller", verdict: "valid" }] });
  });
});

function idOf(expected: ExpectedIssuer | undefined): number {
  if (expected === undefined || typeof expected === "number") return 0;
  return [FIRST, SECOND].indexOf(formatOfficialId(expected)) + 1;
}

/** As the page checks it without a service. */
async function offline(
  what: string,
  receipt: string,
  expectedIssuer: ExpectedIssuer | undefined,
): Promise<string> {
  const digests = await hashBlob(new File([what], "a.pdf"), { subtle: crypto.subtle });
  const given = { receipts: [parseReceipt(readFileSync(receipt))], policy: parsePolicy(policy) };
  const evidence = { ...EMPTY_EVIDENCE, ...given };
  const checked = await checkFile({
    digests,
    evidence,
    expectedIssuer: expectedIssuer ?? "any",
    service: undefined,
    now: Math.floor(Date.now() / 1000),
  });
  if (checked.kind === "fault") return checked.fault.code;
  if (checked.kind !== "offline") throw new Error(checked.kind);
  return checked.answer.verdict;
}
