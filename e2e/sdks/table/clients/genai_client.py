from asks import answer
from genai_surfaces import generate_surfaces
from google import genai

client = genai.Client(api_key="any")
answer("google-genai", {"google-genai": genai.__version__}, ["google"], generate_surfaces(client))
