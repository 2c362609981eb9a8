/** Names the columns of tables that people bring, by their headings in three languages. */

/** In every form of width and in either case. */
const HEADINGS = {
  path: [
    "file",
    "文件",
    "文件名",
    "文件路径",
    "档案",
    "檔案",
    "檔名",
    "檔案名稱",
    "檔案路徑",
    "路径",
    "路徑",
  ],
  digest: [
    "sha-256",
    "哈希",
    "哈希值",
    "数据指纹",
    "數據指紋",
    "數碼指紋",
    "数据指纹(哈希值)",
    "數碼指紋(哈希值)",
  ],
  commitment: ["盲化值"],
  scene: [
    "type",
    "类型",
    "類型",
    "類別",
    "场景",
    "場景",
    "类型/场景",
    "類型/場景",
    "文件类型",
    "文件類型",
    "文件類別",
  ],
  valid_until: ["valid until", "有效期至", "有效期", "有效期限", "到期日"],
  reference: ["编号", "編號", "参考编号", "參考編號"],
  state: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Column = keyof typeof HEADINGS;

const COLUMNS: ReadonlyMap<string, Column> = new Map(
  Object.entries(HEADINGS).flatMap(([column, others]) =>
    [column, ...others].map((heading) => [heading, column as Column] as const),
  ),
);

/** Whether a line is the heading of a manifest, and of nothing else. */
export function isManifestHeading(line: string): boolean {
  const columns = line.split(/[,;\t]/).map(columnOf);
  return !columns.includes(undefined) && (columns.includes("path") || columns.includes("digest"));
}

export function columnOf(heading: string): Column | undefined {
  return COLUMNS.get(heading.normalize("NFKC").trim().toLowerCase());
}
