#!/bin/bash
# fetch.sh SERVER - scripts/fetch-data against a server that breaks off, stalls, lies or is not there, by each of curl
# and wget that is here. The official sums are replaced in a copy of the script by those of small files made here.
server=$(realpath "$1")
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d) && cd "$work" || exit 1
running=
trap '[ -z "$running" ] || kill $running; rm -rf "$work"' EXIT
unset TARE_DATA TARE_MIRROR
number=0 failures=0

sum() { md5sum <"$1" | cut -d' ' -f1; }

# ---- the files that the server has ----

mkdir -p site/cifar-10-batches-bin
for name in data_batch_{1,2,3,4,5}.bin test_batch.bin batches.meta.txt; do
    head -c 40000 /dev/urandom >site/cifar-10-batches-bin/$name
done
tar -C site -czf site/cifar-10-binary.tar.gz cifar-10-batches-bin
mkdir -p lacking/cifar-10-batches-bin
cp site/cifar-10-batches-bin/data_batch_1.bin lacking/cifar-10-batches-bin
for name in train test; do head -c 90000 /dev/urandom >site/${name}_32x32.mat; done

# A copy of the script which takes these files for the official ones.
script() { # file archive
    sed -e "s/c32a1d4ab5d03f1284b67883e8d13530/$(sum "$2")/" \
        -e "s/e26dedcc434d2e4c54c9b2d4a06d8373/$(sum site/train_32x32.mat)/" \
        -e "s/eb5a983be6a315427106f1b164d9cef3/$(sum site/test_32x32.mat)/" "$here/scripts/fetch-data" >"$1"
    chmod +x "$1"
}
script fetch site/cifar-10-binary.tar.gz

# ---- one case ----

serve() { # mode [folder]
    stop
    rm -f requests
    "$server" "$1" "${2:-site}" >requests &
    running=$!
    while [ ! -s requests ]; do sleep 0.02; done
    mirror=http://127.0.0.1:$(head -n 1 requests)
}

stop() {
    [ -z "$running" ] || kill $running
    wait
    running=
}

fetch() { # arguments
    PATH=$path timeout -k 5 60 ./fetch --mirror "$mirror" --timeout 1 "$@" >out 2>err </dev/null
    code=$?
}

check() { # what condition...
    local what=$1
    shift
    "$@" || problem="$problem; $what"
}

exits() { check "exit $code, expected $1" [ $code = "$1" ]; }
says() { check "stderr lacks '$1'" grep -q -- "$1" err; }
whole() { check "another $1" cmp -s "site/$1" "to/$1"; }
asked_from() { check "the last request is not from byte $1" [ "$(tail -n 1 requests | cut -d' ' -f2)" = "$1" ]; }
kept() { check "$1 has not $2 bytes" [ "$(wc -c <"to/$1" 2>/dev/null)" = "$2" ]; }

# Nothing lies under a final name, and nothing is left behind.
nothing() { check "there is $(find to -type f 2>/dev/null)" [ -z "$(find to -type f 2>/dev/null)" ]; }
nothing_else() { check "left: $(ls -A to)" [ "$(ls -A to)" = "$1" ]; }

all_cifar() {
    for name in data_batch_{1,2,3,4,5}.bin test_batch.bin batches.meta.txt; do whole cifar-10-batches-bin/$name; done
    nothing_else cifar-10-batches-bin
}

report() { # name
    number=$((number + 1))
    if [ -z "$problem" ]; then
        echo "ok $number - $client: $1"
    else
        failures=$((failures + 1))
        echo "not ok $number - $client: $1$problem"
        sed 's/^/#   err: /' err | head -n 8
    fi
    problem=
    rm -rf to
}

# ---- the cases ----

archive=$(wc -c <site/cifar-10-binary.tar.gz)

a_good_server() {
    serve good
    fetch --to to cifar10
    exits 0 && all_cifar
    mv requests before
    fetch --to to cifar10
    exits 0 && says 'is there already'
    report "a good server, and nothing to do the second time"
}

broken_connections() {
    serve cut
    fetch --to to cifar10
    exits 0 && all_cifar
    says "broke off after $((archive / 3)) bytes"
    asked_from $((archive / 3 * 2))
    report "goes on where a connection broke off"
    serve stall
    fetch --to to svhn
    exits 0 && whole_svhn
    report "a server that stalls is given up and asked again"
    serve whole
    fetch --to to cifar10
    exits 0 && all_cifar
    report "a server that cannot continue is asked for all of it"
    serve hopeless
    fetch --to to cifar10
    exits 1 && says 'cannot fetch'
    check "files in place" [ ! -e to/cifar-10-batches-bin ]
    report "a server that cannot continue and always breaks off"
}

whole_svhn() {
    mkdir -p to/svhn
    check "another train file" cmp -s site/train_32x32.mat to/svhn/train_32x32.mat
    check "another test file" cmp -s site/test_32x32.mat to/svhn/test_32x32.mat
    check "left: $(ls -A to to/svhn)" [ "$(find to -type f | wc -l)" = 2 ]
}

