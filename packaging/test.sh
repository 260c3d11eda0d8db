#!/usr/bin/env bash
# Installs what is missing, builds everything and runs the whole test suite, offscreen. Arguments go
# to ctest: ./packaging/test.sh -R tokenizer
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

install_missing_packages
build_targets
cd "$root"
exec ctest --preset release "$@"
