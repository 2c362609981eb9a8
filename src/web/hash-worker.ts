/** Hashes files in a worker, one at a time. */
import { isAppError, type ErrorCode } from "../core/errors.ts";
import type { Digest } from "../core/digest.ts";
import { hashBlob } from "../hash/blob.ts";

/** A file to hash, or a request to stop hashing the current one. */
export type ToWorker = { readonly file: File } | "stop";

export type FromWorker =
  | { readonly done: number }
  | { readonly digests: readonly Digest[] }
  | { readonly code: ErrorCode; readonly detail: string }
  | "stopped";

const port = globalThis as unknown as Pick<MessagePort, "postMessage" | "onmessage">;
const post = (message: FromWorker): void => port.postMessage(message);
let stop = new AbortController();

port.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data === "stop") stop.abort();
  else void hash(data.file);
};

async function hash(file: File): Promise<void> {
  stop = new AbortController();
  const { signal } = stop;
  try {
    // an insecure context has no crypto.subtle, which the types do not say
    const { subtle } = crypto as { subtle?: SubtleCrypto };
    post({ digests: await hashBlob(file, { subtle, signal, onProgress: (done) => post({ done }) }) });
  } catch (error) {
    if (signal.aborted) post("stopped");
    else if (isAppError(error)) post({ code: error.code, detail: error.fields.detail });
    else post({ code: "INTERNAL", detail: String(error) });
  }
}
