#!/bin/sh
# The borders of docs/architecture.md: who includes whom, which file knows which
# library, and what the core asks of the world.
#
# The build alone does not draw them: Debian's headers of libuv, libcurl and
# others lie where every compiler looks.
set -u
source=$1
build=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A header of somebody else's, and the files that know it (a pattern of case).
# io/versions.c asks each library for its name.
knows() {
    case $1 in
    uv.h)
        case $2 in
        engine/io/alarm.c | engine/io/child.c | engine/io/curl_uv.c | \
            engine/io/gate.c | engine/io/http.c | engine/io/inbox.c | \
            engine/io/room.c | engine/io/visitor.h | engine/io/versions.c | \
            engine/daemon_parts.h | engine/generations_parts.h | engine/journal_parts.h | \
            engine/clerk.c | engine/load.c | engine/cli/errand.c) return 0 ;;
        esac ;;
    curl/*.h)
        case $2 in
        engine/io/http.c | engine/io/curl_uv.h | engine/io/transfer.h | \
            engine/io/origin.c | engine/io/versions.c | \
            engine/demo/backend.c | engine/demo/hook.c) return 0 ;;
        esac ;;
    malloc.h)
        case $2 in
        engine/io/heap.c) return 0 ;;
        esac ;;
    civetweb.h)
        case $2 in
        engine/io/web.c | engine/io/versions.c | engine/demo/*.c) return 0 ;;
        esac ;;
    openssl/*.h)
        case $2 in
        engine/io/secrets.c | engine/io/signature.c | \
            engine/io/versions.c) return 0 ;;
        esac ;;
    jansson.h)
        case $2 in
        engine/io/answer.c | engine/io/batch.c | engine/io/body.h | \
            engine/io/reply.h | engine/cli/result.h | engine/cli/talk.h | \
            engine/io/settings.c | engine/io/settings_json.h | \
            engine/io/web.h | engine/io/versions.c | \
            engine/demo/*) return 0 ;;
        esac ;;
    sqlite3.h)
        case $2 in
        engine/store/sqlite_* | engine/io/versions.c) return 0 ;;
        esac ;;
    lua.h | lauxlib.h | lualib.h)
        case $2 in
        engine/script/*) return 0 ;;
        esac ;;
    esac
    return 1
}

# A header of the C library: the core and the seams know those without a clock,
# a file or a process; whoever touches the world knows more.
pure=" assert.h inttypes.h limits.h stdarg.h stdbool.h stddef.h stdint.h
    stdio.h stdlib.h string.h "
world=" arpa/inet.h ctype.h dirent.h errno.h fcntl.h ftw.h ifaddrs.h math.h netdb.h netinet/in.h poll.h
    pthread.h signal.h spawn.h stdatomic.h strings.h sys/file.h sys/ioctl.h sys/pidfd.h
    sys/mman.h sys/prctl.h sys/resource.h sys/signalfd.h sys/socket.h sys/stat.h
    sys/syscall.h sys/timerfd.h sys/types.h sys/wait.h time.h unistd.h
    linux/audit.h linux/filter.h linux/seccomp.h "
seams=" stdarg.h stdbool.h stddef.h stdint.h "

in_list() {
    case $2 in *[[:space:]]"$1"[[:space:]]*) return 0 ;; esac
    return 1
}

# may_name FILE HEADER: in angle brackets.
may_name() {
    case $1 in
    include/*) in_list "$2" "$seams" ;;
    engine/store/sqlite_*) in_list "$2" "$pure$world" || knows "$2" "$1" ;;
    engine/core/* | engine/store/*) in_list "$2" "$pure" ;;
    *) in_list "$2" "$pure$world" || knows "$2" "$1" ;;
    esac
}

# may_quote FILE HEADER: in quotes. A seam; one of the file's own folder; and
# the commands know the root of the engine, which knows their table.
may_quote() {
    case $2 in
    mooncron/*) [ -f "include/$2" ] && return 0 ;;
    */*) [ "$1 $2" = "engine/main.c cli/verbs.h" ] && return 0 ;;
    *)
        [ -f "${1%/*}/$2" ] && return 0
        case $1 in engine/cli/*) [ -f "engine/$2" ] && return 0 ;; esac ;;
    esac
    return 1
}

# violations FOLDER: every include that crosses a border, a line each.
violations() {
    cd "$1" || exit 1
    grep -rnE --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include' \
        engine include |
        sed -E 's/^([^:]*):([0-9]+):[^<"]*([<"])([^>"]*).*/\1 \2 \3 \4/' |
        while read -r file line kind header; do
            case $kind in
            '<') may_name "$file" "$header" ;;
            *) may_quote "$file" "$header" ;;
            esac || echo "$file:$line may not include $header"
        done
}

# What libcore.a wants of others: strings, memory, text into memory, sorting,
# assert; and stderr and abort, for memory.c when there is no memory left.
wanted=" abort calloc free malloc realloc stderr fprintf snprintf vsnprintf
    memchr memcmp memcpy memmem memmove memset strchr strcmp strcspn strlen
    strncmp strnlen strpbrk strrchr strspn strstr strtol strtoul qsort __assert_fail
    __stack_chk_fail __popcountdi2 _GLOBAL_OFFSET_TABLE_ "

foreign_symbols() {
    nm "$build/libcore.a" 2>/dev/null |
        awk 'NF == 3 { defined[$3] = 1 } $1 == "U" { used[$2] = 1 }
             END { for (name in used) if (!(name in defined)) print name }' |
        sed -E 's/^__(.*)_chk$/\1/; /^__(asan|ubsan|tsan|sanitizer)_/d; /^__start_|^__stop_/d' |
        while read -r name; do
            in_list "$name" "$wanted" || echo "libcore.a may not call $name"
        done
}

failures=0
fail() {
    echo "$1"
    failures=$((failures + 1))
}

found=$(violations "$source")
[ -z "$found" ] || fail "$found"
[ -f "$build/libcore.a" ] || fail "there is no $build/libcore.a"
found=$(foreign_symbols)
[ -z "$found" ] || fail "$found"

# The test of the test: each of these is a violation.
cp -r "$source/engine" "$source/include" "$work"
plant() {
    cp "$work/$1" "$work/kept"
    echo "#include $2" >>"$work/$1"
    [ -n "$(violations "$work")" ] || fail "$2 in $1 was not noticed"
    mv "$work/kept" "$work/$1"
}
plant engine/core/run.c '<uv.h>'
plant engine/core/run.c '<time.h>'
plant engine/core/run.c '"vm.h"'
plant engine/core/run.c '"../io/gate.h"'
plant include/mooncron/core.h '<jansson.h>'
plant engine/io/log.c '<openssl/evp.h>'
plant engine/io/log.c '<sqlite3.h>'
plant engine/store/store.c '<sqlite3.h>'
plant engine/store/entries.c '<time.h>'
plant engine/script/vm.c '<uv.h>'
plant engine/io/log.c '"daemon.h"'
plant engine/daemon.c '"cli/args.h"'

[ "$failures" = 0 ]
