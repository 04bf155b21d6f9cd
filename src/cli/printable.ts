/** Text from elsewhere (a user pool, a token) without control characters: on a terminal they could move the cursor or worse. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, "");
}
