#!/bin/sh
# Makes the project's own environment from a lock file: environment.sh PYTHON FOLDER LOCK
set -eu
python=$1 folder=$2 lock=$3

if ! command -v "$python" >/dev/null 2>&1; then
    echo "Relevo needs Python 3.11, 3.12 or 3.13, and '$python' is not there. Install it, or name it: make PYTHON=python3.12 ..." >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'; then
    echo "Relevo needs Python 3.11, 3.12 or 3.13, and '$python' is $("$python" --version 2>&1). Name another: make PYTHON=python3.12 ..." >&2
    exit 1
fi
if [ ! -x "$folder/bin/python" ] && ! "$python" -m venv "$folder"; then
    rm -rf "$folder"
    echo "Python's venv module is missing or broken. On Debian and Ubuntu: apt-get install python3-venv" >&2
    exit 1
fi
echo "Installing what $lock names (once, some 30 seconds) ..." >&2
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --requirement "$lock"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
