/**
 * An operator's Sunday: a backup while the service runs, the loss of its data directory, the restore, the move to PostgreSQL
 * and a renewed certificate. `node scripts/days/operator-sunday.ts`; it exits with 1 where something is not as it should be.
 */
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CERTIFICATES, tlsFiles } from "../../test/support/network/tls.ts";
import { Sunday } from "./operator-stage.ts";

await using day = await Sunday.begin();
const { say, show, must } = day;

say("The service runs behind TLS, with SQLite in its data directory; the chain is elsewhere.");
let service = await day.serve();
show(`${service.url} · ready: ${await service.ready()} · certificate of: ${await service.certificate()}`);

say("The issuer has three documents registered, and each is final.");
show(...(await day.anchor("january", "february", "march")));
must(await day.log(), ["january", "february", "march"]);

say("The backup is made while the service runs, and says that it holds keys.");
const backup = join(day.folder, "backup");
show(...(await day.hufu("backup", backup)));
show(`in ${backup}: ${readdirSync(join(backup, "data")).join(", ")}, and ${readdirSync(backup).join(", ")}`);

say("After the backup two more documents are registered, and one of January's is withdrawn.");
show(...(await day.anchor("april", "may")));
show(...(await day.hufu("revoke", day.file("january"), "--reason", "issued-in-error")));
must(await day.log(), ["january", "february", "march", "april", "may"]);

say("Disaster: the process is killed, and its data directory is gone.");
await service.end("SIGKILL");
rmSync(day.data, { recursive: true });

say("The backup is restored, and says what is not as of now.");
show(...(await day.hufu("restore", backup)));

say("The service starts, and everything is final, once: what came after the backup too.");
service = await day.serve();
show(`ready: ${await service.ready()}`, ...(await day.list()));
must(await day.log(), ["january", "february", "march", "april", "may"]);
must(await day.verdicts("january", "february", "may"), ["revoked", "valid", "valid"]);

say("The issuer runs its whole feed again, with January's correction and June's report: only these are new.");
show(...(await day.anchor("january-corrected", "february", "march", "april", "may", "june")));
must(await day.log(), ["january", "february", "march", "april", "may", "january-corrected", "june"]);

say("The service is stopped, and its database is moved to PostgreSQL.");
must(await service.end("SIGTERM"), 0);
await day.startPostgres();
show(...(await day.hufu("database", "move", "postgresql")));

say("A start without the new setting is refused: the database in the data directory is the one of before.");
show(await day.refusedStart({ HUFU_DATABASE_URL: "" }, "STORE_CHANGED"));

say("With the setting the service has all that it had: documents, withdrawal and API keys.");
service = await day.serve();
must(await day.log(), ["january", "february", "march", "april", "may", "january-corrected", "june"]);
must(await day.verdicts("january", "june"), ["revoked", "valid"]);
show(`ready: ${await service.ready()}`, ...(await day.anchor("july")));

say("From now on the backup names the dump that belongs to it, and refuses to run without the setting.");
show(...(await day.hufu("backup", join(day.folder, "second"))));
show(await day.refused({ HUFU_DATABASE_URL: "" }, "STORE_CHANGED", "backup", join(day.folder, "third")));

say("The certificate is renewed: new files, SIGHUP, and the next connection shows it. Nothing was stopped.");
must(await service.certificate(), "Tiger Tally Sample Operator");
tlsFiles(day.folder, CERTIFICATES.second);
service.signal("SIGHUP");
show(`certificate of: ${await service.certificateOtherThan("Tiger Tally Sample Operator")}`);
must(await service.certificate(), "Harbour Lantern Sample Operator");

say(
  "A certificate that does not fit its key is refused in the log, and the service goes on with the one it has.",
);
writeFileSync(join(day.folder, "key.pem"), CERTIFICATES.first.key);
service.signal("SIGHUP");
show(await service.logged("tls files not read"));
must(await service.certificate(), "Harbour Lantern Sample Operator");
must(await day.verdicts("january", "july"), ["revoked", "valid"]);

say("That was Sunday: nothing lost, nothing twice.");
must(await service.end("SIGTERM"), 0);
