// Import every module of asgi_mw on CPython 3.14, drive each layer, and print what was done.
import { loadPyodide } from "pyodide";

const python = await loadPyodide();
python.FS.mkdirTree("/site");
python.mountNodeFS("/site", process.argv[2]);
await python.runPythonAsync(`
import sys
import time
import warnings

sys.path.insert(0, "/site")
warnings.simplefilter("error")
# The clock of a thread is not there, and nobody who could ask for it
time.thread_time, time.thread_time_ns = time.process_time, time.process_time_ns

import pkgutil
from importlib import import_module

import asgi_mw
from asgi_mw import explain, open_store, production, record, validate
from asgi_mw.spec import check
from asgi_mw.testing import request

# Of servers and frameworks
MISSING = {"django", "granian", "hypercorn", "psycopg", "pytest", "uvicorn"}
modules = 0
for found in pkgutil.walk_packages(asgi_mw.__path__, "asgi_mw."):
    if found.name == "asgi_mw.__main__":
        continue
    try:
        import_module(found.name)
        modules += 1
    except ImportError as error:
        if "pip install" not in str(error) and (error.name or "").split(".")[0] not in MISSING:
            raise


async def app(scope, receive, send):
    headers = [(b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"shop" * 1_000})


store = open_store("memory:")
whole = record(validate(production(app, allow_origins=["https://shop.example.org"])), store=store)
asked = {"accept-encoding": "zstd", "origin": "https://shop.example.org"}
result = await request(whole, "GET", "/", headers=asked)
assert result.status == 200, result
assert result.header("content-encoding") == b"zstd", result  # of the standard library
assert result.header("access-control-allow-origin"), result
[exchange] = store.exchanges()
assert check(exchange) == [], check(exchange)
layers = len(explain(whole).splitlines()) - 1
print(f"CPython {sys.version.split()[0]}, {modules} modules imported, {layers} layers driven")
`);
