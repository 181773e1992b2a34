# shellcheck shell=bash disable=SC2154 # the caller sets root
# Sourced by app/run and tests/run: says things, finds and installs missing Debian packages, builds a preset.
# Everything said here goes to stderr, so that stdout belongs to Backtake.

say() { printf '%s: %s\n' "${setup_name:-backtake}" "$*" >&2; }
die() { say "$*"; exit 1; }

# The package names of a list file: first word of a line, comments and empty lines skipped.
packages_of() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@" | awk '{ print $1 }'; }

# How this user may install: "" (root), "sudo -n", or "no".
root_word() {
    if [ "$(id -u)" = 0 ]; then
        echo ""
    elif command -v sudo > /dev/null && sudo -n true 2> /dev/null; then
        echo "sudo -n"
    else
        echo "no"
    fi
}

# install_missing LIST...: one dpkg-query when nothing is missing.
install_missing() {
    local wanted missing as_root
    command -v dpkg-query > /dev/null || die "this is no Debian system: install what $* names by hand, then build with cmake"
    wanted=$(packages_of "$@")
    # dpkg-query fails when it has never heard of a package; what it does know is printed all the same.
    # shellcheck disable=SC2086
    missing=$({ dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2> /dev/null || true; } \
        | awk -v wanted="${wanted//$'\n'/ }" '
            $1 == "installed" { have[$2] = 1 }
            END { n = split(wanted, all, " "); for (i = 1; i <= n; ++i) if (!(all[i] in have)) printf "%s ", all[i] }')
    missing=${missing% }
    [ -n "$missing" ] || return 0

    local options="--no-install-recommends"
    as_root=$(root_word)
    if [ "$as_root" = no ]; then
        say "Debian packages are missing, and this user may not install them. Run this, then start again:"
        printf '  sudo apt-get update && sudo apt-get install %s %s\n' "$options" "$missing" >&2
        exit 1
    fi
    say "installing $(wc -w <<< "$missing") Debian packages: $missing"
    # A machine that has just started may be updating itself: wait for it.
    local apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0"
    $apt update >&2 || say "the package lists could not be refreshed; trying with the ones here"
    # shellcheck disable=SC2086
    $apt install -y $options $missing >&2 \
        || die "the packages could not be installed. The line was: apt-get install $options $missing"
}

# holds PRESET [-DNAME=VALUE ...]: whether the preset was configured in this place, with these values, after the last change of
# the presets.
holds() {
    local build="$root/build/$1" value
    shift
    [ -f "$build/build.ninja" ] && [ ! "$root/CMakePresets.json" -nt "$build/build.ninja" ] \
        && grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$build/CMakeCache.txt" || return 1
    for value in "$@"; do
        value=${value#-D}
        grep -qx "${value%%=*}:[A-Z]*=${value#*=}" "$build/CMakeCache.txt" || return 1
    done
}

# configure PRESET [-DNAME=VALUE ...]: runs cmake only when it must; changes of CMakeLists.txt are ninja's business.
configure() {
    local preset=$1 build="$root/build/$1" fresh=""
    shift
    ! holds "$preset" "$@" || return 0
    if [ -f "$build/CMakeCache.txt" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$build/CMakeCache.txt"; then
        fresh="--fresh" # copied or moved here with its build folder
    fi
    say "configuring $preset in build/$preset"
    # shellcheck disable=SC2086
    (cd "$root" && cmake --preset "$preset" $fresh -Wno-dev "$@" >&2)
}

# build PRESET [TARGETS]: says nothing when there is nothing to do.
build() {
    local preset=$1
    shift
    if ninja -C "$root/build/$preset" -n "$@" 2> /dev/null | grep -q 'no work to do'; then
        return 0
    fi
    say "building $preset in build/$preset"
    NINJA_STATUS="[%f/%t, %e s] " ninja -C "$root/build/$preset" "$@" >&2
}
