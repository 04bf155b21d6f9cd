/** A message that Cognito would have sent by e-mail. */
export interface Message {
  readonly userPoolId: string;
  /** The user's name in the pool (the sub where people sign in by e-mail). */
  readonly username: string;
  readonly destination: string;
  readonly medium: "EMAIL";
  readonly kind: "invitation" | "confirmation" | "passwordReset";
  /** Confirmation and password reset. */
  readonly code?: string;
  /** Invitation. */
  readonly temporaryPassword?: string;
  /** Milliseconds since 1970, on the emulator's clock. */
  readonly sentAt: number;
}

export interface Outbox {
  put(message: Message): void;
  /** Oldest first; `name` is the user's name or e-mail address, any case. */
  list(name?: string): readonly Message[];
}

export function createOutbox(): Outbox {
  const messages: Message[] = [];
  return {
    put(message) {
      messages.push(message);
    },
    list(name) {
      const wanted = name?.toLowerCase();
      return messages.filter(
        ({ username, destination }) =>
          wanted === undefined || username.toLowerCase() === wanted || destination.toLowerCase() === wanted,
      );
    },
  };
}
