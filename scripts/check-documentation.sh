#!/usr/bin/env bash
# Fails where a public declaration has no comment, and where a module's page does not build without warnings.
# After 'swift build -c release'.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
scripts/symbol-graphs.sh "$work/graphs"
swift scripts/undocumented.swift "$work/graphs"
if ! command -v docc >/dev/null; then
    echo 'the pages of the modules are not built: the toolchain has no docc'
    exit
fi
for catalog in Sources/*/*.docc; do
    module=$(basename "$catalog" .docc)
    mkdir "$work/$module"
    cp "$work/graphs/$module".symbols.json "$work/graphs/$module"@*.symbols.json "$work/$module/" 2>/dev/null || true
    docc convert "$catalog" --additional-symbol-graph-dir "$work/$module" --output-path "$work/$module.doccarchive" \
        --warnings-as-errors >"$work/said" 2>&1 || { cat "$work/said"; exit 1; }
    echo "$module: its page builds without warnings"
done
