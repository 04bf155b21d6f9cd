/**
 * What only a person's action needs, in a bundle of its own (dist/onDemand.js): the editor reads and compiles dist/extension.js at
 * every start of a window, this only when it is asked for.
 */
export { pickRole, showSession } from "./session/show.ts";
export { signInByBrowser } from "./signIn/browser.ts";
export { runSignIn } from "./signIn/flow.ts";
export { createViews } from "./signIn/views.ts";
export { addProfile, offerProfile } from "./terminal/awsProfile.ts";
export { checkTerminal, warnOfShadows } from "./terminal/check.ts";
