// Throw-away keys and certificates, made anew for each capture by the openssl command.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const keys = {
  rsa: ["-newkey", "rsa:2048"],
  ecdsa: ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
};

/** Self-signed certificates: `{ rsa, ecdsa, client }`, each with PEM texts and the files that hold them. */
export function makeCertificates(folder) {
  const make = (name, key, subject) => {
    const certFile = join(folder, `${name}.crt`);
    const keyFile = join(folder, `${name}.key`);
    const subjectAltName = "subjectAltName=DNS:localhost,DNS:origin.test,IP:127.0.0.1";
    execFileSync(
      "openssl",
      [
        "req",
        "-x509",
        ...key,
        "-nodes",
        "-days",
        "30",
        "-subj",
        `/CN=${subject}`,
        "-addext",
        subjectAltName,
      ].concat(["-out", certFile, "-keyout", keyFile]),
      { stdio: "pipe" },
    );
    return { certFile, keyFile, cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
  };
  return {
    rsa: make("rsa", keys.rsa, "origin.test"),
    ecdsa: make("ecdsa", keys.ecdsa, "origin.test"),
    client: make("client", keys.ecdsa, "client.test"),
  };
}
