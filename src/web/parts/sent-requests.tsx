/** Lists every request that was sent for a file, with all its bytes. */
import type { JSX } from "preact";
import { fill } from "../../words/fill.ts";
import type { SentRequest } from "../../sdk/http/send-log.ts";
import { usePageContext } from "../page-context.ts";

export function SentRequests({ requests }: { requests: readonly SentRequest[] }): JSX.Element {
  const { sent } = usePageContext().words.page;
  if (requests.length === 0) return <p>{sent.nothing}</p>;
  const bytes = requests.reduce((sum, request) => sum + request.bytes, 0);
  return (
    <>
      <p>{fill(sent.total, { count: requests.length, bytes })}</p>
      {requests.map((request, i) => (
        <pre key={i} tabIndex={0} lang="en">
          {linesOf(request).map((line, at) => (
            <div key={at}>{line === "" ? <br /> : line}</div>
          ))}
        </pre>
      ))}
    </>
  );
}

function linesOf({ method, url, headers, body }: SentRequest): string[] {
  const lines = [`${method} ${url}`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  return body === "" ? lines : [...lines, "", ...body.split("\n")];
}
