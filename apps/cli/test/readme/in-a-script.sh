#!/bin/sh
# Runs a command against Faultwire. Ends with its status; where that is 0, with 1 if a client did not do what the rules
# expect of it: sh in-a-script.sh faults.yaml npm test
set -eu
rules=$1
shift
folder=$(mktemp -d)
ready=$folder/ready.json

faultwire start --config "$rules" --port 0 --proxy-port 0 --ready-file "$ready" --report report &
faultwire=$!
trap 'kill "$faultwire" 2>/dev/null || true; rm -rf "$folder"' EXIT
until [ -e "$ready" ]; do
  # It has ended, for a rule file that is refused for instance: its status is ours.
  kill -0 "$faultwire" 2>/dev/null || { wait "$faultwire"; exit 1; }
  sleep 0.1
done

trust=$(faultwire ca env)
eval "$trust"
HTTPS_PROXY=$(node -p 'require(process.argv[1]).proxy' "$ready")
export HTTPS_PROXY
status=0
"$@" || status=$?

# The verdict is there when Faultwire has ended.
kill "$faultwire"
wait "$faultwire" || { verdict=$?; [ "$status" -ne 0 ] || status=$verdict; }
exit "$status"
