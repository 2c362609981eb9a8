/** Fills the placeholders of a text. */

/**
 * Replaces the placeholders of a text by values; one without a value stays, so that a test finds it. Of `{count:one|many}` the
 * first form stands where the value is 1, else the second.
 */
export function fill(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replace(
    /\{(\w+)(?::([^|{}]*)\|([^|{}]*))?\}/g,
    (place, name: string, one?: string, many?: string) => {
      const value = values[name];
      if (value === undefined) return place;
      return (one === undefined ? undefined : String(value) === "1" ? one : many) ?? String(value);
    },
  );
}
