/** Stores the outcomes of a feed on disk, in order, since they may exceed memory. */
import { createReadStream } from "node:fs";
import type { AnchorResult, DocumentRequest } from "../../wire/anchors.ts";
import { linesOf } from "../csv/lines.ts";
import type { Origin } from "./manifest.ts";
import { TextWriter, unwritable } from "./workspace.ts";

/** The outcome of one line. */
export interface Outcome extends Origin {
  /** As it is sent; absent where the line was bad. */
  readonly document?: DocumentRequest;
  readonly result: AnchorResult;
  /** Paths of the kept files, or why there are none. */
  readonly kept?: ReceiptPaths | { readonly error: NonNullable<AnchorResult["error"]> };
}

export interface ReceiptPaths {
  readonly receipt: string;
  readonly bundle?: string;
}

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
