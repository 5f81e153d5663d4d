from cases import MOCK_URL, run, same
from genai_cases import generate_cases
from google import genai
from google.genai import types

OPTIONS = types.HttpOptions(base_url=MOCK_URL) if MOCK_URL else None
gemini = genai.Client(api_key="any", http_options=OPTIONS)


def models():
    same(len(list(gemini.models.list())), 4, "models")


run(
    "google-genai",
    {
        **generate_cases(gemini),
        "models": models,
    },
)
