#!/bin/sh
# Make a virtual environment with delivsim (editable) and its development tools: sh tools/set_up.sh .venv
# PYTHON names the interpreter to use; otherwise the first one on the path that is new enough.
set -eu
venv=${1:-.venv}

fail() { printf 'set-up: %s\n' "$@" >&2; exit 1; }

# Whether $1 runs and satisfies the Python expression $2 over `v`, its version.
suits() { "$1" -c "import sys; v = sys.version_info[:2]; sys.exit(not ($2))" >/dev/null 2>&1; }
can_make_venv() { "$1" -c 'import venv, ensurepip' >/dev/null 2>&1; }

find_python() {
    candidates=${PYTHON:-python3 python3.13 python3.12 python3.11 python}
    for wish in '(3, 11) <= v <= (3, 13)' 'v >= (3, 11)'; do
        for candidate in $candidates; do
            if suits "$candidate" "$wish" && can_make_venv "$candidate"; then echo "$candidate"; return; fi
        done
    done
    for candidate in $candidates; do
        if suits "$candidate" 'v >= (3, 11)'; then echo "$candidate"; return; fi
    done
}

# Debian and Ubuntu keep the venv module in a package of its own.
install_venv_module() {
    version=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    package="python$version-venv"
    command -v apt-get >/dev/null 2>&1 || fail "$1 has no venv module; install it, or name another Python: make PYTHON=..."
    [ "$(id -u)" -eq 0 ] || fail "$1 has no venv module. Run: sudo apt-get install $package   and then make again."
    echo "set-up: installing $package"
    apt-get update -q >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$package" >/dev/null
    can_make_venv "$1" || fail "$1 still has no venv module after installing $package"
}

python=$(find_python)
if [ -z "$python" ]; then
    if [ -n "${PYTHON:-}" ]; then fail "$PYTHON is not a Python 3.11 or newer"; fi
    fail "no Python 3.11 or newer found; install one, or name it: make PYTHON=/path/to/python3.12"
fi
can_make_venv "$python" || install_venv_module "$python"

echo "set-up: $("$python" --version) in $venv (a few minutes the first time)"
"$venv/bin/python" -c '' 2>/dev/null || "$python" -m venv --clear "$venv"
install() { "$venv/bin/python" -m pip install -qq --disable-pip-version-check "$@" -e '.[dev]'; }
if ! install -c constraints.txt; then
    echo "set-up: the tested versions in constraints.txt cannot be had here; trying the newest ones" >&2
    install
fi
