import type { TerminalCredentials } from "../platform/settings.ts";

export interface TerminalInput {
  readonly mode: TerminalCredentials;
  readonly endpoint?: { readonly uri: string; readonly tokenFile: string } | undefined;
  readonly region?: string | undefined;
  /** Absolute path of the Node that runs `gatehouse`. */
  readonly node: string;
  /** Absolute path of the directory with `gatehouse`. */
  readonly bin: string;
  /** What stands between the parts of PATH. */
  readonly delimiter: string;
}

export interface Variable {
  readonly name: string;
  readonly value: string;
  readonly how: "replace" | "prepend";
}

/**
 * What terminals get. Never a secret: the collection passes through the browser. One full URI and one token file, because botocore
 * and the JavaScript SDK disagree about which of two of a kind wins.
 */
export function terminalVariables(input: TerminalInput): Variable[] {
  const replace = (name: string, value: string): Variable => ({ name, value, how: "replace" });
  const variables: Variable[] = [
    replace("GATEHOUSE_NODE", input.node),
    { name: "PATH", value: `${input.bin}${input.delimiter}`, how: "prepend" },
  ];
  if (input.mode === "off") return variables;
  // botocore and version 1 of the AWS CLI know only the second name.
  if (input.region !== undefined)
    variables.push(replace("AWS_REGION", input.region), replace("AWS_DEFAULT_REGION", input.region));
  if (input.mode === "endpoint" && input.endpoint !== undefined)
    variables.push(
      replace("AWS_CONTAINER_CREDENTIALS_FULL_URI", input.endpoint.uri),
      replace("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", input.endpoint.tokenFile),
    );
  return variables;
}
