/** Assembles the Kapok sample report. */
import { fact, type Report } from "../../report.ts";
import { credit } from "./credit.ts";
import { finance, trade } from "./finance.ts";
import { profile } from "./profile.ts";
import { closing, publicRecord } from "./record.ts";

const NUMBER = "GZMM-SAMPLE-2026-03-0088";
const SUBJECT = "佛山榕荫示例纺织科技有限公司";

export const kapok: Report = {
  fileName: "credit-report-kapok.pdf",
  title: `企业信用报告 Enterprise Credit Report：${SUBJECT}`,
  language: "zh-Hans",
  number: NUMBER,
  issuer: ["广州木棉示例征信有限公司", "Guangzhou Kapok Sample Credit Reporting Co., Ltd."],
  made: new Date("2026-03-05T16:20:00+08:00"),
  accent: "#8a2b23",
  cover: {
    heading: ["企业信用报告", "Enterprise Credit Report"],
    edition: "中英文标题版　Edition with bilingual headings",
    facts: [
      fact(["企业名称", "Name of enterprise"], SUBJECT),
      fact(["英文名称", "English name"], "Foshan Banyan Shade Sample Textile Technology Co., Ltd."),
      fact(["统一社会信用代码", "Unified social credit code"], "9144060000SAMPLE02"),
      fact(["报告编号", "Report number"], NUMBER),
      fact(["报告日期", "Date of report"], "2026 年 3 月 5 日"),
      fact(["查询目的", "Purpose"], "跨境贸易资信核验"),
    ],
    blocks: [],
    disclaimer:
      "示例文件：本报告仅供演示和测试使用，所载企业、人员、机构、编号、地址和数据均为虚构，不对应任何真实主体。\nSample document: every company, person, institution, number, address and figure in this report is invented.",
  },
  header: { left: `企业信用报告　${SUBJECT}`, right: `报告编号 Report no. ${NUMBER}` },
  pageLabel: ({ page, pages }) => `第 ${page} 页，共 ${pages} 页`,
  blocks: [...profile, ...credit, ...finance, ...trade, ...publicRecord, ...closing],
};
