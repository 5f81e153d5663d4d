import openai
from asks import answer
from openai_surfaces import chat_surfaces

client = openai.OpenAI(api_key="any", base_url="https://openrouter.ai/api/v1")
surfaces = chat_surfaces(client, "openai/gpt-4.1-mini")
answer("openai", {"openai": openai.__version__}, ["openai"], surfaces, at="OpenRouter")
