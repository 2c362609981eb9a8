/** Checks the directory events that a log serves against the entries that commit to them. */
import type { Entry } from "../../core/entry.ts";
import { AppError, fault } from "../../core/errors.ts";
import type { EntryIndex } from "../../core/units.ts";
import { DIRECTORY_FILE, isEventOf, parseDirectory } from "../../log/directory.ts";
import type { OperatorLog } from "../ports.ts";
import type { Finding } from "./findings.ts";

/** The directory entries of a log, in order. */
export class ServedDirectory {
  readonly #entries: { readonly index: EntryIndex; readonly entry: Entry }[] = [];

  addEntry(index: EntryIndex, entry: Entry): void {
    if (entry.kind === "directory") this.#entries.push({ index, entry });
  }

  /** Reads every file that the entries reach, and finds the first fault of each. Later entries in the last one are not judged. */
  async check({ source, directory }: Pick<OperatorLog, "source" | "directory">): Promise<Finding[]> {
    const findings: Finding[] = [];
    for (let file = 0; file * DIRECTORY_FILE < this.#entries.length; file++) {
      const text = await directory(file);
      if (text === undefined) findings.push({ code: "directory-missing", source, values: { file } });
      const detail = text === undefined ? undefined : this.#faultIn(text, file);
      if (detail !== undefined)
        findings.push({ code: "directory-differs", source, values: { file, detail } });
    }
    return findings;
  }

  #faultIn(text: string, file: number): string | undefined {
    const events = fault(() => parseDirectory(text));
    if (events instanceof AppError) return events.fields.detail;
    const first = file * DIRECTORY_FILE;
    const wrong = this.#entries.slice(first, first + DIRECTORY_FILE).find(({ index, entry }, i) => {
      const served = events[i];
      return served?.index !== index || !isEventOf(served.event, entry);
    });
    return wrong && `entry ${wrong.index}`;
  }
}
