/** Tests that the page shows names with invisible characters by their code points. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { readKey } from "../../src/chain/keys/signers.ts";
import { JsonRpc } from "../../src/chain/rpc/rpc.ts";
import { wordsIn } from "../../src/words/index.ts";
import { answerOf, give, untilVerdictShown } from "../support/browser/browser.ts";
import { anchorFiles, report } from "../support/browser/page-stage.ts";
import { startedSite } from "../support/browser/site.ts";
import { RECORDED, sendRaw } from "../support/contract/raw-texts.ts";

const site = startedSite();
const { page: texts } = wordsIn("en");

it("names of the registry and of files are shown with their invisible characters", async () => {
  const { folder, credentialsFile } = site.service;
  const governor = await readKey(join(folder, "data", "chain", "keys", "deployer.key"));
  const { rpc, registry } = credentialsFile;
  const stage = { rpc: new JsonRpc(rpc), registry: registry as `0x${string}` };
  const [, amend] = RECORDED["InstitutionRegistered.nameEn"] ?? [];
  if (amend === undefined) throw new RangeError("no call");
  await sendRaw(stage, governor, amend(Buffer.from("Bank\u202egnp\u0000\u200b"), 1));
  const file = { ...report("hostile"), name: "re\u202efdp.exe" };
  await anchorFiles(site.service, [file]);
  await using visited = await site.open();
  const { page } = visited;
  await give(page, [file]);
  await untilVerdictShown(page, "valid");
  const shown = await answerOf(page).innerText();
  expect(shown).toContain(String.raw`Bank\u{202E}gnp`);
  expect(shown).toContain(String.raw`\u{200B}`);
  expect(shown).toContain(String.raw`re\u{202E}fdp.exe`);
  expect(await page.locator("body").innerText()).not.toMatch(/[\u202e\u200b\u0000]/);
  await page.locator("summary").filter({ hasText: texts.sent.title }).click();
  expect(await page.locator("pre").first().innerText()).toMatch(/^POST \S+\n/);
  expect(visited.errors).toEqual([]);
});
