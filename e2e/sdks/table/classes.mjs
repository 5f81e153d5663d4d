// Which class an SDK raises for an error of its API, as the SDK's own documentation and types have it. What the run sees is held
// against this: a preset that raises another class is not true to life, or the SDK has changed.

const byStatus = {
  400: "BadRequestError",
  401: "AuthenticationError",
  403: "PermissionDeniedError",
  404: "NotFoundError",
  409: "ConflictError",
  422: "UnprocessableEntityError",
  429: "RateLimitError",
};

/** Both SDKs of Anthropic, since 1.0: classes for more statuses, and for each documented `error_code`. */
const anthropic = {
  statuses: {
    ...byStatus,
    402: "PaymentRequiredError",
    413: "ContentTooLargeError",
    499: "ClientClosedRequestError",
    503: "ServiceUnavailableError",
    504: "GatewayTimeoutError",
    529: "OverloadedError",
  },
  presets: {
    ramp_limit_exceeded: "RampLimitExceededError",
    enforced_spend_limit_reached: "EnforcedSpendLimitReachedError",
    contract_spend_limit_reached: "ContractSpendLimitReachedError",
    compaction_unavailable: "CompactionUnavailableError",
    cmek_key_unreachable: "CMEKKeyUnreachableError",
  },
  other: (status) => (status >= 500 ? "InternalServerError" : "APIError"),
};

const openai = {
  statuses: byStatus,
  other: (status) => (status >= 500 ? "InternalServerError" : "APIError"),
};

/** Bedrock's exceptions have their classes' names. */
const bedrock = { named: true };

const openaiPython = {
  ...openai,
  other: (status) => (status >= 500 ? "InternalServerError" : "APIStatusError"),
};
const genai = { other: () => "ApiError" };
const genaiPython = { other: (status) => (status >= 500 ? "ServerError" : "ClientError") };

/** Mistral has one class for what its API calls unprocessable, and one for all others. */
const mistral = { statuses: { 422: "HTTPValidationError" }, other: () => "SDKError" };

const cohere = {
  statuses: {
    ...byStatus,
    401: "UnauthorizedError",
    403: "ForbiddenError",
    429: "TooManyRequestsError",
    498: "InvalidTokenError",
    499: "ClientClosedRequestError",
    500: "InternalServerError",
    501: "NotImplementedError",
    503: "ServiceUnavailableError",
    504: "GatewayTimeoutError",
  },
};

const openrouter = {
  statuses: {
    400: "BadRequestResponseError",
    401: "UnauthorizedResponseError",
    402: "PaymentRequiredResponseError",
    403: "ForbiddenResponseError",
    404: "NotFoundResponseError",
    408: "RequestTimeoutResponseError",
    413: "PayloadTooLargeResponseError",
    422: "UnprocessableEntityResponseError",
    429: "TooManyRequestsResponseError",
    500: "InternalServerResponseError",
    502: "BadGatewayResponseError",
    503: "ServiceUnavailableResponseError",
    524: "EdgeNetworkTimeoutResponseError",
    529: "ProviderOverloadedResponseError",
  },
};

/** Client → class of each error. */
const classes = {
  "anthropic.mjs": anthropic,
  "anthropic-vertex.mjs": anthropic,
  "anthropic_client.py": anthropic,
  "openai.mjs": openai,
  "openai-azure.mjs": openai,
  "openai_client.py": openaiPython,
  "openai_azure_client.py": openaiPython,
  "genai.mjs": genai,
  "genai-vertex.mjs": genai,
  "genai_client.py": genaiPython,
  "genai_vertex_client.py": genaiPython,
  "aws.mjs": bedrock,
  "boto3_client.py": bedrock,
  "mistral.mjs": mistral,
  "mistral_client.py": mistral,
  "cohere.mjs": cohere,
  "cohere_client.py": cohere,
  "openrouter.mjs": openrouter,
  "openrouter_client.py": openrouter,
  "openai-openrouter.mjs": openai,
  "openai_openrouter_client.py": openaiPython,
  "openai-litellm.mjs": openai,
  "openai_litellm_client.py": openaiPython,
  "ollama.mjs": { other: () => "ResponseError" },
  "ollama_client.py": { other: () => "ResponseError" },
};

/**
 * The class that a preset should raise in an SDK of today.
 *
 * @param client the client's file @param preset its name without the provider @param status its status
 */
export function expectedClass(client, preset, status) {
  const { statuses = {}, presets = {}, named = false, other } = classes[client];
  if (named) return preset;
  return presets[preset] ?? statuses[status] ?? other?.(status);
}
