#!/bin/sh
# Greets whom it is told to.
set -eu
printf 'hello, %s\n' "${1:-world}"
