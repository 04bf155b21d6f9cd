/** One constant text: the content security policy names it by its hash. */
export const style = `
:root { color-scheme: light; --ink: #14212b; --faint: #5b6b78; --line: #8a98a5; --accent: #0b57b7; --bad: #a3160f; }
* { box-sizing: border-box; }
html { font: 16px/1.5 system-ui, "Noto Sans", "Noto Sans CJK JP", "Hiragino Sans", "Yu Gothic UI", sans-serif; }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; color: var(--ink);
  background: linear-gradient(135deg, #dfe9fb 0%, #f3eefb 55%, #e2f3f6 100%); }
.emulator { margin: 0; padding: .4rem 1rem; text-align: center; font-size: .8125rem; color: #fff;
  background: repeating-linear-gradient(135deg, #3a3f4b 0 14px, #454b59 14px 28px); }
main { margin: auto; width: 100%; max-width: 27rem; padding: 1.5rem 1rem; }
.card { padding: 2rem; background: #fff; border-radius: 1rem; box-shadow: 0 10px 40px rgb(20 33 43 / 14%); }
h1 { margin: 0 0 .4rem; font-size: 1.5rem; line-height: 1.25; }
h1, p, li { word-break: auto-phrase; }
.lead { margin: 0 0 1.25rem; color: var(--faint); overflow-wrap: anywhere; }
label { display: block; margin: 1rem 0 .3rem; font-weight: 600; font-size: .9rem; }
input { width: 100%; padding: .6rem .75rem; font: inherit; border: 1px solid var(--line); border-radius: .5rem; background: #fff; color: inherit; }
input[aria-invalid=true] { border-color: var(--bad); }
.code { font-size: 1.25rem; letter-spacing: .3em; font-variant-numeric: tabular-nums; }
button { width: 100%; margin-top: 1.5rem; padding: .7rem; font: inherit; font-weight: 600; color: #fff; background: var(--accent);
  border: 0; border-radius: 1.5rem; cursor: pointer; }
button:hover { background: #084693; }
:focus-visible { outline: 3px solid #f0a020; outline-offset: 2px; }
.alert { margin: 1rem 0 0; padding: .7rem .9rem; color: var(--bad); background: #fdeeed; border: 1px solid #e3a19d; border-radius: .5rem; }
.hint { margin: .35rem 0 0; font-size: .85rem; color: var(--faint); }
.qr { display: block; width: 13rem; height: 13rem; margin: 1rem auto; background: #fff; border: 1px solid #d5dde4; border-radius: .5rem; }
.key { display: block; margin: .3rem 0 0; padding: .6rem .75rem; font: .95rem/1.6 ui-monospace, "DejaVu Sans Mono", monospace; background: #f2f5f8;
  border-radius: .5rem; overflow-wrap: anywhere; user-select: all; }
ol { margin: .75rem 0 0; padding-left: 1.25rem; } li + li { margin-top: .75rem; }
.again { display: inline-block; margin-top: 1.25rem; color: var(--accent); }
.pool { margin: 1rem 0 0; text-align: center; font-size: .8rem; color: var(--faint); }
@media (prefers-reduced-motion: no-preference) { button { transition: background .15s; } }
`;
