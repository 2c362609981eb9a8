/** Mounts small disks, which tests fill up or turn read-only. */
import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";

function works(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const isRoot = process.getuid?.() === 0;

/** Why this machine cannot mount such a disk; undefined = it can. */
export function whyNoMount(kind: "tmpfs" | "ext4"): string | undefined {
  if (!isRoot) return "mounting needs root";
  if (!works("mount", ["--version"])) return "no mount command";
  if (kind === "ext4" && !works("mkfs.ext4", ["-V"])) return "no mkfs.ext4 command";
  return undefined;
}

/** Why syncs cannot be made to fail on this machine; undefined = they can. */
export function whyNoStrace(): string | undefined {
  const args = ["-f", "-o", "/dev/null", "-e", "inject=fsync:error=EIO", process.execPath, "-v"];
  return works("strace", args) ? undefined : "no strace with permission to trace";
}

export class SmallDisk {
  readonly folder: string;
  readonly #image: string | undefined;

  private constructor(folder: string, image: string | undefined) {
    this.folder = folder;
    this.#image = image;
  }

  /** In memory. */
  static tmpfs(folder: string, megabytes: number): SmallDisk {
    mkdirSync(folder, { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder]);
    return new SmallDisk(folder, undefined);
  }

  /** With a file system that turns read-only after an error. */
  static ext4(folder: string, megabytes: number): SmallDisk {
    const image = join(dirname(folder), "disk.img");
    mkdirSync(folder, { recursive: true });
    execFileSync("truncate", ["-s", `${megabytes}M`, image]);
    execFileSync("mkfs.ext4", ["-q", "-F", image]);
    const disk = new SmallDisk(folder, image);
    disk.mount();
    return disk;
  }

  mount(): void {
    execFileSync("mount", ["-o", "loop", this.#image ?? "", this.folder]);
  }

  /** As after a device error: open files stay open, and writes fail. */
  turnReadOnly(): void {
    works("mount", ["-o", "remount,abort", this.folder]);
  }

  /** Leaves `left` bytes free. */
  fill(left: number): void {
    const file = openSync(join(this.folder, "filler"), "a");
    const chunk = Buffer.alloc(16_384);
    while (this.free > left + chunk.length) writeSync(file, chunk);
    closeSync(file);
  }

  empty(): void {
    rmSync(join(this.folder, "filler"));
  }

  get free(): number {
    const { bavail, bsize } = statfsSync(this.folder);
    return bavail * bsize;
  }

  unmount(): void {
    works("umount", [this.folder]);
  }
}