wrong_files() {
    serve lie
    fetch --to to cifar10
    exits 1 && says 'not the official file' && nothing
    report "a server that lies"
    serve page
    fetch --to to svhn
    exits 1 && says 'a login page, perhaps' && nothing
    report "a login page instead of a file"
    mkdir to && head -c 5000 /dev/zero >to/cifar-10-binary.tar.gz.part
    serve good
    fetch --to to cifar10
    exits 0 && says 'fetching it from its beginning' && all_cifar
    report "the begin of another file is thrown away"
    mkdir to && cp site/cifar-10-binary.tar.gz to/cifar-10-binary.tar.gz.part
    serve gone
    fetch --to to cifar10
    exits 0 && all_cifar
    report "all of it had come before"
}

no_server() {
    serve gone
    fetch --to to cifar10
    exits 1 && says 'cannot fetch' && says 'by hand: .* put it at to/cifar-10-binary.tar.gz' && nothing
    report "a file that the server does not have"
    mkdir -p to/svhn && head -c 1000 site/train_32x32.mat >to/svhn/train_32x32.mat.part
    serve good
    stop
    fetch --to to svhn
    exits 1 && says 'cannot fetch' && says 'the 1000 bytes that have come are kept'
    kept svhn/train_32x32.mat.part 1000
    report "offline: what came before is kept"
}

interrupted() {
    serve stall
    set -m # a group of its own, so that its client dies with it
    PATH=$path ./fetch --mirror "$mirror" --timeout 50 --to to cifar10 >out 2>err </dev/null &
    local fetching=$! part=to/cifar-10-binary.tar.gz.part
    set +m
    for ((i = 0; i < 200; i++)); do
        [ ! -s $part ] || break
        sleep 0.05
    done
    kill -TERM -- -$fetching
    wait $fetching 2>/dev/null
    check "nothing was kept" [ -s $part ]
    nothing_else cifar-10-binary.tar.gz.part
    local had=$(wc -c <$part)
    fetch --to to cifar10
    exits 0 && all_cifar
    asked_from "$had"
    report "killed, and goes on the next time"
}

by_hand() {
    serve gone
    mkdir to && cp site/cifar-10-binary.tar.gz to
    fetch --to to cifar10
    exits 0
    whole cifar-10-batches-bin/test_batch.bin
    check "the file is gone" cmp -s site/cifar-10-binary.tar.gz to/cifar-10-binary.tar.gz
    report "a file that was fetched by hand"
    mkdir -p to/svhn && head -c 1000 /dev/zero >to/svhn/train_32x32.mat
    fetch --to to svhn
    exits 1 && says 'to/svhn/train_32x32.mat has the checksum' && says 'move it away'
    kept svhn/train_32x32.mat 1000
    report "another file under the final name is left alone"
}

# Archives whose checksum is right and which are wrong all the same.
bad_archives() {
    mkdir -p bad
    head -c 30000 site/cifar-10-binary.tar.gz >bad/cifar-10-binary.tar.gz
    script fetch bad/cifar-10-binary.tar.gz
    serve good bad
    fetch --to to cifar10
    exits 1 && says 'cannot unpack'
    check "files in place" [ ! -e to/cifar-10-batches-bin ]
    nothing_else cifar-10-binary.tar.gz.part
    report "an archive that does not unpack"
    tar -C lacking -czf bad/cifar-10-binary.tar.gz cifar-10-batches-bin
    script fetch bad/cifar-10-binary.tar.gz
    fetch --to to cifar10
    exits 1 && says 'holds no cifar-10-batches-bin/data_batch_2.bin'
    check "files in place" [ ! -e to/cifar-10-batches-bin ]
    report "an archive that lacks a file"
    script fetch site/cifar-10-binary.tar.gz
}

by_environment() {
    serve good
    PATH=$path TARE_DATA=to TARE_MIRROR=$mirror/ ./fetch cifar10 >out 2>err </dev/null
    code=$?
    exits 0 && all_cifar
    report "TARE_DATA and TARE_MIRROR"
}

usage_errors() {
    serve good
    for arguments in '' 'mnist' '--timeout 0 cifar10' '--timeout x cifar10' '--fast cifar10' 'cifar10 --to'; do
        fetch $arguments
        exits 2 && says 'usage:'
    done
    check "a request was made" [ "$(wc -l <requests)" = 1 ]
    fetch --list
    exits 0
    check "no list" grep -q 'cifar100 .*169 MB' out
    report "usage errors and the list"
}

# ---- each client by itself: a folder of commands that has all but the other ----

bare_path() { # client
    mkdir -p "bin-$1"
    for command in sh bash tar gzip md5sum cut wc tr grep sed rm mv mkdir cat sleep dirname timeout "$1"; do
        ln -sf "$(command -v $command)" "bin-$1/"
    done
    path=$work/bin-$1
}

for client in curl wget; do
    if ! command -v $client >/dev/null; then
        number=$((number + 1))
        echo "ok $number - $client # SKIP it is not here"
        continue
    fi
    bare_path $client
    a_good_server
    broken_connections
    wrong_files
    no_server
    interrupted
    by_hand
    bad_archives
    by_environment
    usage_errors
done
client=none
bare_path true
fetch --to to cifar10
exits 1 && says 'neither curl nor wget' && nothing
report "neither curl nor wget"

echo "1..$number"
[ "$failures" = 0 ]
