#!/bin/sh
# Tests greet.sh: prints one line per case, and fails if any case did.
set -u
cd "$(dirname "$0")" || exit 1
failed=0
check() {
  got=$(sh greet.sh $1)
  if [ "$got" = "$2" ]; then
    echo "ok      greet $1"
  else
    echo "FAILED  greet $1: expected '$2', got '$got'"
    failed=1
  fi
}
check "" "hello, world"
check "tenon" "hello, tenon"
exit $failed
