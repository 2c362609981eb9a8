/** The command `hufu page check` compares the page that a server serves with the page that this checkout builds. */
import { equalBytes } from "../../core/bytes.ts";
import { AppError, quote } from "../../core/errors.ts";
import { fill, type PageDifference } from "../../words/index.ts";
import { notTheService } from "../../sdk/http/faults.ts";
import { get, type HttpAnswer } from "../../sdk/http/get.ts";
import { healthResponse } from "../../wire/health.ts";
import { PAGE_POLICY, pageType, pageUrl, type PageFile } from "../../core/page-files.ts";
import type { Context } from "../context.ts";
import { rows } from "../output.ts";

/** Milliseconds for one answer. */
const TIMEOUT = 30_000;
const MAX_HEALTH = 4096;
/** Headers by which a server could add content to a page that is not in its files. */
const INJECTING_HEADERS = ["link", "refresh"];

/** Exit codes: 0 the same, 1 different, 3 not established. */
export async function pageCheckCommand(url: string, { ports, out, words }: Context): Promise<void> {
  const server = parseServer(url);
  const files = await ports.openPage();
  const claimed = await claimedVersion(server);
  const found: { path: string; differences: PageDifference[] }[] = [];
  for (const file of files) {
    const limit = file.bytes.length;
    const served = await get(server, pageUrl(file), { timeout: TIMEOUT, limit });
    const differences = served === undefined ? (["missing"] as const) : differencesOf(file, served);
    if (differences.length > 0) found.push({ path: pageUrl(file), differences: [...differences] });
  }
  const { pageCheck } = words;
  const { version } = ports;
  const count = files.length;
  const values = { url: server, version, count, files: found.length };
  out.print(fill(found.length === 0 ? pageCheck.same : pageCheck.differs, values));
  const describe = ({ differences }: { differences: PageDifference[] }): string =>
    differences.map((each) => pageCheck.differences[each]).join("; ");
  if (found.length > 0) out.print(...rows(found.map((each) => [each.path, describe(each)])));
  if (claimed !== version) out.print(fill(pageCheck.otherVersion, { version: quote(claimed) }));
  out.print(pageCheck.limit);
  out.json({
    server,
    version,
    serverVersion: claimed,
    files: count,
    same: found.length === 0,
    differences: found,
  });
  out.exitCode = found.length === 0 ? 0 : 1;
}

/** @throws AppError USAGE */
function parseServer(text: string): string {
  const url = URL.parse(text);
  const isBase = url !== null && url.search === "" && url.hash === "";
  if (isBase && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "")
    return url.href.replace(/\/+$/, "");
  const detail = `expected the http or https URL of a service, without query or user name, got ${quote(text)}`;
  throw new AppError("USAGE", { detail });
}

/** The release that the server reports. @throws AppError SERVER_UNREACHABLE, NOT_THE_SERVICE */
async function claimedVersion(server: string): Promise<string> {
  const answer = await get(server, "/healthz", { timeout: TIMEOUT, limit: MAX_HEALTH });
  try {
    return healthResponse.parse(JSON.parse(new TextDecoder().decode(answer?.bytes))).version;
  } catch (cause) {
    throw notTheService(server, "something else at /healthz than is asked for", cause);
  }
}

function differencesOf(file: PageFile, { bytes, headers }: HttpAnswer): PageDifference[] {
  const policy = headers.get("content-security-policy") ?? "";
  const isSniffed = headers.get("x-content-type-options") !== "nosniff";
  const differs: Readonly<Record<Exclude<PageDifference, "missing">, boolean>> = {
    content: !equalBytes(bytes, file.bytes),
    type: headers.get("content-type") !== pageType(file),
    policy: !isPagePolicy(policy),
    headers: isSniffed || INJECTING_HEADERS.some((name) => headers.has(name)),
  };
  return (Object.keys(differs) as (keyof typeof differs)[]).filter((each) => differs[each]);
}

/** Whether the directives and their sources are the same, in any order. */
function isPagePolicy(text: string): boolean {
  const sorted = (directives: readonly string[]): string => directives.toSorted().join("\n");
  const served = text.split(";").map((directive) => directive.trim().split(/\s+/).join(" "));
  const expected = Object.entries(PAGE_POLICY).map(([name, sources]) => [name, ...sources].join(" "));
  return sorted(served) === sorted(expected);
}
