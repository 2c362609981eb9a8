/**
 * A credit institution's night, as its officer set it up, and the morning after. Every sentence is checked:
 * `node scripts/days/officer-night.ts` ends with 1 at the first step that does not go as it says. Files and companies are
 * invented.
 */
import assert from "node:assert/strict";
import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { gbk } from "../../test/support/cli/gbk.ts";
import { OfficerStage, companyOf, readResults, reportOf, type Ran } from "./officer-stage.ts";

await using stage = await OfficerStage.set();

/** Says a step, and that what it ran ended as expected. */
function step(sentence: string, ran: Ran, code: number, ...said: readonly (string | RegExp)[]): Ran {
  const output = `${ran.stdout}${ran.stderr}`;
  assert.equal(ran.code, code, `${sentence}\n${output}`);
  for (const each of said) assert.match(output, new RegExp(each), sentence);
  console.log(`✓ ${sentence}`);
  return ran;
}

// What the department leaves: 200 reports with Chinese names, and a table that Excel in China saved as CSV.
const reports = stage.folderOf("报告");
const salts = join(stage.folder, "salts of the night");
const results = join(stage.folder, "结果.csv");
const COMPANY = "enterprise-credit-report";
const PERSON = "personal-credit-report";

const lines = Array.from({ length: 200 }, (_, i) => {
  const isPerson = i % 20 === 19;
  const name = isPerson ? `个人信用报告（${i + 1}）.pdf` : `${companyOf(i)}信用报告.pdf`;
  stage.file(reports, name, reportOf(name));
  return { name, scene: isPerson ? PERSON : COMPANY, reference: `信-2027-${String(i + 1).padStart(4, "0")}` };
});
const [first, second] = lines;
assert(first !== undefined && second !== undefined);
const AGAIN = "补-2027-0001";
const rows = [
  "文件,类型/场景,有效期至,编号",
  ...lines.map(({ name, scene, reference }) => `${name},${scene},2099/11/30,${reference}`),
  `${first.name},${first.scene},2099/11/30,${AGAIN}`, // another department lists the first report under its own number
  ",,,", // Excel saves rows that were emptied
];
const manifest = stage.file(reports, "今晚.csv", gbk(`${rows.join("\r\n")}\r\n`));
const nightly = ["anchor", "--manifest", manifest, "--results", results];

step(
  "Cron has another home: without the folder of the salts it registers nothing, and says what to do.",
  await stage.cron(...nightly),
  2,
  "SALTS_MISSING",
  "--salts DIR",
  "hufu salts init",
);
assert(!existsSync(salts));

step("The officer makes the folder once.", await stage.officer("salts", "init", salts), 0, salts);

step(
  "The night runs from cron, without a terminal: the table is read as Excel wrote it, and every line is registered.",
  await stage.cron(...nightly, "--salts", salts),
  0,
  /GB/,
  "201 registered",
);

const night = readResults(results);
assert.equal(night.length, 201);
assert(night.every(({ state }) => state === "final"));
assert.equal(new Set(night.map(({ index }) => index)).size, 200);
const [head, tail] = [night.at(0), night.at(-1)];
assert.equal(tail?.["index"], head?.["index"]);
assert.deepEqual([head?.["reference"], tail?.["reference"]], [first.reference, AGAIN]);
assert.match(tail?.["warning"] ?? "", new RegExp(`REFERENCE_SEVERAL.*${first.reference}`));
console.log(
  "✓ In the morning the results have 201 lines for 200 entries: the report that was listed twice has both numbers.",
);

step(
  "The same night again makes no second entry, of the persons' reports neither.",
  await stage.cron(...nightly, "--salts", salts),
  0,
  "201 registered",
);
assert.deepEqual(
  readResults(results).map(({ index }) => index),
  night.map(({ index }) => index),
);

step(
  "The register and the log agree.",
  await stage.officer("audit", "mine", "--register", results, "--salts", salts),
  0,
  "200 documents in both",
);

// A shared folder, as a night's run meets it: the leavings of Windows, macOS, Office and a transfer that is under way.
const shared = stage.folderOf("共享");
for (const name of ["一月", "二月", "三月"]) stage.file(shared, `${name}报告.pdf`, reportOf(name));
for (const junk of [
  "Thumbs.db",
  "desktop.ini",
  ".DS_Store",
  "._一月报告.pdf",
  "~$一月报告.docx",
  "五月报告.pdf.part",
])
  stage.file(shared, junk, "no report");
// modified a moment ago, by the clock of a file server that is ahead of this machine's
const growing = stage.file(shared, "四月报告.pdf", reportOf("half of 四月"), -10);
const folderRun = [
  "anchor",
  "--manifest",
  shared,
  "--scene",
  COMPANY,
  "--results",
  join(stage.folder, "共享.csv"),
];

step(
  "Of a shared folder only reports are taken; one that is still being written is left to the next run.",
  await stage.cron(...folderRun),
  0,
  "3 registered",
  /Thumbs\.db/,
  /四月报告\.pdf/,
);
stage.file(shared, "四月报告.pdf.new", reportOf("四月"));
renameSync(`${growing}.new`, growing);
step("The next run takes it.", await stage.cron(...folderRun), 0, "4 registered");

// The officer is told that the first report was issued in error.
step(
  "A dry run shows which document a number stands for: type, time, status and issuer; nothing is changed.",
  await stage.officer(
    "revoke",
    "--reference",
    AGAIN,
    "--reason",
    "issued-in-error",
    "--dry-run",
    "--lang",
    "zh-Hans",
  ),
  0,
  first.reference,
  "企业信用报告",
  "未作任何更改",
);
step("The report still stands.", await stage.officer("verify", join(reports, first.name)), 0, "✓ Matches");
step(
  "It is withdrawn by the number of the other department.",
  await stage.officer("revoke", "--reference", AGAIN, "--reason", "issued-in-error"),
  0,
  "withdrawn",
);
step(
  "Who is handed it learns that.",
  await stage.officer("verify", join(reports, first.name)),
  1,
  "✕ Withdrawn",
);

// The second report is corrected.
const corrected = stage.file(reports, `${companyOf(1)}信用报告（更正）.pdf`, reportOf("corrected"));
const supersede = ["supersede", "--reference", second.reference, corrected, "--reason", "content-corrected"];
step(
  "A corrected report takes the place of the second: it is registered first, with its particulars.",
  await stage.officer(...supersede),
  0,
  "registered as entry",
  "supersede",
);
step(
  "The same command again changes nothing.",
  await stage.officer(...supersede, "--json"),
  0,
  '"state": "final"',
);
step("The corrected report stands.", await stage.officer("verify", corrected), 0, "✓ Matches");
step("The old one is replaced.", await stage.officer("verify", join(reports, second.name)), 1, "↷ Replaced");
