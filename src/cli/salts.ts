/** Opens the salts that documents are blinded with, and makes them where a person asks for it. */
import { resolve } from "node:path";
import { isAppError } from "../core/errors.ts";
import { fill } from "../words/index.ts";
import type { Context, LocalSalts } from "./context.ts";

/**
 * The salts of this machine. A first folder is made on a terminal only: without one a folder that is missing is probably
 * that of another account, whose documents would be recorded again.
 * @throws AppError SALTS_MISSING, and as the ports
 */
export async function saltsToIssueWith({ ports, config, out, words }: Context): Promise<LocalSalts> {
  const folder = config().saltDir;
  try {
    return await ports.openSalts(folder);
  } catch (fault) {
    if (!isAppError(fault, "SALTS_MISSING") || ports.terminal === undefined) throw fault;
    const made = await ports.initSalts(folder);
    out.note(fill(words.cli.saltsMade, { folder }));
    return made;
  }
}

/** `hufu salts init [DIR]`: the same folder again is no fault, and is left as it is. */
export async function initSaltsCommand(dir: string | undefined, context: Context): Promise<void> {
  const { ports, config, out, words } = context;
  const folder = resolve(dir ?? config().saltDir);
  using found = await ports.findSalts(folder);
  if (found === undefined) (await ports.initSalts(folder))[Symbol.dispose]();
  out.print(`✓ ${fill(found === undefined ? words.cli.saltsMade : words.cli.saltsThere, { folder })}`);
  out.json({ folder, made: found === undefined });
}
