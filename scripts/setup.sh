# Sourced by every script: `prepare base` or `prepare dev` makes .venv ready, and is silent when it already is.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
py="$root/.venv/bin/python"

# What .venv was made from. `dev` holds all that `base` does, so it serves for both.
stamp() {
  echo "$root $1"
  case $1 in
    base) cksum "$root"/scripts/requirements/{tool,base}.txt ;;
    dev) cksum "$root"/scripts/requirements/{tool,base,aws,dev,infra}.txt ;;
  esac
}

ready() { [ -x "$py" ] && [ "$(cat "$root/.venv/ready-$1" 2>/dev/null)" = "$(stamp "$1")" ]; }

find_python() {
  local name
  set -- python3 python3.14 python3.13 python3.12 python3.11 python
  [ -z "${TROUPE_PYTHON:-}" ] || set -- "$TROUPE_PYTHON"
  for name; do
    if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' >/dev/null 2>&1; then
      command -v "$name" && return
    fi
  done
  echo "Troupe needs Python 3.11 to 3.14, and this machine has none of them on its path." >&2
  echo "Install one (https://www.python.org/downloads/), or name it: TROUPE_PYTHON=/path/to/python3.12" >&2
  exit 3
}

# $2 is `web` where the app in frontend/ is wanted too.
prepare() {
  if ! ready "$1" && ! { [ "$1" = base ] && ready dev; }; then
    local python
    python=$(find_python) || exit 3
    "$python" -B "$root/scripts/setup.py" packages "$1" "$(stamp base)" "$(stamp dev)" || exit 3
  fi
  if [ "${2:-}" = web ] && [ -f "$root/frontend/package.json" ]; then
    "$py" -B "$root/scripts/setup.py" web || exit 3
  fi
}
