// Every suite; they find mocha's globals.
import "./activation.ts";
import "./session.ts";
import "./terminal.ts";
