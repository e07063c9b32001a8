#!/usr/bin/env bash
# A short chaos: a deck of faults, so that each kind of them happens at least once.
exec "$(dirname "${BASH_SOURCE[0]}")/chaos.sh" 15 1
