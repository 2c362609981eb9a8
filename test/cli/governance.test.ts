import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Wallet, id } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newKeysOf } from "../../src/attest/identity.ts";
import { toAddress } from "../../src/chain/registry/registry.ts";
import { readKey } from "../../src/chain/keys/signers.ts";
import { toHex } from "../../src/core/bytes.ts";
import { LANGUAGES, type NewOperatorKey } from "../../src/core/directory.ts";
import { originOf } from "../../src/log/checkpoint.ts";
import { wordsIn } from "../../src/words/index.ts";
import { startTestChain, type TestChain } from "../support/chain/embedded.ts";
import { hufu, hufuHere, type Ran } from "../support/cli/cli.ts";
import { TestClock } from "../support/clock.ts";
import { seedsOf } from "../support/log/operators.ts";
import { ScriptedNode, forward } from "../support/chain/json-rpc.ts";
import { alteredKeystore, keystoreOf } from "../support/cli/keystore.ts";
import { startTestService } from "../support/service/service.ts";

const PASSWORD = "a password of the accreditor's";
const TWO_DAYS = 172_800;
const clock = new TestClock();
let chain: TestChain;
let folder: string;
/** Options that name the accreditor's key, and that of institution 1's admin. */
let accreditor: string[];
let admin: string[];
let keystore: string;

