#!/bin/sh
# Build a wheel, install it into an empty environment away from the checkout, and run a scenario there:
#   sh tools/try_wheel.sh PYTHON        PYTHON has the development tools (build, hatchling)
set -eu
python=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
checkout=$(cd "$(dirname "$0")/.." && pwd)
away=$(mktemp -d)
trap 'rm -rf "$away"' EXIT INT TERM

"$python" -m build --wheel --no-isolation --outdir "$away" "$checkout" >/dev/null
"$python" -m venv "$away/venv"
"$away/venv/bin/python" -m pip install -qq --disable-pip-version-check -c "$checkout/constraints.txt" "$away"/*.whl
cd "$away"
PATH="$away/venv/bin:$PATH"
delivsim --version
delivsim bench | grep -q "^quick "
delivsim init city.yaml
delivsim check city.yaml
delivsim run city.yaml --out run --format json >summary.json || [ $? -eq 3 ]
delivsim report @last -o page.html
test -s run/summary.json -a -s summary.json -a -s page.html
echo "wheel: fine"
