#!/bin/sh
# Builds the program into the folder that is given: here, a script with its version in it.
set -eu
out=$1 version=$2
mkdir -p "$out"
{ sed -n 1p "$(dirname "$0")/greet.sh"; echo "# version $version"; sed 1d "$(dirname "$0")/greet.sh"; } > "$out/greet"
chmod +x "$out/greet"
echo "built $out/greet, version $version"
