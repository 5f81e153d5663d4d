const singleQuoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
// fish knows \' inside single quotes, POSIX shells don't; PowerShell doubles the quote.
const fishQuoted = (text: string): string => `'${text.replaceAll(/['\\]/g, "\\$&")}'`;
const powershellQuoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
// What dotenv, Docker Compose and systemd agree on is little: double quotes, backslash before " and \.
const dotenvQuoted = (text: string): string =>
  /^[\w./:-]*$/.test(text) ? text : `"${text.replaceAll(/["\\$]/g, "\\$&")}"`;

type Variables = Readonly<Record<string, string>>;

const perLine =
  (line: (name: string, value: string) => string) =>
  (variables: Variables): string =>
    Object.entries(variables)
      .map(([name, value]) => `${line(name, value)}\n`)
      .join("");

/** A shell or a file format that variables can be written for. */
export type EnvFormat = "sh" | "fish" | "powershell" | "dotenv" | "json";

/** How `faultwire ca env` writes variables. */
export const envFormats: Readonly<Record<EnvFormat, (variables: Variables) => string>> = {
  sh: perLine((name, value) => `export ${name}=${singleQuoted(value)}`),
  fish: perLine((name, value) => `set -gx ${name} ${fishQuoted(value)}`),
  powershell: perLine((name, value) => `$env:${name} = ${powershellQuoted(value)}`),
  dotenv: perLine((name, value) => `${name}=${dotenvQuoted(value)}`),
  json: (variables) => `${JSON.stringify(variables, undefined, 2)}\n`,
};
