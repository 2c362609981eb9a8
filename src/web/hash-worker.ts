import { isAppError, type ErrorCode } from "../core/errors.ts";
import type { Digest } from "../core/digest.ts";
import { hashBlob } from "../hash/blob.ts";

/** What the page asks of the worker: a file's digests, or that it stop with the one it has. */
export type ToWorker = { readonly file: File } | "stop";

export type FromWorker =
  | { readonly done: number }
  | { readonly digests: readonly Digest[] }
  | { readonly code: ErrorCode; readonly detail: string }
  | "stopped";

const port = globalThis as unknown as Pick<MessagePort, "postMessage" | "onmessage">;
const tell = (message: FromWorker): void => port.postMessage(message);
let stop = new AbortController();

port.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data === "stop") stop.abort();
  else void hash(data.file);
};

/** One file at a time. */
async function hash(file: File): Promise<void> {
  stop = new AbortController();
  const { signal } = stop;
  try {
    // plain http beyond this machine has no WebCrypto, whatever the types say
    const { subtle } = crypto as { subtle?: SubtleCrypto };
    tell({ digests: await hashBlob(file, { subtle, signal, onProgress: (done) => tell({ done }) }) });
  } catch (error) {
    if (signal.aborted) tell("stopped");
    else if (isAppError(error)) tell({ code: error.code, detail: error.fields.detail });
    else tell({ code: "INTERNAL", detail: String(error) });
  }
}
