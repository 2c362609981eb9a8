/** Classifies what a node answers instead of a result: by its words, else by its code, else by the HTTP status. */

/**
 * - `too-much`: the answer would have more blocks, logs or bytes than it gives at once
 * - `failed`: it could not do it, or not in time; it may be able to do less
 * - `too-often`: it takes no more requests for a while
 * - `no-method`: it does not serve the method
 * - `no-access`: it wants another key, plan or origin
 * - `away`: it, or what is behind it, cannot answer at present
 * - `refused`: anything else that it says about the request
 */
export type RefusalKind =
  "too-much" | "failed" | "too-often" | "no-method" | "no-access" | "away" | "refused";

const LIMIT =
  "(exceed|limit|max(imum)?\\b|too (large|wide|big|many)|larger than|over \\d|up to|reduc|narrow)";
const SPAN = "\\b(range|span)s?\\b";

/** In order: the first that matches counts. What nodes and providers say is in the test of this file. */
const WORDS: readonly (readonly [RefusalKind, RegExp])[] = [
  ["refused", /\brevert/i], // the words may be a contract's
  [
    "no-method",
    /\bmethod\b.{0,60}\b(not (found|supported|enabled|available|allowed|whitelisted)|does not exist|disabled)|(unsupported|unknown) method/i,
  ],
  ["too-much", new RegExp(`${SPAN}.*${LIMIT}|${LIMIT}.*${SPAN}`, "i")],
  [
    "too-much",
    /(more than|max(imum)?|exceeds?|too many|limit of) .{0,30}\b(results|logs|blocks)\b|\blogs\b.*exceeds? limit/i,
  ],
  [
    "too-much",
    /(response|payload|entity|content|result|length).{0,12} (too (large|big|long)|(limit )?exceed)/i,
  ],
  ["failed", /time(d )?-?out|deadline exceeded|took too long/i],
  [
    "too-often",
    /rate.?(limit|exceed)|too many requests|request (limit|count)|per.sec|\d\/s(ec)?|throttl|(unit|request)s? .*capacity|capacity limit|quota|credits|usage limit/i,
  ],
  [
    "no-access",
    /unauthori[sz]ed|forbidden|access denied|payment required|does not have access|(invalid|missing|expired|no) (api.?key|project id|token)|must (be )?authenticate/i,
  ],
  [
    "away",
    /(service|temporarily) unavailable|no (healthy |available )?(backend|upstream|node|server)|bad gateway/i,
  ],
];

const CODES: Readonly<Record<number, RefusalKind>> = { [-32_601]: "no-method", 429: "too-often" };

const STATUSES: Readonly<Record<number, RefusalKind>> = {
  401: "no-access",
  402: "no-access",
  403: "no-access",
  404: "away",
  405: "away",
  407: "no-access",
  413: "too-much",
  429: "too-often",
  502: "away",
  503: "away",
};

/**
 * @param answer.code of a JSON-RPC error; undefined = the answer is none
 * @returns undefined: nothing says that it is a refusal
 */
export function refusalKind(answer: {
  status: number;
  code: number | undefined;
  words: string;
}): RefusalKind | undefined {
  const { status, code, words } = answer;
  const worded = WORDS.find(([, pattern]) => pattern.test(words))?.[0];
  if (worded !== undefined) return worded;
  if (code === undefined) return STATUSES[status] ?? (status < 300 ? undefined : "failed");
  return CODES[code] ?? (status < 500 ? (STATUSES[status] ?? "refused") : "failed");
}
