/** The command `hufu hash` prints the digests of files. */
import { formatDigest, type Algorithm } from "../../core/digest.ts";
import { gravest } from "../../core/verdict.ts";
import { shownPath } from "../../hash/names.ts";
import type { Context } from "../context.ts";
import { algorithmsOf, hashFiles } from "../files.ts";
import { faultJson } from "../output.ts";

export async function hashCommand(
  files: readonly string[],
  flags: { algorithm?: Algorithm; allowEmpty?: boolean },
  context: Context,
): Promise<void> {
  const { out, words } = context;
  const results = await hashFiles(files, algorithmsOf(flags), context);
  for (const result of results) {
    if ("fault" in result) out.fault(result.fault);
    else
      out.print(
        ...result.hashed.digests.map((digest) => `${formatDigest(digest)}  ${shownPath(result.path)}`),
      );
  }
  out.json({
    files: results.map((result) =>
      "fault" in result
        ? { file: result.file, error: faultJson(result.fault, words) }
        : {
            file: shownPath(result.path),
            bytes: result.hashed.bytes,
            digests: result.hashed.digests.map(formatDigest),
          },
    ),
  });
  out.exitCode = gravest(results.map((result) => ("fault" in result ? result.fault.spec.exit : 0)));
}
