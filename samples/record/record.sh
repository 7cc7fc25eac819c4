#!/bin/sh
# Records the samples between real libraries, on 127.0.0.1 only. How to run it: samples/README.md.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$here/..
port=${PORT:-8080}
python=${PYTHON:-python3}

# record FILE COMMAND…: what passes the port while the command runs. pcap has no place for the machine's names.
record() {
    file=$1
    shift
    raw=$(mktemp)
    dumpcap -q -P -i lo -f "tcp port $port" -w "$raw" 2>"$raw.log" &
    dumpcap=$!
    until [ -s "$raw" ]; do sleep 0.1; done
    sleep 0.5 # the file is there a moment before packets are taken
    "$@"
    sleep 0.5
    kill -INT "$dumpcap"
    wait "$dumpcap" || cat "$raw.log" >&2
    case $file in
    *.pcapng) editcap -F pcapng "$raw" "$out/$file" ;;
    *) cat "$raw" >"$out/$file" ;;
    esac
    rm -f "$raw" "$raw.log"
}

record real-ws-clean.pcap node "$here/ws.js" clean "$port"
record real-ws-rejected.pcap node "$here/ws.js" rejected "$port"
record real-ws-reset.pcap node "$here/ws.js" reset "$port"
record real-websockets-1006.pcap "$python" "$here/websockets_ends.py" killed "$port"
record real-websockets-fragments.pcapng "$python" "$here/websockets_ends.py" fragments "$port"
