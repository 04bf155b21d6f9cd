/** An error that AWS answers: its type goes into `__type` and `x-amzn-errortype`, as the SDKs read it. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  readonly type: string;
  readonly status: number;

  constructor(type: string, message: string, status = 400) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

export const notAuthorized = (message: string) => new ServiceError("NotAuthorizedException", message);
export const invalidParameter = (message: string) => new ServiceError("InvalidParameterException", message);
export const notFound = (message: string) => new ServiceError("ResourceNotFoundException", message);
export const userNotFound = () => new ServiceError("UserNotFoundException", "User does not exist.");
/** Cognito does not say which of the two is wrong. */
export const wrongPassword = () => notAuthorized("Incorrect username or password.");
export const attemptLimit = () =>
  new ServiceError("LimitExceededException", "Attempt limit exceeded, please try after some time.");
