import { type TrustFiles, trustEnvironment } from "@faultwire/cert-authority";
import { passphraseVariable, trustVariables, withJavaProperties } from "@faultwire/cert-authority/internal";
import { type BaseUrlVariable, proxiedBaseUrl } from "./base-urls.ts";
import { nonProxyHosts, splitNoProxy } from "./no-proxy.ts";
import { javaProxyProperties, nodeOptionsWith } from "./options-variables.ts";
import { Variables } from "./variables.ts";

/** What the environment of a program is made from. Nothing is read but this: no file, no `process.env`. */
export interface RunEnvironmentOptions {
  /** The proxy: `http://127.0.0.1:3180`. */
  readonly proxyUrl: string;
  /** What makes programs trust the CA, from `writeTrustFiles` of `@faultwire/cert-authority`. */
  readonly trust: TrustFiles;
  /** The hosts that requests are to fail for, in lower case; `*` stands for any characters. */
  readonly targets: readonly string[];
  /** The user's own variables. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Default: this machine's. On Windows names of variables have no case, and `;` stands between paths. */
  readonly platform?: NodeJS.Platform;
  /** Absolute path of `@faultwire/node-hook`. Without it Node is led by `NODE_USE_ENV_PROXY` alone. */
  readonly nodeHook?: string;
  /** Absolute path of the folder that holds our `sitecustomize.py`. */
  readonly pythonHook?: string;
  /** The program that is started, as the user names it: some runtimes want a variable that costs others time. */
  readonly program?: string;
  /** Variables that lead SDKs to the proxy by their base URLs, for programs that follow no proxy. Default: none. */
  readonly baseUrls?: readonly BaseUrlVariable[];
}

/** The proxy variables that a user had, under names in upper case. */
export interface UserProxyVariables {
  /** For `http:` URLs. */
  readonly HTTP_PROXY?: string;
  /** For `https:` URLs. */
  readonly HTTPS_PROXY?: string;
  /** For every URL that none of the others is for. */
  readonly ALL_PROXY?: string;
  /** Hosts that are reached without a proxy, with commas between them. */
  readonly NO_PROXY?: string;
}

/** What {@link runEnvironment} makes. */
export interface RunEnvironment {
  /**
   * All variables of the program: the user's, and ours laid over them, without the passphrase of the CA's key
   * (`FAULTWIRE_CA_PASSPHRASE`). For `spawn`.
   */
  readonly environment: Record<string, string>;
  /** The user's own proxies, which our proxy has to go through. A variable that names our proxy is not among them. */
  readonly userProxy: UserProxyVariables;
  /** Sentences about what of the user's was overruled, for people. They hold no value that could be secret. */
  readonly notes: readonly string[];
}

/** Variables that outrank the usual ones in one library each; they are changed only where they are set. */
const outranking: Readonly<Record<string, "proxy" | "no-proxy">> = {
  grpc_proxy: "proxy",
  no_grpc_proxy: "no-proxy",
  GLOBAL_AGENT_HTTP_PROXY: "proxy",
  GLOBAL_AGENT_HTTPS_PROXY: "proxy",
  GLOBAL_AGENT_NO_PROXY: "no-proxy",
};

/** A variable's lower-case name comes first, as curl, Python and Node have it. Go has it the other way round. */
const proxyVariables = ["http_proxy", "https_proxy", "all_proxy"] as const;

/** The user's proxies, but for those that are our own: a run in a run must not go in circles. */
function userProxies(user: Variables, proxyUrl: string): UserProxyVariables {
  const own = new URL(proxyUrl).host;
  const found: Record<string, string> = {};
  for (const name of [...proxyVariables, "no_proxy"]) {
    const value = user.first(name, name.toUpperCase());
    if (value === undefined) continue;
    const isOwn = URL.canParse(value) && new URL(value).host === own;
    if (!isOwn) found[name.toUpperCase()] = value;
  }
  return found;
}

/** Sets a variable under both cases; where names have no case, once. */
function setBothCases(variables: Variables, name: string, value: string, platform: NodeJS.Platform): void {
  variables.set(name.toUpperCase(), value);
  if (platform !== "win32") variables.set(name.toLowerCase(), value);
}

/** Whether a program is Deno or Bun, by its name. */
const isOtherThanNode = (program = ""): boolean =>
  /^(?:deno|bunx?)(?:\.exe)?$/i.test(program.split(/[\\/]/).at(-1) ?? "");

/**
 * Java's options that the user has, and that ours or Java's own order overrule.
 *
 * @param made - `JAVA_TOOL_OPTIONS` of the program. The user's are the same where they are ours, from a shell that was led here.
 */
