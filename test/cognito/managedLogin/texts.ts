/** The pages' texts. Cognito speaks more languages than the emulator; any other one is answered in English. */
import type { ServiceError } from "../errors.ts";

export type Language = "en" | "ja";

const english = {
  emulator: "Emulator of Amazon Cognito managed login – for tests only, not AWS",
  signIn: "Sign in",
  signInLead: "Sign in to your account",
  email: "Email address",
  username: "Username",
  password: "Password",
  enterCode: "Enter code",
  enterCodeLead: "Open your authenticator app and enter the code that it shows.",
  code: "Code",
  setUp: "Set up an authenticator app",
  scan: "Scan this QR code with an authenticator app.",
  qrCode: "QR code for an authenticator app; the key stands below as text",
  key: "Or enter this key by hand:",
  typeCode: "Then enter the code that the app shows.",
  newPassword: "Change your password",
  newPasswordLead: "Your password is temporary. Choose a new one.",
  newPasswordField: "New password",
  repeatPassword: "Repeat the new password",
  continue: "Continue",
  startOver: "Start over",
  pool: "User pool",
  errorTitle: "An error was encountered with the requested page.",
  unavailable: "Login pages unavailable",
  unavailableLead: "Please contact an administrator.",
  forged: "This form was not sent from this page, or cookies are off. Go back and try again.",
  wrongPassword: "Incorrect username or password.",
  unknownUser: "User does not exist.",
  locked: "Password attempts exceeded",
  disabled: "User is disabled.",
  unconfirmed: "User is not confirmed.",
  reset: "Password reset required for the user",
  temporaryExpired: "Temporary password has expired and must be reset by an administrator.",
  expired: "Your session has expired. Please sign in again.",
  wrongCode: "Invalid code or auth state for the user.",
  usedCode: "Your software token has already been used once.",
  different: "The passwords do not match.",
  short: "Password not long enough",
  noLowercase: "Password must have lowercase characters",
  noUppercase: "Password must have uppercase characters",
  noNumeric: "Password must have numeric characters",
  noSymbol: "Password must have symbol characters",
  usedPassword: "Password has previously been used",
  failed: "Something went wrong. Please try again.",
};

export type TextKey = keyof typeof english;
export type Texts = Readonly<Record<TextKey, string>>;

const japanese: Texts = {
  emulator: "Amazon Cognito マネージドログインのエミュレーター – テスト専用です (AWS ではありません)",
  signIn: "サインイン",
  signInLead: "アカウントにサインインしてください",
  email: "E メールアドレス",
  username: "ユーザー名",
  password: "パスワード",
  enterCode: "コードを入力",
  enterCodeLead: "認証アプリを開き、表示されているコードを入力してください。",
  code: "コード",
  setUp: "認証アプリを設定",
  scan: "認証アプリでこの QR コードを読み取ってください。",
  qrCode: "認証アプリ用の QR コード (キーは下に文字でも表示されています)",
  key: "または、このキーを手動で入力してください:",
  typeCode: "アプリに表示されたコードを入力してください。",
  newPassword: "パスワードを変更",
  newPasswordLead: "現在のパスワードは一時的なものです。新しいパスワードを設定してください。",
  newPasswordField: "新しいパスワード",
  repeatPassword: "新しいパスワード (確認)",
  continue: "続行",
  startOver: "最初からやり直す",
  pool: "ユーザープール",
  errorTitle: "リクエストされたページでエラーが発生しました。",
  unavailable: "ログインページを利用できません",
  unavailableLead: "管理者にお問い合わせください。",
  forged: "このフォームはこのページから送信されていないか、Cookie が無効です。戻ってもう一度お試しください。",
  wrongPassword: "ユーザー名またはパスワードが正しくありません。",
  unknownUser: "ユーザーが存在しません。",
  locked: "パスワードの試行回数が上限を超えました。しばらくしてからもう一度お試しください。",
  disabled: "このユーザーは無効になっています。",
  unconfirmed: "ユーザーが確認されていません。",
  reset: "パスワードのリセットが必要です。",
  temporaryExpired: "一時パスワードの有効期限が切れました。管理者によるリセットが必要です。",
  expired: "セッションの有効期限が切れました。もう一度サインインしてください。",
  wrongCode: "コードが正しくありません。",
  usedCode: "このコードはすでに使用されています。次のコードを入力してください。",
  different: "パスワードが一致しません。",
  short: "パスワードが短すぎます。",
  noLowercase: "パスワードには小文字が必要です。",
  noUppercase: "パスワードには大文字が必要です。",
  noNumeric: "パスワードには数字が必要です。",
  noSymbol: "パスワードには記号が必要です。",
  usedPassword: "以前に使用したパスワードは使用できません。",
  failed: "問題が発生しました。もう一度お試しください。",
};

export const texts: Readonly<Record<Language, Texts>> = { en: english, ja: japanese };

const byMessage: readonly (readonly [string, TextKey])[] = [
  ["Incorrect username or password.", "wrongPassword"],
  ["User does not exist.", "unknownUser"],
  ["Password attempts exceeded", "locked"],
  ["User is disabled.", "disabled"],
  ["Temporary password has expired", "temporaryExpired"],
  ["Invalid session", "expired"],
  ["not long enough", "short"],
  ["lowercase", "noLowercase"],
  ["uppercase", "noUppercase"],
  ["numeric", "noNumeric"],
  ["symbol", "noSymbol"],
];
const byType: Readonly<Record<string, TextKey>> = {
  PasswordHistoryPolicyViolationException: "usedPassword",
  UserNotConfirmedException: "unconfirmed",
  PasswordResetRequiredException: "reset",
  CodeMismatchException: "wrongCode",
  EnableSoftwareTokenMFAException: "wrongCode",
  ExpiredCodeException: "usedCode",
};

/** What a page says about an error of the API. */
export function describeError({ type, message }: ServiceError): TextKey {
  return byType[type] ?? byMessage.find(([part]) => message.includes(part))?.[1] ?? "failed";
}
