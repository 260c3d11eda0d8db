# Shared by run.sh and test.sh: finds the missing Debian packages, installs them, configures and
# builds. Sourced, not run. Everything is safe to repeat; when nothing changed it takes seconds.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build="$root/build/release"

say() { printf '%s\n' "$*" >&2; }

listed_packages() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$root/packaging/debian-packages.txt"; }

missing_packages() {
    local package
    for package in $(listed_packages); do
        dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
            printf '%s ' "$package"
    done
}

install_missing_packages() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        require_tools_without_apt
        return
    fi
    local missing as_root=()
    missing=$(missing_packages)
    [ -n "$missing" ] || return 0
    say "Halftone needs these Debian packages, which are not installed yet:"
    say "  $missing"
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            say "Installing them needs root, and sudo is not here. As root, run:"
            say "  apt-get install --no-install-recommends $missing"
            exit 3
        fi
        as_root=(sudo)
    fi
    say "Installing them with apt-get now (about 200 MB to fetch on a bare system)."
    "${as_root[@]}" apt-get update -q
    # shellcheck disable=SC2086 # one word a package
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends $missing
}

# Not a Debian: cmake would fail package by package; say at once what is needed.
require_tools_without_apt() {
    local tool absent=()
    for tool in g++ cmake ninja pkg-config; do
        command -v "$tool" >/dev/null || absent+=("$tool")
    done
    say "This is no Debian system, so nothing is installed for you. Halftone is built with these"
    say "Debian packages or their likes: $(listed_packages | tr '\n' ' ')"
    if [ ${#absent[@]} -gt 0 ]; then
        say "Missing for certain: ${absent[*]}"
        exit 3
    fi
}

# A file that includes torch takes up to 1.3 GB to compile.
parallel_jobs() {
    local cores memory
    cores=$(nproc)
    memory=$(awk '/MemAvailable/ {print int($2 / 1500000)}' /proc/meminfo)
    [ "$memory" -ge 1 ] || memory=1
    echo $((cores < memory ? cores : memory))
}

# build_targets [TARGET...]: all of them when none is named.
build_targets() {
    local options=() log
    # Newer compilers have newer warnings; they are no reason to fail on somebody's machine.
    case $(g++ -dumpversion) in 12*) ;; *) options+=(-DHALFTONE_WARNINGS_AS_ERRORS=OFF) ;; esac
    if [ ! -f "$build/build.ninja" ]; then
        say "Configuring in build/release …"
        log=$(mktemp)
        (cd "$root" && cmake --preset release "${options[@]}" >"$log" 2>&1) || {
            cat "$log" >&2
            rm -f "$log"
            say "Configuring failed; the lines above say which package is not as expected."
            exit 3
        }
        rm -f "$log"
    fi
    say "Building in build/release (some minutes the first time) …"
    cmake --build "$build" --parallel "$(parallel_jobs)" ${1:+--target "$@"} >&2
}
