/**
 * The agent as its clients (editor, CLI) see it. Loads neither the AWS SDK nor zod.
 */
export { type AgentClient, type ConnectDependencies, connect, type Disposable } from "./connect.ts";
export { agentEnvironment } from "./environment.ts";
export { connectOrStart, type StartDependencies } from "./launch.ts";
export { type Connection, type KeepDependencies, type KeptConnection, keepConnected } from "./reconnect.ts";
