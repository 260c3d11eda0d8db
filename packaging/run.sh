#!/usr/bin/env bash
# Installs what is missing, builds Halftone and opens it on the built-in model. Arguments go to the
# program. Without a display it runs the same job headless and prints a readable trace.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

install_missing_packages
build_targets halftone halftone-cli

if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    exec "$build/bin/halftone" "$@"
fi
say "There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so instead of the window"
say "this runs 'halftone-cli demo': the built-in model, thinking discretely and softly."
exec "$build/bin/halftone-cli" demo
