/** Maps items concurrently, and yields the results in the items' order. */

/**
 * @param options.limit of concurrent calls
 * @throws what `map` throws for the next item in order
 */
export async function* mapConcurrently<Item, Result>(
  items: Iterable<Item>,
  { limit, map }: { limit: number; map: (item: Item) => Promise<Result> },
): AsyncGenerator<readonly [Item, Result]> {
  const pending: (readonly [Item, Promise<Result>])[] = [];
  const settled = async ([item, result]: (typeof pending)[number]) => [item, await result] as const;
  for (const item of items) {
    const result = map(item);
    result.catch(() => undefined); // thrown when its turn comes, if it comes
    pending.push([item, result]);
    const first = pending.length < limit ? undefined : pending.shift();
    if (first !== undefined) yield await settled(first);
  }
  for (const each of pending) yield await settled(each);
}
