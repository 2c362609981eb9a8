import { createReadStream } from "node:fs";
import type { AnchorResult, DocumentRequest } from "../../wire/anchors.ts";
import { linesOf } from "./lines.ts";
import type { Origin } from "./manifest.ts";
import { TextWriter, unwritable } from "./workspace.ts";

/** What became of one line. */
export interface Outcome extends Origin {
  /** As it is sent; absent where the line was bad. */
  readonly document?: DocumentRequest;
  readonly result: AnchorResult;
  /** Paths of what was kept of it, or why nothing was. */
  readonly kept?: Kept | { readonly error: NonNullable<AnchorResult["error"]> };
}

export interface Kept {
  readonly receipt: string;
  readonly bundle?: string;
}

/** Outcomes on disk, in order: a night may have more of them than memory holds. */
export class Spool {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** @throws AppError RESULTS_UNWRITABLE, and what `outcomes` throws */
  static async fill(path: string, batches: AsyncIterable<readonly Outcome[]>): Promise<Spool> {
    await using file = await TextWriter.create(path);
    for await (const batch of batches) {
      const lines = batch.map((outcome) => `${JSON.stringify(outcome)}\n`);
      await file.write(lines.join("")).catch((error: unknown) => {
        throw unwritable(path, error);
      });
    }
    await file.close();
    return new Spool(path);
  }

  async *outcomes(): AsyncGenerator<Outcome> {
    for await (const line of linesOf(createReadStream(this.#path) as AsyncIterable<Uint8Array>)) {
      if (!("text" in line)) throw new RangeError("a line of the spool is not as it was written");
      yield JSON.parse(line.text) as Outcome;
    }
  }
}
