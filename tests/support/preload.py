"""Libraries in C that are preloaded (LD_PRELOAD) into the processes that a test harms."""

import subprocess
from pathlib import Path


def build(name: str, folder: Path) -> Path:
    """Compile `tests/support/NAME.c` into `folder`; the library."""
    library = folder / f"{name}.so"
    source = Path(__file__).with_name(f"{name}.c")
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, source, "-ldl", "-lm"], check=True
    )
    return library
