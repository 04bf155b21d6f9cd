/**
 * What a `credential_process` prints: version 1 of the format in the AWS SDKs' guide,
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 *
 * Without Expiration an SDK would never ask again (botocore), so it is never left out.
 */
export interface ProcessCredentialsOutput {
  readonly Version: 1;
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken: string;
  /** ISO 8601. */
  readonly Expiration: string;
}

/** The agent's credentials in the format of `credential_process`. */
export function processCredentials(credentials: Omit<ProcessCredentialsOutput, "Version">): ProcessCredentialsOutput {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = credentials;
  return { Version: 1, AccessKeyId, SecretAccessKey, SessionToken, Expiration };
}

/**
 * Arguments as a `credential_process` value. The SDKs read it differently (botocore splits like a shell, the JavaScript SDK
 * hands it to one), so an argument that needs quoting goes in double quotes, and what means something inside those is refused.
 *
 * @throws RangeError naming the argument that can't be written so that every SDK reads the same.
 */
export function processCommand(argv: readonly string[]): string {
  return argv
    .map((argument) => {
      if (/^[\w@%+=:,./-]+$/.test(argument)) return argument;
      if (argument === "" || /["\\$`!\p{Cc}]|\s[#;]/u.test(argument)) throw new RangeError(argument);
      return `"${argument}"`;
    })
    .join(" ");
}
