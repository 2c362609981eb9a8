/**
 * Works on items in order, up to `count` of them at a time; results come in their order.
 * @throws whatever the work on the next item throws
 */
export async function* ahead<Item, Result>(
  items: Iterable<Item>,
  count: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<readonly [Item, Result]> {
  const waiting: (readonly [Item, Promise<Result>])[] = [];
  const settled = async ([item, result]: (typeof waiting)[number]) => [item, await result] as const;
  for (const item of items) {
    const result = work(item);
    result.catch(() => undefined); // it is thrown where its turn comes, if it comes
    waiting.push([item, result]);
    const first = waiting.length < count ? undefined : waiting.shift();
    if (first !== undefined) yield await settled(first);
  }
  for (const each of waiting) yield await settled(each);
}
