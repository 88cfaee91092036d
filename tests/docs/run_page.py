"""Run the Python blocks of one page, in order, as a reader would: ``python run_page.py PAGE``.

All blocks are one program, but for a block that begins with the name of a file, as ``# shop.py``:
it is the module of that name, which later blocks import.  In a module called ``test_…`` the tests
are called, those that want fixtures by pytest.  A block behind ``<!-- not run: why -->`` is only
compiled.
"""

from __future__ import annotations

import re
import subprocess
import sys
from inspect import signature
from pathlib import Path
from types import ModuleType

BLOCK = re.compile(r"(<!-- not run: .+? -->\n+)?^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"# (\w+)\.py\n")


def run(page: Path) -> None:
    """Run the blocks of *page*; what they raise names its lines."""
    text = page.read_text("utf-8")
    program = ModuleType("program")
    for block in BLOCK.finditer(text):
        before = "\n" * text.count("\n", 0, block.start(2))
        code = compile(before + block[2], page, "exec", dont_inherit=True)
        if block[1] is not None:
            continue
        file = FILE.match(block[2])
        module = ModuleType(file[1]) if file else program
        sys.modules[module.__name__] = module
        exec(code, vars(module))
        if module.__name__.startswith("test_"):
            _test(module, block[2])


def _test(module: ModuleType, text: str) -> None:
    tests = [found for name, found in vars(module).items() if name.startswith("test_")]
    if any(signature(test).parameters for test in tests):
        file = Path(f"{module.__name__}.py")
        file.write_text(text, "utf-8")
        subprocess.run([sys.executable, "-m", "pytest", "--quiet", file], check=True)
    else:
        for test in tests:
            test()


if __name__ == "__main__":
    run(Path(sys.argv[1]))
