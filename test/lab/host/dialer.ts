// Runs in the host's network namespace: the way to ports of its loopback. Argument: the Unix socket to listen on. Ends with its parent.
import { listenForDialers } from "./dial.ts";

const [path = ""] = process.argv.slice(2);
process.stdin.on("close", () => process.exit(0)).resume();
await listenForDialers(path);
process.stdout.write("ready\n");
