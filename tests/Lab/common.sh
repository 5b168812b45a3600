# shellcheck shell=bash
# Shared by lab and debian-kernel: where things are kept, and how Debian's packages are fetched.

# shellcheck disable=SC2034 # used by the scripts that source this
cache=${PSTOYVMM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pstoyvmm}

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 125
}

# What nobody foresaw ends in a message and 125 as well, never in some program's own exit code.
set -E
trap '(($? == 125)) || die "failed unexpectedly: line $LINENO of ${BASH_SOURCE[0]##*/}"; exit 125' ERR

# locked NAME: one process at a time from here on, until it ends; not to be called twice.
locked() {
    local descriptor
    mkdir -p "$cache"
    exec {descriptor}>"$cache/$1.lock"
    flock "$descriptor"
}

# Package lists are refreshed only when they turn out not to serve: it takes seconds and the network.
apt_update() {
    ((EUID == 0)) || die "apt's package lists are missing or out of date; run 'apt-get update' as root"
    mkdir -p "$cache"
    flock "$cache/apt.lock" apt-get -qq update >&2
}

# need PACKAGE:PROGRAM...: installs the packages whose programs are missing.
need() {
    local pair packages=()
    for pair; do
        type -P "${pair#*:}" >/dev/null || packages+=("${pair%%:*}")
    done
    ((${#packages[@]})) || return 0

    local install=(apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=300 install "${packages[@]}")
    ((EUID == 0)) || die "not installed: ${packages[*]}; run as root: apt-get install --no-install-recommends ${packages[*]}"
    export DEBIAN_FRONTEND=noninteractive
    printf '%s: installing %s\n' "${0##*/}" "${packages[*]}" >&2
    "${install[@]}" </dev/null >&2 || { apt_update && "${install[@]}" </dev/null >&2; } ||
        die "apt-get could not install ${packages[*]}"
}

# fetch PACKAGE DIRECTORY: unpacks a package into a new directory, complete or not at all; installs nothing.
fetch() {
    local package=$1 directory=$2 download
    download=(apt-get -qq -o APT::Sandbox::User=root download "$package")
    printf '%s: fetching %s\n' "${0##*/}" "$package" >&2
    fetching=$(mktemp -d "$cache/fetch.XXXXXX")
    trap 'rm -rf "$fetching"' EXIT
    (cd "$fetching" && { "${download[@]}" >&2 || { apt_update && "${download[@]}" >&2; }; }) ||
        die "apt-get could not download $package"
    dpkg -x "$fetching"/*.deb "$fetching/tree"
    mkdir -p "${directory%/*}"
    mv -T "$fetching/tree" "$directory"
    rm -rf "$fetching"
}

# Debian's static busybox, from the cache: the installed one may be another or none.
busybox() {
    local program=$cache/busybox/bin/busybox
    if [[ ! -x $program ]]; then
        (
            locked busybox
            [[ -x $program ]] || fetch busybox-static "$cache/busybox"
        )
    fi
    "$program" "$@"
}
