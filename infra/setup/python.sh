#!/bin/sh
# Prints the Python to build the environment with: 3.11 to 3.13 if there is one (all wheels exist), else a later one.
# PYTHON=/path/to/python overrides the search.
old=""
bare=""
later=""
for name in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
    path=$(command -v "$name" 2>/dev/null) || continue
    case $("$path" -c '
import sys
minor = sys.version_info[:2]
try:
    import ensurepip, venv
except ImportError:
    print("bare" if minor >= (3, 11) else "old")
else:
    print("old" if minor < (3, 11) else "good" if minor < (3, 14) else "later")' 2>/dev/null) in
        good) echo "$path"; exit 0 ;;
        later) later=${later:-$path} ;;
        bare) bare=${bare:-$path} ;;
        *) old=${old:-$path} ;;
    esac
done
if [ -n "$later" ]; then echo "$later"; exit 0; fi
if [ -n "$bare" ]; then
    echo "setup: $bare lacks the modules venv and ensurepip; install them (Debian, Ubuntu: apt-get install python3-venv)" >&2
elif [ -n "$old" ]; then
    echo "setup: Python 3.11 or later is needed; $old is older. Install one, or say make PYTHON=/path/to/python" >&2
else
    echo "setup: no Python found. Install Python 3.11 or later, or say make PYTHON=/path/to/python" >&2
fi
exit 1
