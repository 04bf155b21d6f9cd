/** The pages: HTML without script, usable with a keyboard and a screen reader. */
import { qrCode } from "../../../src/core/qrCode.ts";
import { qrPath } from "../../../src/core/qrPath.ts";
import { style } from "./style.ts";
import { type Language, type TextKey, texts } from "./texts.ts";

export interface Frame {
  readonly language: Language;
  /** Shown at the foot, so that nobody wonders which pool they are in. */
  readonly poolName: string;
}

export interface Form extends Frame {
  /** Path and query that the form is sent to. */
  readonly action: string;
  readonly csrf: string;
  readonly error?: TextKey | undefined;
}

/** User name and password. */
export function loginPage(form: Form & { readonly typed?: string | undefined; readonly byEmail: boolean }): string {
  const t = texts[form.language];
  return formPage(form, t.signIn, {
    lead: t.signInLead,
    button: t.signIn,
    buttonName: "signInSubmitButton",
    fields: [
      field("username", form.byEmail ? t.email : t.username, {
        autocomplete: "username",
        value: form.typed ?? "",
        type: form.byEmail ? "email" : "text",
        focus: form.typed === undefined,
        invalid: form.error !== undefined,
      }),
      field("password", t.password, {
        type: "password",
        autocomplete: "current-password",
        focus: form.typed !== undefined,
        invalid: form.error !== undefined,
      }),
    ],
  });
}

/** The code of an authenticator. */
export function codePage(form: Form & { readonly restart: string }): string {
  const t = texts[form.language];
  return formPage(form, t.enterCode, {
    lead: t.enterCodeLead,
    button: t.continue,
    fields: [codeField(form)],
    restart: form.restart,
  });
}

export function enrolmentPage(
  form: Form & { readonly restart: string; readonly secret: string; readonly uri: string },
): string {
  const t = texts[form.language];
  const modules = qrCode(form.uri);
  const size = modules.length + 8;
  return formPage(form, t.setUp, {
    button: t.continue,
    restart: form.restart,
    fields: [
      `<ol><li>${escapeHtml(t.scan)}
<svg class="qr" role="img" aria-label="${escapeHtml(t.qrCode)}" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"><path d="${qrPath(modules)}"/></svg>
${escapeHtml(t.key)} <code class="key">${escapeHtml(form.secret)}</code></li>
<li>${escapeHtml(t.typeCode)}</li></ol>`,
      codeField(form),
    ],
  });
}

export function newPasswordPage(
  form: Form & { readonly restart: string; readonly typed: string; readonly attributes: readonly string[] },
): string {
  const t = texts[form.language];
  const invalid = form.error !== undefined;
  return formPage(form, t.newPassword, {
    lead: t.newPasswordLead,
    button: t.continue,
    restart: form.restart,
    fields: [
      // For password keepers: whose password it is.
      `<input type="email" name="username" autocomplete="username" value="${escapeHtml(form.typed)}" hidden readonly>`,
      field("new_password", t.newPasswordField, {
        type: "password",
        autocomplete: "new-password",
        focus: true,
        invalid,
      }),
      field("confirm_password", t.repeatPassword, { type: "password", autocomplete: "new-password", invalid }),
      ...form.attributes.map((name) => field(`attribute.${name}`, name, { autocomplete: "off" })),
    ],
  });
}

export function errorPage(frame: Frame, title: TextKey, detail: string): string {
  const t = texts[frame.language];
  return page(
    frame,
    t[title],
    `<h1>${escapeHtml(t[title])}</h1><p class="lead" role="alert">${escapeHtml(detail)}</p>`,
  );
}

interface Parts {
  readonly lead?: string;
  readonly button: string;
  readonly buttonName?: string;
  readonly fields: readonly string[];
  /** Where signing in begins anew. */
  readonly restart?: string;
}

function formPage(form: Form, title: string, parts: Parts): string {
  const t = texts[form.language];
  const lead = parts.lead === undefined ? "" : `<p class="lead">${escapeHtml(parts.lead)}</p>`;
  const error =
    form.error === undefined ? "" : `<p class="alert" role="alert" id="error">${escapeHtml(t[form.error])}</p>`;
  const name = parts.buttonName === undefined ? "" : ` name="${parts.buttonName}"`;
  const restart =
    parts.restart === undefined
      ? ""
      : `<a class="again" href="${escapeHtml(parts.restart)}">${escapeHtml(t.startOver)}</a>`;
  return page(
    form,
    title,
    `<h1>${escapeHtml(title)}</h1>${lead}${error}
<form method="post" action="${escapeHtml(form.action)}">
<input type="hidden" name="_csrf" value="${escapeHtml(form.csrf)}">
${parts.fields.join("\n")}
<button type="submit"${name}>${escapeHtml(parts.button)}</button>
</form>${restart}`,
  );
}

interface FieldOptions {
  readonly type?: string;
  readonly autocomplete: string;
  readonly value?: string;
  readonly focus?: boolean;
  readonly invalid?: boolean;
  readonly more?: string;
}

function field(name: string, label: string, options: FieldOptions): string {
  const { type = "text", autocomplete, value = "", focus = false, invalid = false, more = "" } = options;
  const described = invalid ? ' aria-invalid="true" aria-describedby="error"' : "";
  return `<label for="${escapeHtml(name)}">${escapeHtml(label)}</label>
<input id="${escapeHtml(name)}" name="${escapeHtml(name)}" type="${type}" autocomplete="${autocomplete}" value="${escapeHtml(value)}" required${focus ? " autofocus" : ""}${described}${more}>`;
}

function codeField(form: Form): string {
  return field("authentication_code", texts[form.language].code, {
    autocomplete: "one-time-code",
    focus: true,
    invalid: form.error !== undefined,
    more: ' inputmode="numeric" pattern="[0-9]{6}" maxlength="6" class="code"',
  });
}

function page(frame: Frame, title: string, content: string): string {
  const t = texts[frame.language];
  return `<!DOCTYPE html>
<html lang="${frame.language}">
<head><meta charset="utf-8"><title>${escapeHtml(title)}</title><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><style>${style}</style></head>
<body>
<p class="emulator">${escapeHtml(t.emulator)}</p>
<main><div class="card">${content}</div><p class="pool">${escapeHtml(t.pool)}: ${escapeHtml(frame.poolName)}</p></main>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