function javaNotes(user: Variables, made: string | undefined): string[] {
  const isAboutUs = (text = ""): boolean => /-D(https?\.proxy|javax\.net\.ssl\.trustStore)/.test(text);
  const notes: string[] = [];
  const before = user.value("JAVA_TOOL_OPTIONS");
  if (before !== made && isAboutUs(before))
    notes.push(
      "JAVA_TOOL_OPTIONS names a proxy or a trust store of yours. Ours replaces it for the command; certificates that only your trust store has are not trusted.",
    );
  for (const name of ["JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"])
    if (isAboutUs(user.value(name)))
      notes.push(
        `${name} names a proxy or a trust store. Java prefers it to ours, so Java programs may go round Faultwire.`,
      );
  return notes;
}

/**
 * The environment in which a program and the programs that it starts send requests through the proxy and trust its CA.
 *
 * @throws TypeError where `proxyUrl` is no URL
 * @example spawn("python3", ["agent.py"], { env: runEnvironment(options).environment, stdio: "inherit" });
 */
export function runEnvironment(options: RunEnvironmentOptions): RunEnvironment {
  const { proxyUrl, trust, targets, platform = process.platform } = options;
  const user = new Variables(options.environment, platform);
  const variables = new Variables(options.environment, platform);
  const notes: string[] = [];
  const userProxy = userProxies(user, proxyUrl);

  const { kept, removed } = splitNoProxy(userProxy.NO_PROXY ?? "", targets);
  const noProxy = kept.join(",");
  for (const name of proxyVariables) setBothCases(variables, name, proxyUrl, platform);
  setBothCases(variables, "no_proxy", noProxy, platform);
  if (removed.length > 0)
    notes.push(
      `NO_PROXY names targets (${removed.join(", ")}). For the command they are taken out, so that it reaches them through Faultwire.`,
    );
  for (const [name, kind] of Object.entries(outranking))
    if (user.value(name) !== undefined) variables.set(name, kind === "proxy" ? proxyUrl : noProxy);
  // What our own hooks read: nothing that a program sets for itself leads them elsewhere.
  variables.set("FAULTWIRE_PROXY", proxyUrl);
  variables.set("FAULTWIRE_TARGETS", targets.join(","));
  variables.set("FAULTWIRE_CA", trust.certificate);
  variables.set("FAULTWIRE_CA_BUNDLE", trust.bundle);
  // It opens the key of our CA, which no program needs in order to trust it.
  variables.remove(passphraseVariable);
  // LWP of Perl reads the proxy variables only when it is asked to.
  variables.set("PERL_LWP_ENV_PROXY", "1");

  const java = javaProxyProperties(proxyUrl, nonProxyHosts(kept));
  const before: Record<string, string | undefined> = {
    JAVA_TOOL_OPTIONS: withJavaProperties(user.value("JAVA_TOOL_OPTIONS"), java),
    PHP_INI_SCAN_DIR: user.value("PHP_INI_SCAN_DIR"),
  };
  for (const name of Object.keys(trustVariables)) before[name] = user.value(name);
  for (const [name, value] of Object.entries(trustEnvironment(trust, before))) variables.set(name, value);
  notes.push(...javaNotes(user, variables.value("JAVA_TOOL_OPTIONS")));

  // Node's own way costs each program some 40 ms of start, and Node 22 warns of it. With the hook it is needless. The
  // `node:https` of Deno and Bun, which do not load the hook, follows a proxy by this variable alone.
  if (options.nodeHook === undefined || isOtherThanNode(options.program))
    variables.set("NODE_USE_ENV_PROXY", "1");
  if (options.nodeHook !== undefined)
    variables.set("NODE_OPTIONS", nodeOptionsWith(options.nodeHook, user.value("NODE_OPTIONS") ?? ""));
  if (options.pythonHook !== undefined) {
    const chain = [options.pythonHook, user.value("PYTHONPATH") ?? ""].filter(
      (path, at, all) => path !== "" && all.indexOf(path) === at,
    );
    variables.set("PYTHONPATH", chain.join(platform === "win32" ? ";" : ":"));
  }
  for (const { variable, ...api } of options.baseUrls ?? []) {
    const url = proxiedBaseUrl(proxyUrl, api, user.value(variable));
    if (url !== undefined) variables.set(variable, url);
    else
      notes.push(
        `${variable} is no URL of HTTP. It is left as it is, so a program that uses it may go round Faultwire.`,
      );
  }
  return { environment: variables.all(), userProxy, notes };
}
