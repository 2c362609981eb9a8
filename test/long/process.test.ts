/** Tests a service under supervisors, under npm, and on a read-only file system as another user than the one that installed it. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { whyNoMount } from "../support/disk.ts";
import { CERTIFICATES } from "../support/network/tls.ts";
import type { Credentials } from "../../src/files/credentials.ts";
import { ask } from "../support/service/service.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const HUFU = join(ROOT, "src/bin/hufu.js");
const BUNDLED = join(ROOT, "node_modules/node/bin");
const PATH = process.env["PATH"] ?? "";
/** A user of no files, and its group. */
const NOBODY = 65_534;

let folder: string;
let data: string;
let child: ChildProcess | undefined;
let log = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hufu-process-"));
  chmodSync(folder, 0o755);
  data = join(folder, "data");
});
afterEach(() => {
  for (const pid of [child?.pid, servingPid()])
    if (pid !== undefined && isRunning(pid)) process.kill(pid, "SIGKILL");
  rmSync(folder, { recursive: true });
});

/** Starts a service by a command, and waits until it has printed its address. */
async function serve(
  [command = "", ...args]: readonly string[],
  env: Record<string, string>,
  cwd = ROOT,
): Promise<ChildProcess> {
  log = "";
  const settings = { PATH, LANG: "C", HUFU_LISTEN: "127.0.0.1:0", HUFU_DATA_DIR: data, ...env };
  const started = (child = spawn(command, args, { cwd, env: settings, stdio: ["ignore", "pipe", "pipe"] }));
  for (const stream of [started.stdout, started.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (log += text));
  await expect.poll(() => (hasExited(started) ? `it exited: ${log}` : log)).toMatch(/^open |^it exited/m);
  expect(log).not.toMatch(/^it exited/);
  return started;
}

const hasExited = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;
const count = (text: string): number => log.split("\n").filter((line) => line.includes(text)).length;
const credentials = (): Credentials =>
  JSON.parse(readFileSync(join(data, "credentials.json"), "utf8")) as Credentials;

/** Of the process that holds the data directory. */
function servingPid(): number | undefined {
  const file = join(data, "lock.pid");
  return existsSync(file) ? Number(readFileSync(file, "utf8")) : undefined;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const majorOf = (node: string): string =>
  execFileSync(node, ["--version"], { encoding: "utf8" }).split(".")[0] ?? "";

/** A PATH for each major version of Node on this machine, where the first Node is of that. */
const PATHS = new Map(
  [BUNDLED, ...PATH.split(delimiter)]
    .filter((each) => existsSync(join(each, "node")))
    .toReversed()
    .map((each) => [majorOf(join(each, "node")), [each, PATH].join(delimiter)] as const),
);

describe.each([...PATHS])("with Node %s outside", (_, path) => {
  const COMMANDS = {
    "npm start": ["npm", "start"],
    "npx hufu serve": ["npx", "hufu", "serve"],
    hufu: ["node", HUFU, "serve"],
  };

  it.each(Object.entries(COMMANDS))(
    "SIGTERM to %s stops the service, and leaves no process",
    async (name, command) => {
      const started = await serve(command, { PATH: path, npm_config_update_notifier: "false" });
      const pid = servingPid() ?? 0;
      started.kill("SIGTERM");
      await once(started, "exit");
      await expect.poll(() => isRunning(pid)).toBe(false);
      await expect.poll(() => count("service stopped")).toBe(1);
      // npx starts a shell that ends by itself
      if (name !== "npx hufu serve") expect(started.exitCode).toBe(0);
    },
  );

  it.each(["SIGINT", "SIGTERM"] as const)(
    "a %s that a terminal and a launcher both pass on is one",
    async (signal) => {
      const started = await serve(["node", HUFU, "serve"], { PATH: path });
      process.kill(servingPid() ?? 0, signal);
      started.kill(signal);
      await once(started, "exit");
      expect([started.exitCode, count("service stopped")]).toEqual([0, 1]);
    },
  );

  it.each(["SIGQUIT", "SIGUSR2", "SIGALRM"] as const)(
    "the process ends by %s where the service does",
    async (signal) => {
      const started = await serve(["node", HUFU, "serve"], { PATH: path });
      const pid = servingPid() ?? 0;
      started.kill(signal);
      await once(started, "exit");
      expect([started.signalCode, isRunning(pid)]).toEqual([signal, false]);
    },
  );

  it("SIGHUP has the certificate read again, and ends nothing", async () => {
    const files = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
    writeFileSync(files.cert, CERTIFICATES.first.cert);
    writeFileSync(files.key, CERTIFICATES.first.key, { mode: 0o600 });
    const tls = { HUFU_TLS_CERT_FILE: files.cert, HUFU_TLS_KEY_FILE: files.key };
    const started = await serve(["node", HUFU, "serve"], { PATH: path, ...tls });
    started.kill("SIGHUP");
    await expect.poll(() => count("tls files read")).toBe(1);
    started.kill("SIGHUP");
    await expect.poll(() => count("tls files read")).toBe(2);
    expect([hasExited(started), isRunning(servingPid() ?? 0)]).toEqual([false, true]);
  });
});

describe("a checkout of root that another user runs, where all but the data directory is read-only", () => {
  const why = whyNoMount("tmpfs");
  const alone = (title: string, test: () => Promise<void>): void =>
    why === undefined ? it(title, test) : it.skip(`${title} (skipped: ${why})`, () => undefined);

  /** A checkout as git and `npm ci` leave it. */
  function checkout({ page }: { page: boolean }): string {
    const root = join(folder, "checkout");
    for (const part of ["src", "scripts", "package.json", "package-lock.json", "tsconfig.json"])
      cpSync(join(ROOT, part), join(root, part), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
    const build = ["-c", 'umask 077; exec "$0" scripts/postinstall.js', process.execPath];
    if (page) execFileSync("sh", build, { cwd: root, env: { PATH } });
    return root;
  }

  async function serveReadOnly(root: string, env: Record<string, string> = {}): Promise<void> {
    mkdirSync(data, { mode: 0o700 });
    chownSync(data, NOBODY, NOBODY);
    const mounts = 'mount --bind "$0" "$0" && mount -o remount,bind,ro / && exec "$@"';
    const user = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
    const node = [join(root, "node_modules/node/bin/node"), "src/bin/hufu.js", "serve"];
    await serve(
      ["unshare", "--mount", "sh", "-c", mounts, data, ...user, ...node],
      { HOME: "/nonexistent", ...env },
      root,
    );
  }

  alone("serves the API and the page, and writes nowhere else", async () => {
    await serveReadOnly(checkout({ page: true }));
    const { server, keys } = credentials();
    expect(await (await fetch(server)).text()).toContain("<title>Hufu</title>");
    const document = { digest: `sha256:${"ab".repeat(32)}`, scene: "enterprise-credit-report" };
    const anchored = await ask(`${server}/v1/anchors?wait=final`, {
      key: keys["issuer"],
      body: { documents: [document] },
    });
    expect(anchored.body).toMatchObject({ anchors: [{ state: "final" }] });
  });

  alone("serves the API where no page was built, and says so in its place", async () => {
    await serveReadOnly(checkout({ page: false }));
    const { server } = credentials();
    expect((await ask(`${server}/healthz`)).status).toBe(200);
    expect(await ask(server)).toMatchObject({ status: 503, body: { code: "PAGE_NOT_BUILT" } });
    expect(count("the API alone is served")).toBe(1);
  });

  alone(
    "takes secrets as Kubernetes mounts them, root's and readable by the group of the process",
    async () => {
      const volume = join(folder, "secrets");
      mkdirSync(join(volume, "..2027"), { recursive: true });
      symlinkSync("..2027", join(volume, "..data"));
      const secret = (name: string, text: string): string => {
        writeFileSync(join(volume, "..2027", name), text);
        chownSync(join(volume, "..2027", name), 0, NOBODY);
        chmodSync(join(volume, "..2027", name), 0o440);
        symlinkSync(`..data/${name}`, join(volume, name));
        return join(volume, name);
      };
      await serveReadOnly(checkout({ page: false }), {
        HUFU_API_KEY_SECRET_FILE: secret("api-keys", "ab".repeat(32)),
        HUFU_TLS_CERT_FILE: secret("tls.crt", CERTIFICATES.first.cert),
        HUFU_TLS_KEY_FILE: secret("tls.key", CERTIFICATES.first.key),
      });
      expect(credentials().server).toMatch(/^https:/);
    },
  );
});
