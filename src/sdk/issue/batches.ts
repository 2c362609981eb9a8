/** Groups lines into batches, in order, such that the documents of each fit into one request. */
import { MAX_DOCUMENTS } from "../../wire/anchors.ts";

/** Bytes of a request's documents: below the 1 MiB that a service reads. */
const MAX_BYTES = 1_000_000;
/** Lines in a batch at most, where few of them have a document to send. */
const MAX_LINES = 10_000;

/** @param maxDocuments in one batch; a line without `document` takes no place in the request */
export async function* inBatches<T extends object>(
  lines: AsyncIterable<T> | Iterable<T>,
  maxDocuments = MAX_DOCUMENTS,
): AsyncGenerator<T[]> {
  let batch: T[] = [];
  let documents = 0;
  let bytes = 0;
  for await (const line of lines) {
    const size = "document" in line ? sizeOf(line.document) : 0;
    if (documents === maxDocuments || batch.length === MAX_LINES || bytes + size > MAX_BYTES) {
      yield batch;
      [batch, documents, bytes] = [[], 0, 0];
    }
    batch.push(line);
    bytes += size;
    if (size > 0) documents += 1;
  }
  if (batch.length > 0) yield batch;
}

function sizeOf(document: unknown): number {
  return new TextEncoder().encode(JSON.stringify(document)).length + 1;
}
