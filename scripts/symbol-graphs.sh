#!/usr/bin/env bash
# Writes what is public in our modules, with its comments, as the compiler tells it: scripts/symbol-graphs.sh FOLDER.
# From the modules of the last build in release mode (.build/release); takes some seconds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=${1:?usage: scripts/symbol-graphs.sh FOLDER}
modules=.build/release/Modules
if [ ! -e "$modules/Lockstep.swiftmodule" ]; then
    echo "$modules holds no modules: build first, with 'swift build -c release'" >&2
    exit 1
fi

# What our modules import from C: the system libraries' maps, and those that the build made or the packages bring.
arguments=(-I "$modules" -target "$(swift -print-target-info | sed -n 's/^    "unversionedTriple": "\(.*\)",$/\1/p')")
for map in Sources/*/module.modulemap .build/release/*.build/module.modulemap \
    .build/checkouts/*/Sources/*/include/module.modulemap; do
    if [ -e "$map" ]; then arguments+=(-Xcc "-fmodule-map-file=$map"); fi
done
for headers in Sources/*/include; do arguments+=(-Xcc "-I$headers"); done

mkdir -p "$folder"
for module in Sources/Lockstep*; do
    module=$(basename "$module")
    # The umbrella has nothing of its own, and the program's main is no module.
    case $module in Lockstep | LockstepMain) continue ;; esac
    swift symbolgraph-extract -module-name "$module" -output-dir "$folder" -minimum-access-level public \
        -skip-synthesized-members "${arguments[@]}"
done
