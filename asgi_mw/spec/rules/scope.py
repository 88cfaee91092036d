"""The rules about scopes as a whole."""

from __future__ import annotations

from asgi_mw.spec.rule import Rule

SCOPE = (
    Rule(
        id="scope.dict",
        fault="server",
        sentence="scope must be a dict.",
        source="asgi#applications",
        why="Apps and middleware copy it, and set keys in their copy.",
        bad="from types import MappingProxyType\nscope = MappingProxyType(scope)",
        good="",
    ),
    Rule(
        id="scope.type",
        fault="server",
        sentence='The key scope["type"] will always be present; it must be a Unicode string.',
        source="asgi#applications",
        why="An app decides by it what the connection is.",
        bad='scope["type"] = b"http"',
        good="",
    ),
    Rule(
        id="scope.asgi",
        fault="server",
        sentence='The key scope["asgi"] will also be present as a dictionary containing a '
        '"version".',
        source="asgi#applications",
        why="Without it an app cannot tell which version of ASGI it talks to.",
        bad='del scope["asgi"]',
        good="",
    ),
    Rule(
        id="scope.asgi.version",
        fault="server",
        sentence='asgi["version"] (Unicode string): version of the ASGI spec.',
        source="www#http-connection-scope",
        why="It is compared as text.",
        bad='scope["asgi"] = {"version": 3.0}',
        good="",
    ),
    Rule(
        id="scope.asgi.spec_version",
        fault="server",
        sentence='asgi["spec_version"] (Unicode string): version of the ASGI HTTP spec that this '
        'server understands, as "2.0".',
        source="www#http-connection-scope",
        why="Frameworks branch on it, and compare it as text or in numbers.",
        bad='scope["asgi"] = {"version": "3.0", "spec_version": 2.3}',
        good='scope["asgi"] = {"version": "3.0"}',
    ),
    Rule(
        id="scope.method.upper-case",
        fault="server",
        sentence="method: the HTTP method name, uppercased.",
        source="www#http-connection-scope",
        why='An app compares it with "GET", and would answer 405.',
        bad='scope["method"] = "get"',
        good='scope["method"] = "GET"',
    ),
    Rule(
        id="scope.scheme.empty",
        fault="server",
        sentence="scheme: optional (but must not be empty).",
        source="www#http-connection-scope",
        why="Addresses that are made of it begin with a colon.",
        bad='scope["scheme"] = ""',
        good='del scope["scheme"]',
    ),
    Rule(
        id="scope.raw_path.query",
        fault="server",
        sentence="raw_path: the original HTTP path component, excluding any query string.",
        source="www#http-connection-scope",
        why="Who signs or proxies the path would have the query twice.",
        bad='scope["raw_path"] = b"/items?page=2"',
        good='scope["raw_path"] = b"/items"',
    ),
    Rule(
        id="scope.http_version.value",
        fault="server",
        sentence='http_version: one of "1.0", "1.1" or "2".',
        source="www#http-connection-scope",
        why="An app that decides by it does not know any other.",
        bad='scope["http_version"] = "HTTP/1.1"',
        good='scope["http_version"] = "1.1"',
    ),
    Rule(
        id="scope.http_version.three",
        fault="server",
        sentence='http_version: one of "1.0", "1.1" or "2".',
        source="www#http-connection-scope",
        why="Servers speak HTTP/3, and the list is older.",
        bad='scope["http_version"] = "3"',
        good='scope["http_version"] = "2"',
        verdict="undecided",
        readings=(
            "The list is complete: 3 is not allowed.",
            'The text speaks of HTTP/3 elsewhere: "3" is what such a request has to say.',
        ),
        thread="https://github.com/django/asgiref/blob/main/specs/www.rst",
    ),
    Rule(
        id="scope.headers.lower-case",
        fault="server",
        sentence="Header names should be lowercased, but it is not required.",
        source="www#http-connection-scope",
        why="Most apps look for lower case, and do not find others.",
        bad='scope["headers"] = [(b"Host", b"example.org")]',
        good='scope["headers"] = [(b"host", b"example.org")]',
        severity="should",
    ),
    Rule(
        id="scope.headers.pseudo",
        fault="server",
        sentence="Pseudo headers (present in HTTP/2 and HTTP/3) must be removed.",
        source="www#http-connection-scope",
        why="They are no headers: an app that forwards them sends a malformed request.",
        bad='scope["headers"] = [(b":authority", b"example.org")]',
        good='scope["headers"] = [(b"host", b"example.org")]',
    ),
    Rule(
        id="scope.server.no-port",
        fault="server",
        sentence="2.2: allow None in the second item of the server scope value.",
        source="www#spec-versions",
        why="An app that knows an earlier version joins host and port.",
        bad='scope["asgi"] = {"version": "3.0", "spec_version": "2.1"}\n'
        'scope["server"] = ("/run/app.sock", None)',
        good='scope["server"] = ("/run/app.sock", None)',
    ),
    Rule(
        id="scope.tls.without-tls",
        fault="server",
        sentence="For non-TLS connections, the ASGI server is forbidden from providing this "
        "extension.",
        source="tls#when-to-use-this-extension",
        why="An app takes its presence for a connection over TLS.",
        bad='scope["extensions"] = {"tls": {"server_cert": None, "tls_version": None, '
        '"cipher_suite": None}}',
        good='scope["scheme"] = "https"\n'
        'scope["extensions"] = {"tls": {"server_cert": None, "tls_version": 772, '
        '"cipher_suite": 4865}}',
    ),
    Rule(
        id="scope.tls.client-name",
        fault="server",
        sentence="If client_cert_chain is provided and non-empty then client_cert_name must be "
        "provided.",
        source="tls#tls-connection-scope",
        why="An app knows its clients by this name.",
        bad='scope["scheme"] = "https"\n'
        'scope["extensions"] = {"tls": {"server_cert": None, "tls_version": 772, '
        '"cipher_suite": 4865, "client_cert_chain": ["PEM"]}}',
        good='scope["scheme"] = "https"\n'
        'scope["extensions"] = {"tls": {"server_cert": None, "tls_version": 772, '
        '"cipher_suite": 4865, "client_cert_chain": ["PEM"], "client_cert_name": "CN=ada"}}',
    ),
    Rule(
        id="scope.state.filled",
        fault="server",
        kind="lifespan",
        sentence="state: an empty namespace where the application can persist state.",
        source="lifespan#scope",
        why="The names in it belong to the app alone.",
        bad='scope["state"] = {"server": "mine"}',
        good='scope["state"] = {}',
    ),
    Rule(
        id="scope.state.shared",
        fault="server",
        sentence="The server will ensure that a shallow copy of the namespace is passed into each "
        "subsequent request/response call.",
        source="lifespan#lifespan-state",
        why="What one request sets there would be seen by all others.",
        bad='scope["state"] = shared',
        good='scope["state"] = shared.copy()',
    ),
    Rule(
        id="scope.not-refused",
        fault="app",
        kind="lifespan",
        sentence="Applications should actively reject any protocol that they do not understand "
        "with an Exception (of any type).",
        source="asgi#protocol-specifications",
        why="A server takes a quiet return for an app that supports it, and may wait for an "
        "answer.",
        bad="return",
        good='raise ValueError("no lifespan here")',
        severity="should",
    ),
)
