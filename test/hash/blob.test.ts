import { createHash } from "node:crypto";
import { describe, expect, inject, it } from "vitest";
import { toHex } from "../../src/core/bytes.ts";
import { hashBlob, IN_MEMORY_BYTES, type BlobFile } from "../../src/hash/blob.ts";
import { randomFrom } from "../support/random.ts";

const { subtle } = crypto;
const random = randomFrom(inject("seed"));

function fileOf(size: number): { file: File; expected: string[] } {
  const block = Uint8Array.from({ length: 4_099 }, () => random() * 256);
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += block.length) bytes.set(block.subarray(0, size - at), at);
  const expected = ["sha256", "sm3"].map((name) => createHash(name).update(bytes).digest("hex"));
  return { file: new File([bytes], "report.pdf"), expected };
}

/** A file that fails after so many reads. */
function failingAfter(reads: number, error: Error, { file }: { file: File }): BlobFile {
  let left = reads;
  const unread = { arrayBuffer: () => Promise.reject<ArrayBuffer>(error) };
  return {
    name: file.name,
    size: file.size,
    slice: (start, end) => (left-- > 0 ? file.slice(start, end) : unread),
    arrayBuffer: () => (left-- > 0 ? file : unread).arrayBuffer(),
  };
}

const unreadable = new DOMException("it changed", "NotReadableError");

describe("the digests of a file in a browser", () => {
  it.each([
    ["a small file with WebCrypto", 5_000, subtle],
    ["a small file without WebCrypto", 5_000, undefined],
    ["one byte", 1, subtle],
    ["the largest file that WebCrypto takes", IN_MEMORY_BYTES, subtle],
    ["a streamed file", IN_MEMORY_BYTES + 1, subtle],
  ])("the digests of %s are those of Node", async (_, size, crypto) => {
    const { file, expected } = fileOf(size);
    const seen: number[] = [];
    const digests = await hashBlob(file, { subtle: crypto, onProgress: (done) => seen.push(done) });
    expect(digests.map(({ bytes }) => toHex(bytes))).toEqual(expected);
    expect(digests.map(({ algorithm }) => algorithm)).toEqual(["sha256", "sm3"]);
    expect(seen.at(-1)).toBe(size);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it("an empty file is refused with EMPTY_FILE", async () => {
    await expect(hashBlob(new File([], "empty.pdf"), { subtle })).rejects.toThrowCode("EMPTY_FILE");
  });

  it("a file that cannot be read is refused by the kind of its fault", async () => {
    const file = failingAfter(0, unreadable, fileOf(100));
    await expect(hashBlob(file, { subtle })).rejects.toThrowCode("FILE_UNREADABLE");
    const gone = failingAfter(0, new DOMException("gone", "NotFoundError"), fileOf(100));
    await expect(hashBlob(gone, { subtle })).rejects.toThrowCode("FILE_NOT_FOUND");
  });

  it("a deleted file is refused with FILE_NOT_FOUND, not as an empty one", async () => {
    const gone = failingAfter(0, new DOMException("gone", "NotFoundError"), fileOf(0));
    await expect(hashBlob(gone, { subtle })).rejects.toThrowCode("FILE_NOT_FOUND");
  });

  it.each([1, 2, 5])("a file that changes after %i reads is refused with FILE_CHANGED", async (reads) => {
    const file = failingAfter(reads, unreadable, fileOf(IN_MEMORY_BYTES + 1));
    await expect(hashBlob(file, { subtle })).rejects.toThrowCode("FILE_CHANGED");
  });

  it("a file that became shorter is refused with FILE_CHANGED", async () => {
    const { file } = fileOf(1_000);
    const { name } = file;
    const cut: BlobFile = {
      name,
      size: 1_001,
      slice: (start, end) => file.slice(start, end),
      arrayBuffer: () => file.arrayBuffer(),
    };
    await expect(hashBlob(cut, { subtle })).rejects.toThrowCode("FILE_CHANGED");
  });

  it("an aborted signal ends the hashing", async () => {
    const { file } = fileOf(IN_MEMORY_BYTES + 1);
    const stop = new AbortController();
    const seen: number[] = [];
    const hashing = hashBlob(file, {
      subtle,
      signal: stop.signal,
      onProgress: (done) => {
        seen.push(done);
        stop.abort();
      },
    });
    await expect(hashing).rejects.toThrow(/abort/);
    expect(seen.length).toBe(1);
  });
});
