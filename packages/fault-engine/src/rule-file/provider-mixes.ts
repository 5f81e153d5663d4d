/** Mixes of one provider: what its bad days look like, in its own errors. */
import { INCIDENTS } from "../providers/incidents-table.ts";
import { PROVIDER_NAMES, type Provider, REQUESTS } from "../providers/request-table.ts";

/** A shape of incidents, for any provider. An hour of the real one passes in a minute, so that a run meets all of it. */
interface Shape {
  /** In one line, for the documentation and `check --list`. */
  readonly doc: string;
  readonly rules: (provider: Provider) => readonly { readonly name: string }[];
}

/** The times of a brown-out, from its first slow answer to its last: seconds behind the start, median of the wait. */
const BROWNOUT = [
  [6, "400ms"],
  [12, "1.5s"],
  [18, "4s"],
  [24, "1.5s"],
  [30, "400ms"],
] as const;

/** The shapes by their names, each with what users and operators have seen of it. */
const SHAPES = {
  realistic: {
    doc: "bursts of overload that end by themselves (4 s of every 30 s), and between them some rate limits, failures, slow starts and broken streams",
    rules: (provider) => {
      const { overloaded, rateLimited, failed, gateway, inStream } = INCIDENTS[provider];
      const match = { provider };
      return [
        {
          name: "overloaded",
          match,
          when: { probability: 0.6, burst: { every: "30s", for: "4s" } },
          fault: preset(provider, overloaded),
        },
        { name: "rate-limited", match, when: { probability: 0.03 }, fault: preset(provider, rateLimited) },
        { name: "failed", match, when: { probability: 0.01 }, fault: preset(provider, failed) },
        { name: "gateway", match, when: { probability: 0.01 }, fault: preset(provider, gateway) },
        {
          name: "dropped",
          match,
          when: { probability: 0.005 },
          fault: { connection: { close: { at: "response-head" } } },
        },
        {
          name: "failed-in-mid-stream",
          match: { provider, stream: true },
          when: { probability: 0.02 },
          fault: { stream: { errorEvent: { type: inStream, afterEvents: 4 } } },
        },
        {
          name: "slow-start",
          match,
          when: { probability: 0.1 },
          fault: { http: { delay: { beforeHead: { lognormal: { median: "2s", sigma: 0.8 } } } } },
        },
      ];
    },
  },
  bursts: {
    doc: "nearly everything is refused as overloaded for 5 s of every 20 s; the first 2 s behind each burst are rate limits by half",
    rules: (provider) => {
      const { overloaded, rateLimited } = INCIDENTS[provider];
      const match = { provider };
      return [
        {
          name: "overloaded",
          match,
          when: { probability: 0.9, burst: { every: "20s", for: "5s" } },
          fault: preset(provider, overloaded),
        },
        {
          name: "rate-limited",
          match,
          when: { probability: 0.5, after: "5s", burst: { every: "20s", for: "2s" } },
          fault: preset(provider, rateLimited),
        },
      ];
    },
  },
  brownout: {
    doc: "answers get slower from 6 s on, are slowest at 18 to 24 s, when three of ten fail, and are as before after 36 s; again every minute",
    rules: (provider) => [
      {
        name: "overloaded",
        match: { provider },
        when: { probability: 0.3, after: "18s", burst: { every: "60s", for: "6s" } },
        fault: preset(provider, INCIDENTS[provider].overloaded),
      },
      ...BROWNOUT.map(([seconds, median]) => ({
        name: `slow-from-${seconds}s`,
        match: { provider },
        when: { after: `${seconds}s`, burst: { every: "60s", for: "6s" } },
        fault: { http: { delay: { beforeHead: { lognormal: { median, sigma: 0.4 } } } } },
      })),
    ],
  },
  "partial-outage": {
    doc: "one family of models fails for 20 s of every minute, by an overload or by a failure; all other models answer",
    rules: (provider) => {
      const { overloaded, failed, family } = INCIDENTS[provider];
      const match = { provider, model: family };
      const burst = { every: "60s", for: "20s" };
      return [
        { name: "overloaded", match, when: { probability: 0.8, burst }, fault: preset(provider, overloaded) },
        { name: "failed", match, when: { probability: 0.75, burst }, fault: preset(provider, failed) },
      ];
    },
  },
} satisfies Record<string, Shape>;

type ShapeName = keyof typeof SHAPES;
const SHAPE_NAMES = Object.keys(SHAPES) as readonly ShapeName[];

const preset = (provider: Provider, name: string): object => ({ http: { preset: `${provider}/${name}` } });

/** Their names: `anthropic/brownout`. */
export const PROVIDER_MIX_NAMES: readonly string[] = PROVIDER_NAMES.flatMap((provider) =>
  SHAPE_NAMES.map((shape) => `${provider}/${shape}`),
);

/** The provider of a mix; `undefined` for one that is nobody's. */
export const providerOfMix = (mix: string): Provider | undefined =>
  PROVIDER_MIX_NAMES.includes(mix) ? (mix.split("/")[0] as Provider) : undefined;

/** The rules of a provider's mix, as a rule file writes them; named behind the mix. */
export function providerMix(mix: string): readonly object[] {
  const provider = providerOfMix(mix);
  const shape = mix.split("/")[1] as ShapeName;
  if (provider === undefined) return [];
  return (SHAPES[shape] as Shape).rules(provider).map((rule) => ({ ...rule, name: `${mix}/${rule.name}` }));
}

/** Every shape, with what it is like. */
export const MIX_SHAPES: readonly (readonly [name: string, doc: string])[] = SHAPE_NAMES.map((name) => [
  name,
  SHAPES[name].doc,
]);

/** Hosts that a mix is for; empty for one that is nobody's, and for a provider without a host of its own. */
export function hostsOfMix(mix: string): readonly string[] {
  const provider = providerOfMix(mix);
  return provider === undefined ? [] : REQUESTS[provider].hosts;
}
