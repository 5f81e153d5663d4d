import { type ProxySettings, upstreamProxyFromEnvironment } from "@faultwire/proxy";
import { Option } from "commander";

/** `--upstream-proxy`, of every command with a proxy of our own. */
export function upstreamProxyOption(): Option {
  return new Option(
    "--upstream-proxy <url>",
    "a proxy on the way to upstreams: http://USER:PASSWORD@HOST:PORT, https://… or socks5://…; env takes HTTPS_PROXY, HTTP_PROXY and ALL_PROXY; none; hosts of NO_PROXY are reached directly",
  ).default("env");
}

/** What `--upstream-proxy` says: a URL, or `env`, or `none`. `NO_PROXY` counts beside a URL, too. */
export function upstreamProxySetting(
  flag: string,
  environment: Readonly<Record<string, string | undefined>>,
): Pick<ProxySettings, "upstreamProxy"> {
  if (flag === "none") return {};
  const named = flag === "env" ? {} : { HTTPS_PROXY: flag, HTTP_PROXY: flag };
  const { no_proxy: low, NO_PROXY: high } = environment;
  const found = upstreamProxyFromEnvironment(
    flag === "env" ? environment : { ...named, no_proxy: low, NO_PROXY: high },
  );
  return found ? { upstreamProxy: found } : {};
}
