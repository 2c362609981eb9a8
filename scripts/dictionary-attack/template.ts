/** Generates Hong Kong identity card numbers and the page that contains one. */

/** First letters, and the numbers after each. */
const LETTERS = 26;
const NUMBERS = 1_000_000;

/** The number of one-letter Hong Kong identity card numbers. */
export const COUNT: number = LETTERS * NUMBERS;

/** The n-th number, from 0, such as A123456(3): the check digit follows from the rest. */
export function identityNumber(n: number): string {
  const letter = Math.floor(n / NUMBERS);
  const digits = String(n % NUMBERS).padStart(6, "0");
  let sum = 36 * 9 + (letter + 10) * 8; // a space stands before the letter
  for (let i = 0; i < 6; i++) sum += Number(digits[i]) * (7 - i);
  const check = (11 - (sum % 11)) % 11;
  return `${String.fromCharCode(65 + letter)}${digits}(${check === 10 ? "A" : check})`;
}

export function page(number: string): string {
  return `SAMPLE
Shenzhen Tiger Tally Credit Company Limited (invented)
Statement that no credit file exists

To whom it may concern

We have searched our records on 1 November 2026 for the holder of the Hong Kong identity card

    ${number}

and hold no credit file in that name. This statement is given at the holder's request.
`;
}
