import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort, type StartOrigin, startProcess } from "./origin.ts";

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });

/** nginx, in the foreground, as this user, with all of its files in a folder of its own. */
export const nginx: StartOrigin = async ({ folder, certificateFile, keyFile, versions }) => {
  const home = mkdtempSync(join(tmpdir(), "faultwire-nginx-"));
  const port = await freePort();
  const kept = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const config = `
daemon off;
master_process off;
pid ${home}/pid;
error_log stderr warn;
events {}
http {
  access_log off;
  ${kept.map((name) => `${name}_temp_path ${home}/${name};`).join("\n  ")}
  client_max_body_size 0;
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${certificateFile};
    ssl_certificate_key ${keyFile};
    ssl_protocols ${versions.map((version) => `TLSv${version}`).join(" ")};
    root ${folder};
    location / {
      dav_methods PUT;
      default_type application/octet-stream;
    }
  }
}
`;
  const configFile = join(home, "nginx.conf");
  writeFileSync(configFile, config);
  const server = startProcess(["nginx", "-e", "stderr", "-p", home, "-c", configFile]);
  while (!(await listens(port))) {
    const words = await Promise.race([server.ended, pause(20)]);
    if (words !== undefined) throw new Error(`nginx ended: ${words}`);
  }
  return {
    port,
    async close() {
      await server.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
};
