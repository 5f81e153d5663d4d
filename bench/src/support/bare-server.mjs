// The least that a server of the host can be: `bare-server.mjs READY_FILE`.
import { writeFileSync } from "node:fs";
import { createServer } from "node:http2";

createServer().listen(0, "127.0.0.1", () => writeFileSync(process.argv[2], "ready"));
process.on("SIGTERM", () => process.exit());
