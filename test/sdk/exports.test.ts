/** What programs import is described: every export of the SDK's entries, and every member of what they export. */
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { SOURCES } from "../support/sdk/examples.ts";

const ROOT = join(import.meta.dirname, "../..");
const entries = [...SOURCES.values()].map((path) => join(ROOT, path));
const config = ts.getParsedCommandLineOfConfigFile(
  join(ROOT, "tsconfig.json"),
  {},
  {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: () => undefined,
  },
);
const program = ts.createProgram(entries, config?.options ?? {});
const checker = program.getTypeChecker();

/** The exports of an entry, by name, as they are declared. */
function exportsOf(entry: string): Map<string, ts.Symbol> {
  const source = program.getSourceFile(entry);
  const symbol = source && checker.getSymbolAtLocation(source);
  const found = symbol === undefined ? [] : checker.getExportsOfModule(symbol);
  return new Map(
    found.map((each) => [
      each.name,
      each.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(each) : each,
    ]),
  );
}

function isDescribed(symbol: ts.Symbol): boolean {
  const tags = symbol.getJsDocTags(checker);
  return symbol.getDocumentationComment(checker).length > 0 || tags.length > 0;
}

describe.each(entries)("%s", (entry) => {
  const all = [...exportsOf(entry)];

  it("every export has a doc comment", () => {
    expect(all.length).toBeGreaterThan(20);
    expect(all.filter(([, symbol]) => !isDescribed(symbol)).map(([name]) => name)).toEqual([]);
  });

  it("every public method of an exported class has a doc comment", () => {
    const methods = all.flatMap(([name, { members }]) =>
      [...(members?.values() ?? [])]
        .filter(({ flags, name: member }) => flags & ts.SymbolFlags.Method && !/^__|#/.test(member))
        .map((member) => ({ name: `${name}.${member.name}`, member })),
    );
    expect(methods.length).toBeGreaterThan(5);
    expect(methods.filter(({ member }) => !isDescribed(member)).map(({ name }) => name)).toEqual([]);
  });
});
