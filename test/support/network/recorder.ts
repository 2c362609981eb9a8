/** Records every request to a service, as an HTTP proxy, which may change the answers. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Recorder {
  readonly url: string;
  /** Method, path and body of every request. */
  readonly requests: { readonly method: string; readonly path: string; readonly body: string }[];
  /** Changes the text of an answer; undefined = none is changed. */
  lie: ((path: string, answer: string) => string) | undefined;
  close(): Promise<void>;
}

export async function recordTo(service: string): Promise<Recorder> {
  const requests: Recorder["requests"] = [];
  const server = createServer((request, reply) => {
    void (async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of request as AsyncIterable<Uint8Array>) chunks.push(chunk);
      const body = Buffer.concat(chunks).toString("latin1");
      const { method = "", url: path = "", headers } = request;
      requests.push({ method, path, body });
      const { authorization, accept = "" } = headers;
      const answer = await fetch(service + path, {
        method,
        headers: {
          accept,
          "content-type": "application/json",
          ...(authorization === undefined ? {} : { authorization }),
        },
        ...(method === "GET" ? {} : { body }),
      });
      reply.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
      const bytes = Buffer.from(await answer.arrayBuffer());
      reply.end(recorder.lie?.(path, bytes.toString("utf8")) ?? bytes);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const recorder: Recorder = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    lie: undefined,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return recorder;
}
