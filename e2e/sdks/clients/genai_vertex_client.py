from cases import MOCK_URL, run
from genai_cases import generate_cases
from google import genai
from google.genai import types

OPTIONS = types.HttpOptions(base_url=MOCK_URL) if MOCK_URL else None
client = genai.Client(vertexai=True, api_key="any", http_options=OPTIONS)
run("google-genai", generate_cases(client), name="google-genai at Vertex AI")
