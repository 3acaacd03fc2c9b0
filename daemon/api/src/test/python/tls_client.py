"""Python's own client against the API by TLS. Arguments: base URL, the file of omni cert export. The key is in OPENAI_API_KEY.

Prints one line of JSON: each request's status, or the name of what went wrong.
"""

import json
import os
import socket
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request

base, pem = sys.argv[1:]
KEY = {"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"]}


def ask(context, headers):
    try:
        request = urllib.request.Request(base + "/v1/models", headers=headers)
        with urllib.request.urlopen(request, context=context, timeout=20) as response:
            response.read()
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
    except urllib.error.URLError as error:
        return type(error.reason).__name__


def end(context):
    """Whether the end of an answer is said, so that one which somebody cuts off shows (RFC 8446, 6.1)."""
    place = urllib.parse.urlsplit(base)
    with socket.create_connection((place.hostname, place.port), timeout=20) as plain:
        with context.wrap_socket(plain, server_hostname=place.hostname, suppress_ragged_eofs=False) as tls:
            tls.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            try:
                while tls.recv(4096):
                    pass
                return "said"
            except ssl.SSLError as error:
                return type(error).__name__


trusting = ssl.create_default_context(cafile=pem)
older = ssl.create_default_context(cafile=pem)
older.maximum_version = ssl.TLSVersion.TLSv1_2
oldest = ssl.create_default_context(cafile=pem)
oldest.set_ciphers("DEFAULT@SECLEVEL=0")
oldest.minimum_version = oldest.maximum_version = ssl.TLSVersion.TLSv1_1
print(
    json.dumps(
        {
            "trusting": ask(trusting, KEY),
            "keyless": ask(trusting, {}),
            "distrusting": ask(ssl.create_default_context(), KEY),
            "end": end(trusting),
            "tls12": ask(older, KEY),
            "tls11": ask(oldest, KEY),
        }
    )
)
