"""Debian has curl with GnuTLS as a library only; this is the little of a curl command that a check needs.

Usage: python3 curl_gnutls.py HOST ROOT.pem PORT... prints one line a port: "PORT OK" or "PORT the error".
"""

import ctypes
import ctypes.util
import sys

CURLOPT_URL = 10002
CURLOPT_ERRORBUFFER = 10010
CURLOPT_CAINFO = 10065
CURLOPT_CONNECT_TO = 10243
CURLOPT_WRITEFUNCTION = 20011
CURLOPT_TIMEOUT = 13
CURLOPT_NOPROXY = 10177

curl = ctypes.CDLL(ctypes.util.find_library("curl-gnutls") or "libcurl-gnutls.so.4")
curl.curl_easy_init.restype = ctypes.c_void_p
curl.curl_slist_append.restype = ctypes.c_void_p
curl.curl_slist_append.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
curl.curl_easy_setopt.argtypes = [ctypes.c_void_p, ctypes.c_int]
curl.curl_easy_perform.argtypes = [ctypes.c_void_p]
curl.curl_version.restype = ctypes.c_char_p

if b"GnuTLS" not in curl.curl_version():
    sys.exit(f"this libcurl is not built with GnuTLS: {curl.curl_version().decode()}")


@ctypes.CFUNCTYPE(ctypes.c_size_t, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_void_p)
def discard(_data: int, size: int, count: int, _context: int) -> int:
    return size * count


def connect(host: str, root: str, port: str) -> str:
    handle = ctypes.c_void_p(curl.curl_easy_init())
    message = ctypes.create_string_buffer(256)
    hosts = ctypes.c_void_p(curl.curl_slist_append(None, f"::127.0.0.1:{port}".encode()))
    curl.curl_easy_setopt(handle, CURLOPT_URL, ctypes.c_char_p(f"https://{host}:{port}/".encode()))
    curl.curl_easy_setopt(handle, CURLOPT_CAINFO, ctypes.c_char_p(root.encode()))
    curl.curl_easy_setopt(handle, CURLOPT_CONNECT_TO, hosts)
    curl.curl_easy_setopt(handle, CURLOPT_NOPROXY, ctypes.c_char_p(b"*"))
    curl.curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, message)
    curl.curl_easy_setopt(handle, CURLOPT_TIMEOUT, ctypes.c_long(10))
    curl.curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, discard)
    code = curl.curl_easy_perform(handle)
    return "OK" if code == 0 else f"{code} {message.value.decode()}"


host, root, *ports = sys.argv[1:]
for port in ports:
    print(port, connect(host, root, port), flush=True)