beforeAll(async () => {
  chain = await startTestChain({ clock });
  folder = mkdtempSync(join(tmpdir(), "hufu-governance-"));
  keystore = keystoreOf(await readKey(join(chain.folder, "governance", "deployer.key")), PASSWORD);
  accreditor = [
    "--keystore",
    file("accreditor.json", keystore),
    "--password-file",
    file("password", `${PASSWORD}\n`),
  ];
  admin = ["--key-file", join(chain.folder, "governance", "institution-1-admin.key")];
});
afterAll(async () => {
  await chain.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A file that only its owner can read. */
function file(name: string, content: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

const settings = (): Record<string, string> => ({
  HUFU_DATA_DIR: join(folder, "nothing"),
  XDG_CACHE_HOME: join(folder, "cache"),
});
const node = (): string[] => ["--rpc", chain.url, "--registry", chain.registry];

/** Runs one command against the chain; the first words of it may be one text. */
async function run(command: string, ...rest: string[]): Promise<Ran> {
  return await hufuHere([...command.split(" "), ...rest, ...node()], settings());
}

/** The JSON of a command that must succeed. */
async function done(command: string, ...rest: string[]): Promise<Record<string, unknown>> {
  const ran = await run(command, ...rest, "--json");
  expect([ran.code, ran.stderr]).toEqual([0, ""]);
  return JSON.parse(ran.stdout) as Record<string, unknown>;
}

/** A command that must end with 2 and the fault `code`, without anything sent. */
async function refused(code: string, ran: () => Promise<Ran>, exit = 2): Promise<Ran> {
  const height = chain.chain.height;
  const found = await ran();
  expect(found).toMatchObject({
    code: exit,
    stdout: "",
    stderr: expect.stringContaining(`(${code})`) as string,
  });
  expect(chain.chain.height).toBe(height);
  return found;
}

const fresh = (name: string): string => toAddress(new Wallet(id(name)).address);
const NAMES = [
  "--name-en",
  "Harbour Sample Ltd.",
  "--name-zh-hans",
  "海港示例",
  "--name-zh-hant",
  "海港範例",
];
const PROFILE = [
  ...NAMES,
  "--jurisdiction",
  "HK",
  "--official-number",
  "12345678",
  "--roles",
  "verifier,issuer",
];
/** A signature of nothing. */
const POSSESSION = ["--possession", "ab".repeat(64)];
const ED25519 = Buffer.alloc(32, 7).toString("base64");

describe("the life of an institution", () => {
  const cold = new Wallet(id("cold"));
  const colder = new Wallet(id("colder"));
  const keyOf = (wallet: Wallet): string[] => [
    "--key-file",
    file(`${wallet.address}.key`, wallet.privateKey),
  ];

  it("a registration prints the act, the signer and the recorded entry", async () => {
    const scenes = ["--scenes", "enterprise-credit-report,micro-business-credit"];
    const ran = await run(
      "institution register",
      "--admin",
      cold.address,
      ...PROFILE,
      ...scenes,
      ...accreditor,
    );
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    expect(ran.stdout).toMatch(
      /^register the institution Harbour Sample Ltd\. · 海港示例 · 海港範例: HK 12345678, issuer \+ verifier, document types 1, 3, admin 0x[0-9a-f]{40}\n {2}as 0x[0-9a-f]{40}, at the registry 0x[0-9a-f]{40} on chain 31337\n✓ recorded as entry \d+ on .* UTC\+8, transaction 0x[0-9a-f]{64}\n {2}institution {2}3\n$/,
    );
    const { institutions, proof } = await done("institution list");
    expect(institutions).toMatchObject([
      { id: 1, state: "active" },
      { id: 2 },
      {
        id: 3,
        admin: toAddress(cold.address),
        nextAdmin: null,
        roles: ["issuer", "verifier"],
        scenes: [1, 3],
        placedAdmin: null,
        jurisdiction: "HK",
        officialNumber: "12345678",
        names: { en: "Harbour Sample Ltd.", "zh-Hans": "海港示例", "zh-Hant": "海港範例" },
        state: "active",
      },
    ]);
    expect(proof).toMatchObject({ proven: true, root: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
  });

  it("an amended name changes, and all other fields stay as in the log", async () => {
    const changed = await done("institution rename 3", "--name-en", "Harbour Renamed Ltd.", ...accreditor);
    expect(changed).toMatchObject({
      act: "amend-institution",
      institution: 3,
      sent: true,
      profile: { names: { en: "Harbour Renamed Ltd.", "zh-Hans": "海港示例" }, officialNumber: "12345678" },
    });
    const roles = await done("institution amend 3", "--roles", "issuer", ...accreditor);
    expect(roles["profile"]).toMatchObject({ roles: ["issuer"], names: { en: "Harbour Renamed Ltd." } });
    const none = await done("institution amend 3", "--scenes", "none", ...accreditor);
    expect(none["profile"]).toMatchObject({ scenes: [], roles: ["issuer"] });
    await done("institution amend 3", "--scenes", "kyc-report", ...accreditor);
    const { stdout } = await run("institution list");
    expect(stdout).toContain("document types   kyc-report");
    expect(stdout).toContain("3  Harbour Renamed Ltd. · 海港示例 · 海港範例");
    expect(stdout).toMatch(/proven: \d+ entries make up the contract's root/);
  });

  it("an institution's admin adds, retires and reports keys", async () => {
    const [hot, next] = [new Wallet(id("first")), new Wallet(id("second"))];
    const [first, second] = [fresh("first"), fresh("second")];
    await done("key add 3", first, ...keyOf(cold));
    expect(await done("key list", "--institution", "3")).toMatchObject({
      keys: [],
      pendingKeys: [{ address: first, institution: 3, from: null, until: null }],
    });
    expect((await run("key list")).stdout).toContain("not accepted yet");
    await refused("KEY_NOT_PROPOSED", () => run("key accept 3", ...keyOf(next)));
    await done("key accept 3", ...keyOf(hot));
    await done("key add 3", second, "--from", "2028-01-01", "--until", "2030-12-31", ...keyOf(cold));
    await done("key accept 3", ...keyOf(next));
    const retired = await done("key retire", first, ...keyOf(cold));
    expect(retired).toMatchObject({ act: "retire-key", until: retired["recordedAt"] });
    await done("key compromise", first, "--since", String(retired["recordedAt"]), ...accreditor);
    expect((await done("key list", "--institution", "3"))["keys"]).toEqual(
      [
        {
          address: first,
          institution: 3,
          addedAt: retired["recordedAt"],
          from: null,
          until: retired["recordedAt"],
          compromisedSince: retired["recordedAt"],
        },
        {
          address: second,
          institution: 3,
          addedAt: retired["recordedAt"],
          from: "2027-12-31T16:00:00Z",
          until: "2030-12-31T15:59:59Z",
          compromisedSince: null,
        },
      ].sort((a, b) => (a.address < b.address ? -1 : 1)),
    );
    expect((await run("key list")).stdout).toContain(
      "from 2028-01-01 00:00:00 UTC+8 until 2030-12-31 23:59:59 UTC+8",
    );
    const corrected = await done("key correct", first, ...accreditor);
    expect(corrected).toMatchObject({ act: "correct-key-report", since: null });
    expect((await done("key list", "--institution", "3"))["keys"]).toContainEqual(
      expect.objectContaining({
        address: first,
        compromisedSince: null,
        correction: { since: null, entry: corrected["index"], at: corrected["recordedAt"] },
      }),
    );
    await refused("KEY_NOT_REPORTED", () => run("key correct", first, ...accreditor));
    await refused("LAST_KEY", () => run("key retire", second, ...keyOf(cold)));
    await refused("KEY_TAKEN", () => run("key add 3", first, ...keyOf(cold)));
  });

  it("an institution's admin is replaced after the delay, by the named one", async () => {
    await done("institution admin name 3", fresh("governance's"), ...accreditor);
    await done("institution admin cancel 3", ...keyOf(cold));
    await refused("NOTHING_TO_CANCEL", () => run("institution admin cancel 3", ...keyOf(cold)));
    const named = await done("institution admin name 3", colder.address, ...keyOf(cold));
    const from = new Date((clock.now() + TWO_DAYS) * 1000).toISOString().replace(".000Z", "Z");
    expect(named).toMatchObject({ act: "name-admin", from });
    expect((await done("institution list"))["institutions"]).toMatchObject([
      {},
      {},
      { nextAdmin: { admin: toAddress(colder.address), from, byGovernance: false } },
    ]);
    await refused("ADMIN_NOT_SCHEDULED", () => run("institution admin accept 3", ...keyOf(colder)));
    clock.advance(TWO_DAYS);
    await done("institution admin accept 3", ...keyOf(colder));
    await refused("NOT_INSTITUTION_ADMIN", () => run("key add 3", fresh("third"), ...keyOf(cold)));
    await done("key add 3", fresh("third"), ...keyOf(colder));
  });

  it("an admin that governance put in place is shown, and so are those that it names", async () => {
    const placed = new Wallet(id("placed"));
    await done("institution suspend 3", ...accreditor);
    await done("institution admin name 3", placed.address, ...accreditor);
    clock.advance(TWO_DAYS);
    const { recordedAt, index } = await done("institution admin accept 3", ...keyOf(placed));
    await done("institution reinstate 3", ...accreditor);
    const placedAdmin = { admin: toAddress(placed.address), since: recordedAt, entry: index };
    expect((await done("institution list"))["institutions"]).toMatchObject([
      { placedAdmin: null },
      { placedAdmin: null },
      { admin: toAddress(placed.address), placedAdmin },
    ]);
    expect((await run("institution list")).stdout).toContain("admin put in place by governance");
  });

  it("an institution is suspended, reinstated and permanently withdrawn", async () => {
    for (const [command, state] of [
      ["suspend", "suspended"],
      ["reinstate", "active"],
      ["withdraw", "withdrawn"],
    ] as const) {
      await done(`institution ${command} 3`, ...accreditor);
      expect((await done("institution list"))["institutions"]).toMatchObject([{}, {}, { state }]);
    }
    const again = await refused("INSTITUTION_STATE", () => run("institution reinstate 3", ...accreditor));
    expect(again.stderr).toContain("institution 3 is 3 (withdrawn) and cannot become 1 (active)");
  });
});

describe("operators", () => {
  it("operators are added with or without an institution, whose admin or the accreditor manages their keys", async () => {
    expect(await done("operator add", "--name", "Kowloon operator", ...accreditor)).toMatchObject({
      operator: 1,
    });
    expect(
      await done("operator add", "--name", "前海营运方", "--institution", "1", ...accreditor),
    ).toMatchObject({ operator: 2, institution: 1 });
    const mlDsa = Buffer.alloc(1_312, 9);
    const bytes = new Uint8Array();
    const origin = originOf({ chainId: 31_337, registry: chain.registry });
    const [log] = newKeysOf(seedsOf("Kowloon"), { origin, operator: 1 });
    const [, witness, status] = newKeysOf(seedsOf("Qianhai"), { origin, operator: 2 });
    const withKey = (key: NewOperatorKey | undefined, ...more: string[]): string[] => [
      ...["--purpose", key?.purpose ?? "", ...more, "--public-key", toHex(key?.publicKey ?? bytes)],
      ...["--possession", toHex(key?.possession ?? bytes)],
    ];
    const added = await done("operator key add 1", ...withKey(log), ...accreditor);
    await refused("USAGE", () => run("operator key add 2", ...withKey(log), ...admin));
    await done("operator key add 2", ...withKey(witness), ...admin);
    await done(
      "operator key add 2",
      "--purpose",
      "witness",
      "--public-key",
      mlDsa.toString("base64"),
      ...POSSESSION,
      ...admin,
    );
    await done("operator key add 2", ...withKey(status, "--type", "1"), ...admin);
    const keyId = String(added["keyId"]);
    const retired = await done("operator key retire", keyId, ...accreditor);
    await done("operator key compromise", keyId, "--since", String(retired["recordedAt"]), ...accreditor);
    const { operators } = await done("operator list");
    expect(operators).toMatchObject([
      {
        id: 1,
        name: "Kowloon operator",
        institution: null,
        keys: [
          {
            id: keyId,
            purpose: "log",
            signatureType: 1,
            publicKey: toHex(log?.publicKey ?? bytes),
            until: retired["recordedAt"],
            possession: toHex(log?.possession ?? bytes),
            compromisedSince: retired["recordedAt"],
          },
        ],
      },
      { id: 2, name: "前海营运方", institution: 1, keys: [{}, {}, {}] },
    ]);
    const types = (
      operators as { keys: { purpose: string; signatureType: number; publicKey: string }[] }[]
    )[1]?.keys;
    expect(
      types
        ?.map(({ purpose, signatureType, publicKey }) => [purpose, signatureType, publicKey.length / 2])
        .sort(),
    ).toEqual([
      ["status", 1, 32],
      ["witness", 4, 32],
      ["witness", 6, 1_312],
    ]);
    expect((await run("operator list")).stdout).toContain(keyId);
    await refused("NOT_INSTITUTION_ADMIN", () =>
      run("operator key add 2", "--purpose", "log", "--public-key", ED25519, ...POSSESSION, ...accreditor),
    );
  });
});

describe("scenes and the registry", () => {
  it("a document type is defined once", async () => {
    const define = ["scene define", "trade-invoice", ...NAMES, "--blinded", ...accreditor] as const;
    expect(await done(...define)).toMatchObject({ scene: 9, blinded: true, personal: false });
    const { scenes } = await done("scene list");
    expect(scenes).toHaveLength(9);
    expect((scenes as unknown[])[8]).toMatchObject({
      id: 9,
      slug: "trade-invoice",
      blinded: true,
      personal: false,
    });
    expect((await run("scene list")).stdout).toMatch(
      /9 {2}trade-invoice {2}Harbour Sample Ltd\. · .* {2}blinded\n/,
    );
    const again = await refused("SLUG_TAKEN", () => run(...define));
    expect(again.stderr).toContain("the slug already names scene 9");
  });

  it("the registry is paused and resumed, and its status says so", async () => {
    await done("registry pause", ...accreditor);
    expect(await done("registry status")).toMatchObject({ paused: true, successor: null });
    await refused("PAUSE_UNCHANGED", () => run("registry pause", ...accreditor));
    await done("registry resume", ...accreditor);
    expect((await run("registry status")).stdout).toMatch(/paused {5}no\n/);
    await refused("NOT_A_SUCCESSOR", () => run("registry successor", fresh("x"), ...accreditor));
  });

  it("a dry run asks the contract, and sends nothing", async () => {
    const height = chain.chain.height;
    const ran = await run("registry pause", "--dry-run", ...accreditor);
    expect(ran).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/pause the registry\n[^]*nothing was sent\n$/) as string,
    });
    expect(await done("registry pause", "--dry-run", ...accreditor)).toMatchObject({ sent: false });
    expect(chain.chain.height).toBe(height);
    await refused("GOVERNANCE_ROLE", () => run("registry pause", "--dry-run", ...admin));
  });
});

describe("wrong arguments", () => {
  it.each<[string, RegExp]>([
    ["institution regster", /Did you mean register/],
    ["institution", /Usage: hufu institution/],
    ["institution admin", /cancel/],
    ["operator key", /compromise/],
    ["key ad 1", /Did you mean add/],
    ["institution register", /--admin/],
    ["key add 1", /missing required argument 'address'/],
    ["key compromise 0x1", /--since/],
    ["institution suspend", /missing required argument 'institution'/],
    ["institution suspend 1 2", /too many arguments/],
    ["institution suspend 1 --colour red", /unknown option '--colour'/],
    ["scene list --keystore x", /unknown option '--keystore'/],
  ])("the command %j is refused before anything is sent", async (command, message) => {
    const ran = await hufuHere(command.split(" "), settings());
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(message);
  });

  const long = "x".repeat(257);
  const register = (option: string, value: string): string[] => {
    const at = PROFILE.indexOf(option) + 1;
    return ["institution", "register", "--admin", fresh("a"), ...PROFILE.with(at, value)];
  };
  const operatorKey = (...rest: string[]): string[] => [
    ...["operator", "key", "add", "1", ...POSSESSION],
    ...rest,
  ];
  it.each<[string, string[], string]>([
    ["a name of 257 bytes", register("--name-en", long), "NAME_FORMAT"],
    ["a name of 258 bytes in 86 characters", register("--name-zh-hant", "虎".repeat(86)), "NAME_FORMAT"],
    ["an empty name", register("--name-zh-hans", ""), "NAME_FORMAT"],
    ["a name with a right-to-left override", register("--name-en", "Bank\u202egpj"), "NAME_FORMAT"],
    ["a name with NUL", register("--name-en", "Ba\u0000nk"), "NAME_FORMAT"],
    ["a name with a zero-width space", register("--name-en", "Ba\u200bnk"), "NAME_FORMAT"],
    ["a jurisdiction of 17 bytes", register("--jurisdiction", "x".repeat(17)), "NAME_FORMAT"],
    ["an official number of 65 bytes", register("--official-number", "1".repeat(65)), "NAME_FORMAT"],
    ["an unknown role", register("--roles", "issuer,king"), "ROLE_CODE"],
    ["no role", register("--roles", ""), "ROLE_CODE"],
    ["an address of 19 bytes", ["key", "add", "1", `0x${"11".repeat(19)}`], "ADDRESS_FORMAT"],
    [
      "an address with a wrong checksum",
      ["key", "add", "1", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD"],
      "ADDRESS_FORMAT",
    ],
    ["the zero address", ["key", "add", "1", `0x${"00".repeat(20)}`], "ADDRESS_ZERO"],
    ["id 0", ["institution", "suspend", "0"], "ID_FORMAT"],
    ["an id of 2^32", ["institution", "suspend", "4294967296"], "ID_FORMAT"],
    ["a name as id", ["institution", "suspend", "tiger"], "ID_FORMAT"],
    [
      "a window that is empty",
      ["key", "add", "1", fresh("a"), "--from", "2030-01-02", "--until", "2030-01-01"],
      "KEY_WINDOW",
    ],
    ["a day that is none", ["key", "add", "1", fresh("a"), "--from", "2030-02-30"], "DATE_INVALID"],
    ["a time without zone", ["key", "compromise", fresh("a"), "--since", "2026-01-01T00:00:00"], "DATE_ZONE"],
    ["an unknown purpose", operatorKey("--purpose", "tls", "--public-key", ED25519), "PURPOSE_CODE"],
    [
      "a log key of 31 bytes",
      operatorKey("--purpose", "log", "--public-key", "07".repeat(31)),
      "PUBLIC_KEY_FORMAT",
    ],
    [
      "a log key of ML-DSA",
      operatorKey("--purpose", "log", "--public-key", "07".repeat(1_312)),
      "PUBLIC_KEY_FORMAT",
    ],
    [
      "a log key that cosigns",
      operatorKey("--purpose", "log", "--public-key", ED25519, "--type", "4"),
      "PUBLIC_KEY_FORMAT",
    ],
    [
      "a witness key of type 6 with 32 bytes",
      operatorKey("--purpose", "witness", "--public-key", ED25519, "--type", "6"),
      "PUBLIC_KEY_FORMAT",
    ],
    [
      "a key that is no base64",
      operatorKey("--purpose", "log", "--public-key", "not!base64"),
      "PUBLIC_KEY_FORMAT",
    ],
    [
      "a possession that is none",
      operatorKey("--purpose", "log", "--public-key", ED25519, "--possession", ""),
      "PUBLIC_KEY_FORMAT",
    ],
    ["a jurisdiction with a space", register("--jurisdiction", "H K"), "NAME_FORMAT"],
    ["an official number that is not ASCII", register("--official-number", "编号1"), "NAME_FORMAT"],
    [
      "an unknown document type",
      ["institution", "amend", "1", "--scenes", "kyc-report,invoice"],
      "SCENE_UNKNOWN",
    ],
    ["no key at all", operatorKey("--purpose", "log", "--public-key", ""), "PUBLIC_KEY_FORMAT"],
    ["a key id of 63 digits", ["operator", "key", "retire", "a".repeat(63)], "ID_FORMAT"],
    ["an operator's name with an escape sequence", ["operator", "add", "--name", "\u001b[2J"], "NAME_FORMAT"],
    ["a slug in capitals", ["scene", "define", "KYC", ...NAMES], "SLUG_FORMAT"],
    ["a slug of 65 characters", ["scene", "define", "x".repeat(65), ...NAMES], "SLUG_FORMAT"],
    ["an amendment of nothing", ["institution", "amend", "1"], "USAGE"],
    [
      "an amendment of an unknown institution",
      ["institution", "amend", "99", "--name-en", "x"],
      "INSTITUTION_UNKNOWN",
    ],
  ])("%s is refused before anything is sent", async (_, args, code) => {
    const { stderr } = await refused(code, () => hufuHere([...args, ...accreditor, ...node()], settings()));
    expect(stderr).not.toMatch(/[\u0000\u001b\u200b\u202e]/);
  });

  it.each<[string, string, () => string[], string]>([
    ["an unknown institution", "institution suspend 99", () => accreditor, "INSTITUTION_UNKNOWN"],
    [
      "an unknown operator",
      `operator key add 99 --purpose log --public-key ${ED25519} --possession ab`,
      () => accreditor,
      "OPERATOR_UNKNOWN",
    ],
    [
      "another's official number",
      `institution register --admin 0x${"11".repeat(20)} --name-en a --name-zh-hans b --name-zh-hant c --jurisdiction CN --official-number 91440300MA00SAMP01 --roles issuer`,
      () => accreditor,
      "OFFICIAL_NUMBER",
    ],
    ["an unknown key", `key retire 0x${"11".repeat(20)}`, () => admin, "KEY_UNKNOWN"],
    ["another institution's admin", `key add 2 0x${"11".repeat(20)}`, () => admin, "NOT_INSTITUTION_ADMIN"],
    ["an admin who accredits", "institution suspend 2", () => admin, "GOVERNANCE_ROLE"],
    ["a compromise to come", "key compromise {hot} --since 2099-01-01", () => admin, "COMPROMISE_TIME"],
  ])("%s is refused by the contract, with a text", async (_, command, key, code) => {
    const hot = toAddress(chain.hotKeys[0].address);
    const { stderr } = await refused(code, () => run(command.replace("{hot}", hot), ...key()));
    expect(stderr).toContain("the registry refuses: ");
  });
});

describe("a key that cannot be used", () => {
  const other = (): string => toAddress(new Wallet(id("other")).address).slice(2);
  const withKeystore = (text: string, mode?: number): string[] => [
    "--keystore",
    file("other.json", text, mode),
    ...accreditor.slice(2),
  ];
  const kdf = { r: 8, p: 1, dklen: 32, salt: "11".repeat(32) };

  it.each<[string, () => string[], string]>([
    ["none is named", () => [], "USAGE"],
    ["two are named", () => [...accreditor, ...admin], "USAGE"],
    ["a password without keystore", () => [...admin, ...accreditor.slice(2)], "USAGE"],
    ["no password, and no terminal to ask on", () => accreditor.slice(0, 2), "USAGE"],
    [
      "the password is wrong",
      () => [...accreditor.slice(0, 3), file("wrong", "wrong\n")],
      "KEYSTORE_PASSWORD",
    ],
    ["the keystore is no JSON", () => withKeystore(keystore.slice(0, -1)), "KEYSTORE_FORMAT"],
    [
      "the keystore is of version 1",
      () => withKeystore(alteredKeystore(keystore, ["version"], 1)),
      "KEYSTORE_FORMAT",
    ],
    [
      "scrypt would need gigabytes",
      () => withKeystore(alteredKeystore(keystore, ["crypto", "kdfparams"], { ...kdf, n: 2 ** 30 })),
      "KEYSTORE_COST",
    ],
    [
      "the keystore says another address",
      () => withKeystore(alteredKeystore(keystore, ["address"], other())),
      "KEYSTORE_ADDRESS",
    ],
    ["others can read the keystore", () => withKeystore(keystore, 0o644), "KEY_FILE_PERMISSIONS"],
    [
      "others can read the password",
      () => [...accreditor.slice(0, 3), file("open", PASSWORD, 0o644)],
      "KEY_FILE_PERMISSIONS",
    ],
    [
      "others can read the key file",
      () => ["--key-file", file("open.key", "11".repeat(32), 0o604)],
      "KEY_FILE_PERMISSIONS",
    ],
    ["the key file holds no key", () => ["--key-file", file("bad.key", "11".repeat(31))], "KEY_FILE_FORMAT"],
    [
      "the keystore is not there",
      () => ["--keystore", join(folder, "none.json"), ...accreditor.slice(2)],
      "FILE_NOT_FOUND",
    ],
    ["the password is not there", () => [...accreditor.slice(0, 3), join(folder, "none")], "FILE_NOT_FOUND"],
    ["the key file is not there", () => ["--key-file", join(folder, "none.key")], "FILE_NOT_FOUND"],
    [
      "the password stands in the arguments",
      () => [...accreditor.slice(0, 2), "--password", PASSWORD],
      "SECRET_IN_ARGV",
    ],
    ["the key stands in the arguments", () => [`--private-key=0x${"11".repeat(32)}`], "SECRET_IN_ARGV"],
  ])("a key that cannot be used signs nothing: %s", async (_, key, code) => {
    const { stderr } = await refused(code, () => run("registry pause", ...key()));
    for (const secret of [PASSWORD, "11".repeat(31)]) expect(stderr).not.toContain(secret);
  });
});

describe("a node that cannot be used is exit 3, and nothing is signed", () => {
  it.each<[string, () => string[], string]>([
    [
      "is not running",
      () => ["--rpc", "http://127.0.0.1:9", "--registry", chain.registry],
      "RPC_UNAVAILABLE",
    ],
    [
      "serves another chain",
      () => ["--rpc", chain.url, "--registry", `eip155:1:${chain.registry}`],
      "CHAIN_ID_MISMATCH",
    ],
    ["has no contract there", () => ["--rpc", chain.url, "--registry", fresh("nobody")], "NO_CONTRACT"],
  ])("a node that %s causes exit code 3, and nothing is signed", async (_, options, code) => {
    for (const command of [
      ["registry", "pause", ...accreditor],
      ["institution", "list"],
    ])
      await refused(code, () => hufuHere([...command, ...options()], settings()), 3);
  });

  it("a node with another contract causes exit code 3, and nothing is signed", async () => {
    await using other = await ScriptedNode.start((request) =>
      request.method === "eth_getCode" ? { result: "0x6001" } : forward(chain.url, request),
    );
    const options = ["--rpc", other.url, "--registry", chain.registry];
    await refused(
      "CONTRACT_CODE_MISMATCH",
      () => hufuHere(["registry", "pause", ...accreditor, ...options], settings()),
      3,
    );
  });

  it("a list that the contract's root does not prove is not printed", async () => {
    await using lying = await ScriptedNode.start(async (request) => {
      const answer = await forward(chain.url, request);
      if (request.method !== "eth_getLogs" || typeof answer !== "object" || !("result" in answer))
        return answer;
      return { result: (answer.result as unknown[]).slice(0, -1) };
    });
    const cache = { ...settings(), XDG_CACHE_HOME: mkdtempSync(join(folder, "cache-")) };
    const options = ["--rpc", lying.url, "--registry", chain.registry];
    const ran = await hufuHere(["institution", "list", ...options], cache);
    expect([ran.code, ran.stdout]).toEqual([3, ""]);
  });
});

describe("beside a service of this machine", () => {
  it("commands take chain and registry from credentials.json, and the samples' keys from the data directory", async () => {
    const service = await startTestService();
    const env = { HUFU_DATA_DIR: join(service.folder, "data"), XDG_CACHE_HOME: join(folder, "cache") };
    const keys = join(service.folder, "data", "chain", "keys");
    expect(readdirSync(keys).sort()).toEqual([
      "deployer.key",
      "institution-1-admin.key",
      "institution-2-admin.key",
    ]);
    const suspend = ["institution", "suspend", "2", "--key-file", join(keys, "deployer.key")];
    expect(await hufuHere(suspend, env)).toMatchObject({ code: 0, stderr: "" });
    expect((await hufuHere(["institution", "list", "--lang", "zh-Hant"], env)).stdout).toContain("已暫停");
    const inProcess = await hufuHere(["institution", "list", "--json"], env);
    const program = await hufu(["institution", "list", "--json"], { env, cwd: folder });
    expect(program).toEqual(inProcess);
    await service.close();
  });

  it("a command without credentials.json needs the chain to be named", async () => {
    const ran = await hufuHere(["institution", "list"], settings());
    expect(ran).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--rpc URL and --registry ADDRESS") as string,
    });
  });
});

describe.each(LANGUAGES)("help in %s", (language) => {
  const { commands, options } = wordsIn(language).governance;
  const flat = (text: string): string => text.replace(/\s+/g, "");

  it.each(Object.keys(commands) as (keyof typeof commands)[])("the help has the command %s", async (name) => {
    // a group has no options of its own, and reads the language from the arguments
    const ran = await hufuHere([...name.split(" "), "--help", "--lang", language], settings());
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    expect(flat(ran.stdout)).toContain(flat(commands[name]));
    if (ran.stdout.includes("--key-file")) expect(flat(ran.stdout)).toContain(flat(options.keyFile));
  });
});
