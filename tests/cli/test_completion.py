"""Shells complete verbs, options, and the ids of a store: asked as they ask, and in real ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from asgi_mw import open_store
from asgi_mw.cli import VERBS
from tests.system import PATIENCE, lacking

BIN = Path(sys.executable).parent


def completed(line: str, cwd: Path, **variables: str) -> list[str]:
    """What a shell is offered for the last word of *line*; an empty one after a space."""
    words = line.split(" ")
    asked = {
        "_ASGI_MW_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    done = subprocess.run(
        [BIN / "asgi-mw"],
        env=os.environ | asked | variables,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    assert done.stderr == ""
    return [one.partition(",")[2] for one in done.stdout.splitlines()]


def test_verbs_are_completed(tmp_path: Path) -> None:
    """All of them, or those that begin so."""
    assert completed("asgi-mw ", tmp_path) == list(VERBS)
    assert completed("asgi-mw re", tmp_path) == ["replay"]


def test_options_and_their_values_are_completed(tmp_path: Path) -> None:
    """Those of the verb."""
    assert completed("asgi-mw run --ser", tmp_path) == ["--server"]
    assert completed("asgi-mw run --server g", tmp_path) == ["granian"]
    assert completed("asgi-mw ls --type ", tmp_path) == ["http", "websocket", "ws", "lifespan"]
    assert completed("asgi-mw tail --outcome c", tmp_path) == [
        *("complete", "client_gone", "cancelled"),
    ]


def test_ids_are_completed(store: Path) -> None:
    """Those of the store that the line names, or the environment: their ends, or all of one."""
    ids = [row.id for row in open_store(store).rows()]
    names = ["last", "last-error"]

    assert completed(f"asgi-mw show --store {store} ", store) == [*names, *(i[-6:] for i in ids)]
    assert completed("asgi-mw keep ", store, ASGI_MW_STORE=str(store))[2:] == [i[-6:] for i in ids]
    assert completed(f"asgi-mw diff --store {store} {ids[0][-6:-1]}", store) == [ids[0][-6:]]
    assert ids[0] in completed(f"asgi-mw replay --store {store} {ids[0][:9]}", store)


@pytest.mark.parametrize("name", ["nowhere", "postgresql://nobody@127.0.0.1:9/none"])
def test_a_store_that_is_not_there_has_no_ids(name: str, tmp_path: Path) -> None:
    """Nothing is made, nobody is asked, and nothing is printed into the line."""
    assert completed(f"asgi-mw show --store {name} ", tmp_path) == ["last", "last-error"]
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_store_has_no_ids(tmp_path: Path) -> None:
    """The same."""
    (tmp_path / "notes").write_text("no store")
    assert completed("asgi-mw show --store notes ", tmp_path) == ["last", "last-error"]


# Each line as docs/cli.md has it, and what completes as a key does
SHELLS = {
    "bash": (
        'eval "$(_ASGI_MW_COMPLETE=bash_source asgi-mw)"\n'
        "COMP_WORDS=(asgi-mw rep); COMP_CWORD=1; _asgi_mw_completion asgi-mw\n"
        'echo "${COMPREPLY[@]}"'
    ),
    "zsh": (
        "autoload -Uz compinit && compinit -u\n"
        'eval "$(_ASGI_MW_COMPLETE=zsh_source asgi-mw)"\n'
        "_describe() { print -- ${(P)2} ${(P)3}; }; compadd() { :; }\n"
        "words=(asgi-mw rep); CURRENT=2; _asgi_mw_completion"
    ),
    "fish": "_ASGI_MW_COMPLETE=fish_source asgi-mw | source\ncomplete -C 'asgi-mw rep'",
}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_real_shell_completes(shell: str, tmp_path: Path) -> None:
    """With the line that the docs say."""
    if shutil.which(shell) is None:
        lacking(f"{shell} not found; on Debian: apt-get install {shell}")
    done = subprocess.run(
        [shell, "-c", SHELLS[shell]],
        env={"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(tmp_path), "TERM": "dumb"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )

    assert "replay" in done.stdout, done
