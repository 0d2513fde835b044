#!/bin/sh
# ./dev on a machine where packages are missing: whoever can install them does,
# who cannot is told which, and no file of ours is left behind.
set -u
source=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# stub NAME COMMANDS: a program of that name.
stub() {
    printf '#!/bin/sh\n%s\n' "$2" >"$work/bin/$1"
    chmod +x "$work/bin/$1"
}

# The only programs that ./dev finds. No package is installed; apt-get fails.
mkdir "$work/bin" "$work/tmp"
for tool in dirname env mktemp rm sh tail; do
    ln -s "$(command -v $tool)" "$work/bin/$tool"
done
stub dpkg-query 'exit 1'
stub apt-get 'echo "no network" >&2; exit 100'

# expect WHAT TEXT: ./dev, as the user that `id` names, leaves with 69, has
# said this, and has taken its files away.
expect() {
    said=$(TMPDIR="$work/tmp" PATH="$work/bin" "$source/dev" build 2>&1)
    code=$?
    left=$(ls "$work/tmp")
    case $said in
    *"$2"*) [ "$code" = 69 ] && [ -z "$left" ] && return ;;
    esac
    echo "$1: exit code $code, left \"$left\", said:"
    echo "$said"
    failures=$((failures + 1))
}

stub id 'echo 1000'
expect "neither root nor sudo" "nor has sudo:
  cmake ninja-build"

stub sudo 'exec "$@"'
expect "sudo" "no network
dev: the packages could not be installed"
rm "$work/bin/sudo"

stub id 'echo 0'
expect "root" "no network
dev: the packages could not be installed"

[ "$failures" = 0 ]
