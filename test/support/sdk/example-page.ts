/** Bundles an example for browsers, and serves it from the origin of a service, as a program's own page would be. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { build } from "vite";

const PAGE = '<!doctype html><html lang="en"><title>example</title><input type="file"></html>';

/** One module with all that it imports. @returns its text */
export async function bundle(path: string, folder: string): Promise<string> {
  await build({
    configFile: false,
    root: folder,
    logLevel: "warn",
    build: {
      target: "es2022",
      outDir: join(folder, "bundle"),
      lib: { entry: path, formats: ["es"], fileName: "example" },
    },
  });
  return readFileSync(join(folder, "bundle", "example.js"), "utf8");
}

export interface ExamplePage extends AsyncDisposable {
  readonly url: string;
}

/** Serves `module` as /example.js; everything else goes to the service. */
export async function serveExample(module: string, service: string): Promise<ExamplePage> {
  const own: Readonly<Record<string, readonly [string, string]>> = {
    "/": ["text/html", PAGE],
    "/example.js": ["text/javascript", module],
  };
  const server = createServer((request, response) => {
    void (async () => {
      const { method = "GET", url = "/" } = request;
      const [type, text] = own[url] ?? [];
      if (type !== undefined) {
        response.writeHead(200, { "content-type": type }).end(text);
        return;
      }
      const chunks: Uint8Array[] = [];
      for await (const chunk of request as AsyncIterable<Uint8Array>) chunks.push(chunk);
      const body = method === "GET" ? {} : { body: Buffer.concat(chunks) };
      const headers = { "content-type": request.headers["content-type"] ?? "text/plain" };
      const answer = await fetch(service + url, { method, headers, ...body });
      response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
      response.end(Buffer.from(await answer.arrayBuffer()));
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
