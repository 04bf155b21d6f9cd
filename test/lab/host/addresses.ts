/** Who is where in the lab. Both networks are those of documentation (RFC 5737, RFC 3849); they exist in the namespaces only. */

export const worldAddress = "198.51.100.1";
export const worldAddress6 = "2001:db8::1";
export const hostAddress = "198.51.100.2";
export const hostAddress6 = "2001:db8::2";

/** Where EC2 has its instance metadata service. */
export const metadataAddress = "169.254.169.254";
export const metadataAddress6 = "fd00:ec2::254";

export const region = "eu-central-1";
export const domain = "ide.gatehouse.localhost";
export const loginDomain = "login.gatehouse.localhost";

/** Names of AWS that the world answers to; all of them reach the emulator, which passes on to moto what is not Cognito's. */
export const awsNames: readonly string[] = [
  ...["cognito-idp", "cognito-identity", "sts", "s3", "ec2", "iam", "logs", "ssm"].map(
    (service) => `${service}.${region}.amazonaws.com`,
  ),
  "sts.amazonaws.com",
  "iam.amazonaws.com",
  "s3.amazonaws.com",
  "route53.amazonaws.com",
];
