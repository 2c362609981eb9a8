/** Builds the page at `/` where a source of it has changed: `npm run build:page`. */
import { openPage } from "../src/main/page.ts";

for (const { path, bytes } of await openPage()) console.log(`${path}  ${bytes.length} bytes`);
