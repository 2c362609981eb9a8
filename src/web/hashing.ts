/** Hashes files in a worker, so that the page stays responsive. */
import { AppError } from "../core/errors.ts";
import type { Digest } from "../core/digest.ts";
import type { FromWorker, ToWorker } from "./hash-worker.ts";
import workerUrl from "./hash-worker.ts?worker&url";
import type { HashFile } from "./session.ts";
import { scriptUrl } from "./trusted-url.ts";

/**
 * Queues files for one worker, which is started for the first file.
 * @throws AppError those of `hashBlob`; SERVER_UNREACHABLE: its script was not loaded; INTERNAL: the worker does not run
 */
export function hashingWorker(): HashFile {
  let worker: Worker | undefined;
  let previous: Promise<unknown> = Promise.resolve();
  return (file, options) => {
    const hash = async (): Promise<readonly Digest[] | undefined> => {
      if (options.signal.aborted) return undefined;
      worker ??= new Worker(scriptUrl(workerUrl), { type: "module" });
      try {
        return await answerOf(worker, file, options);
      } catch (error) {
        worker.terminate();
        worker = undefined;
        throw error;
      }
    };
    const result = previous.then(hash);
    previous = result.catch(() => undefined);
    return result;
  };
}

function answerOf(
  worker: Worker,
  file: File,
  { onProgress, signal }: Parameters<HashFile>[1],
): ReturnType<HashFile> {
  return new Promise((resolve, reject) => {
    const post = (message: ToWorker): void => worker.postMessage(message);
    signal.addEventListener("abort", () => post("stop"), { once: true });
    // a script that was not loaded is a plain event
    worker.onerror = (event: Event) =>
      reject(
        new AppError(event instanceof ErrorEvent ? "INTERNAL" : "SERVER_UNREACHABLE", {
          detail: "the worker that reads files does not run",
        }),
      );
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data === "stopped") resolve(undefined);
      else if ("done" in data) onProgress(data.done);
      else if ("digests" in data) resolve(data.digests);
      else reject(new AppError(data.code, { detail: data.detail }));
    };
    post({ file });
  });
}
