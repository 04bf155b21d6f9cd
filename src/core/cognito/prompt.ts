/** What the person has to enter next. */
export type Prompt =
  | { readonly kind: "password"; readonly username: string }
  | { readonly kind: "totp"; readonly username: string }
  | {
      readonly kind: "enrolTotp";
      readonly username: string;
      /** Base32, as an authenticator app takes it. */
      readonly secret: string;
      /** otpauth:// URI (Key Uri Format), for the QR code. */
      readonly uri: string;
    }
  | { readonly kind: "newPassword"; readonly username: string; readonly requiredAttributes: readonly string[] }
  /** A code was mailed to confirm the account. */
  | { readonly kind: "confirmAccount"; readonly username: string; readonly destination?: string }
  /** An administrator reset the password: a code was mailed; it is asked for together with a new password. */
  | { readonly kind: "resetPassword"; readonly username: string; readonly destination?: string };

/** What the person entered. Never logged. */
export type Answer =
  | { readonly kind: "password"; readonly password: string }
  | { readonly kind: "totp"; readonly code: string }
  | { readonly kind: "enrolTotp"; readonly code: string }
  | { readonly kind: "newPassword"; readonly password: string; readonly attributes?: Readonly<Record<string, string>> }
  | { readonly kind: "confirmAccount"; readonly code: string }
  | { readonly kind: "resetPassword"; readonly code: string; readonly password: string }
  /** Send the mailed code of confirmAccount or resetPassword again. */
  | { readonly kind: "resend" };
