/**
 * A clerk's morning at the bank: a bundle by mail, a receipt on bad terms, a customer's own ZIP, the network gone, and a certificate for
 * the file. `node scripts/days/clerk-morning.ts`; it exits with 1 where something is not as it should be. Needs Chromium.
 */
import { Morning, asTyped, quotedByMail, zippedByCustomer } from "./clerk-stage.ts";

await using day = await Morning.begin();
const { say, show, must } = day;

say("In Shenzhen an officer registers three credit reports, and sends each customer a bundle.");
const zhang = await day.issue("张三 报告.pdf");
const chan = await day.issue('Chan: "final" <2>.pdf');
const li = await day.issue("aux.pdf");
show(zhang.bundle, chan.bundle, li.bundle);

say("The clerk opens the page, which the browser keeps for the time when there is no network.");
await day.openPage();

say(
  "The first bundle came by mail; it is dropped as it is, and its document is verified by the receipt in it.",
);
must(await day.drop([zhang.bundle]), "valid");
show(await day.answer());

say("The READ-ME names the issuer, and the address where the bundle can be checked.");
must(zhang.readMe.includes("Tiger Tally") && zhang.readMe.includes(day.url), true);

say(
  "The second customer copied her receipt out of a mail that quotes it: marks, CRLF, a byte order mark, blank lines.",
);
must(await day.drop([chan.document, day.file("receipt.txt", quotedByMail(chan.receipt))]), "valid");

say("The third packed his file and receipt into a ZIP of his own, with a letter.");
must(await day.drop([day.file("for the bank.zip", zippedByCustomer(li))]), "valid");
must(await day.notLookedAt(), "letter.txt");

say("One report was saved again on the way, within its bundle: that is no match, and no forgery is claimed.");
must(await day.drop([day.file("again.zip", day.savedAgain(zhang.bundle))]), "fault");
must(await day.code(), "DOCUMENT_MISMATCH");

say("The network goes. The page is opened again from what the browser kept, and is set to offline.");
const statement = await day.statement(zhang);
await day.loseNetwork();

say(
  "With the bank's own trust list the bundle is verified all the same: registered, and its status is not known.",
);
must(await day.drop([day.policy, zhang.bundle]), "registered");

say("The statement that came by mail, with a byte order mark and CRLF, adds that it stood as of its time.");
must(await day.drop([day.file("status.json", asTyped(statement))]), "valid");
show(await day.answer());
must(day.requestsSince(), []);

say("The certificate is printed for the file: one page, with result, issuer and document.");
const printed = await day.print();
must(printed.pages, 1);
for (const named of ["Matches", "Tiger Tally", "张三 报告.pdf"]) must(printed.text.includes(named), true);

say(
  "The bank's evening run does the same on the command line, without a service: the bundle, and what was unpacked of it.",
);
must(await day.hufu("verify", zhang.bundle, "--policy", day.policy), 3);
must(await day.hufu("verify", ...day.unpacked(chan.bundle), "--policy", day.policy), 3);

say("A ZIP made to mislead, whose directory names another file than its data do, is not opened.");
must(await day.hufu("verify", day.file("odd.zip", day.misleading(li)), "--policy", day.policy), 2);
