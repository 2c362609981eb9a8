/** Assembles both editions of the Tiger Hill sample report. */
import { type Block, fact, left, type Report, table } from "../../report.ts";
import { credit } from "./credit.ts";
import { finance } from "./finance.ts";
import { ownership, profile } from "./profile.ts";
import { closing, enquiries, publicRecord } from "./record.ts";

/** The differences between the two editions. */
interface Edition {
  readonly fileName: string;
  readonly number: string;
  readonly version: string;
  readonly note: string;
  readonly made: Date;
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly blocks: readonly Block[];
  /** Balance of the second loan, in ten thousand yuan. */
  readonly balance: string;
}

const SUBJECT = "深圳虎丘示例精密制造有限公司";
const ORIGINAL = "SZHF-SAMPLE-2026-000117";
const CORRECTED = "SZHF-SAMPLE-2026-000117-G1";

function edition({ fileName, number, version, note, made, ...rest }: Edition): Report {
  return {
    fileName,
    title: `企业信用报告（${note}）：${SUBJECT}`,
    language: "zh-Hans",
    number,
    issuer: "深圳虎符示例征信有限公司",
    made,
    accent: "#1f3a5f",
    cover: {
      heading: "企业信用报告",
      edition: `${note}　版本 ${version}`,
      facts: [
        fact("企业名称", SUBJECT),
        fact("英文名称", "Shenzhen Tiger Hill Sample Precision Manufacturing Co., Ltd."),
        fact("统一社会信用代码", "9144030000SAMPLE01"),
        fact("报告编号", number),
        fact("报告日期", "2026 年 3 月 16 日"),
        fact("信息截止时间", "2026 年 3 月 15 日"),
        ...rest.facts.map(([label, value]) => fact(label, value)),
        fact("出具机构", "深圳虎符示例征信有限公司"),
      ],
      blocks: rest.blocks,
      disclaimer:
        "示例文件：本报告仅供演示和测试使用。报告所载企业、人员、机构、编号、地址、案号和数据均为虚构，不对应任何真实主体，不得作为授信、交易或者其他决策的依据。",
    },
    header: { left: `企业信用报告　${SUBJECT}`, right: `报告编号：${number}` },
    pageLabel: ({ page, pages }) => `第 ${page} 页，共 ${pages} 页`,
    blocks: [
      ...profile,
      ...ownership,
      ...credit(rest.balance),
      ...finance,
      ...publicRecord,
      ...enquiries,
      ...closing,
    ],
  };
}

/** The first edition: the balance of its second loan has two digits swapped; the total is right. */
export const tigerHill = edition({
  fileName: "credit-report-tiger-hill.pdf",
  number: ORIGINAL,
  version: "V1.0",
  note: "标准版",
  made: new Date("2026-03-16T09:30:00+08:00"),
  facts: [],
  blocks: [],
  balance: "1,280.00",
});

const correction = table({
  caption: "更正说明",
  unit: "金额单位：人民币万元",
  columns: [left("更正位置", 30), left("原载", 12), left("更正为", 12), left("更正原因", 30)],
  rows: [
    [
      "表 3-2 第 2 笔“余额”栏（示例第二银行深圳分行，固定资产贷款）",
      "1,280.00",
      "1,208.00",
      "录入时数字倒置；合计数原已按正确余额计算，其余内容未作变动",
    ],
  ],
});

/** The edition that replaces the first. */
export const tigerHillCorrected = edition({
  fileName: "credit-report-tiger-hill-corrected.pdf",
  number: CORRECTED,
  version: "V1.1",
  note: "更正版",
  made: new Date("2026-03-23T14:10:00+08:00"),
  facts: [
    ["更正日期", "2026 年 3 月 23 日"],
    ["替代报告", `${ORIGINAL}（V1.0），自更正日期起停止使用`],
  ],
  blocks: [correction],
  balance: "1,208.00",
});
