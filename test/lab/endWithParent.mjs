// Preloaded into what run.mjs starts: whoever kills the parent too hard for it to pass the signal on leaves no orphan.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, "SIGTERM");
}, 500).unref();
