/** Holds the invented institutions and document types of the sample directory. */
import type { Profile, Scene } from "../../core/directory.ts";

/** In the order of their ids; those that concern a person are blinded. */
export const SAMPLE_SCENES: readonly Omit<Scene, "id">[] = [
  {
    slug: "enterprise-credit-report",
    names: { en: "Enterprise credit report", "zh-Hans": "企业信用报告", "zh-Hant": "企業信貸報告" },
    blinded: false,
    personal: false,
  },
  {
    slug: "personal-credit-report",
    names: { en: "Personal credit report", "zh-Hans": "个人信用报告", "zh-Hant": "個人信貸報告" },
    blinded: true,
    personal: true,
  },
  {
    slug: "micro-business-credit",
    names: {
      en: "Micro-business credit report",
      "zh-Hans": "小微企业信用报告",
      "zh-Hant": "小微企業信貸報告",
    },
    blinded: true,
    personal: true,
  },
  {
    slug: "kyc-report",
    names: { en: "Know-your-customer report", "zh-Hans": "客户身份识别报告", "zh-Hant": "認識你的客戶報告" },
    blinded: true,
    personal: true,
  },
  {
    slug: "asset-proof",
    names: { en: "Proof of assets", "zh-Hans": "资产证明", "zh-Hant": "資產證明" },
    blinded: true,
    personal: true,
  },
  {
    slug: "bank-statement",
    names: { en: "Bank statement", "zh-Hans": "银行流水", "zh-Hant": "銀行月結單" },
    blinded: true,
    personal: true,
  },
  {
    slug: "tax-income",
    names: { en: "Tax and income certificate", "zh-Hans": "纳税及收入证明", "zh-Hant": "稅務及入息證明" },
    blinded: true,
    personal: true,
  },
  {
    slug: "education-record",
    names: { en: "Education record", "zh-Hans": "学历证明", "zh-Hant": "學歷證明" },
    blinded: true,
    personal: true,
  },
];

const ALL_SCENES = SAMPLE_SCENES.map((_, i) => i + 1);

/** In the order of their ids; the numbers are invented too. */
export const SAMPLE_INSTITUTIONS: readonly Profile[] = [
  {
    roles: ["issuer"],
    scenes: ALL_SCENES,
    jurisdiction: "CN",
    officialNumber: "91440300MA00SAMP01",
    names: {
      en: "Shenzhen Tiger Tally Sample Credit Reporting Co., Ltd.",
      "zh-Hans": "深圳虎符示例征信有限公司",
      "zh-Hant": "深圳虎符示例徵信有限公司",
    },
  },
  {
    roles: ["issuer"],
    scenes: ALL_SCENES,
    jurisdiction: "CN",
    officialNumber: "91440100MA00SAMP02",
    names: {
      en: "Guangzhou Kapok Sample Credit Reporting Co., Ltd.",
      "zh-Hans": "广州木棉示例征信有限公司",
      "zh-Hant": "廣州木棉示例徵信有限公司",
    },
  },
];
