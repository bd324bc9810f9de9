#!/bin/sh
# A user of the object store for each process that reads or writes models: safe to repeat, and the way to another secret.
# Only what the smallest image of such a server has is used: a shell, cat, mc.
set -eu
secrets=${SECRETS:-/run/secrets/faultline}
policies=${0%/*}
MC_HOST_store="http://$(cat "$secrets/user"):$(cat "$secrets/password")@${OBJECT_STORE:-object-store:9000}"
export MC_HOST_store

ensure() { # user, policy
    # By standard input: a secret among the arguments would be in the list of processes.
    printf '%s\n%s\n' "$1" "$(cat "$secrets/$1")" | mc admin user add store
    case $(mc admin user info --json store "$1") in
        *"\"$2\""*) ;; # attached already: to attach it twice is an error
        *) mc admin policy attach store "$2" --user "$1" ;;
    esac
}

mc admin policy create store reader "$policies/reader.json"
mc admin policy create store writer "$policies/writer.json"
ensure faultline-consumer reader
ensure faultline-alerts reader
ensure faultline-api reader
ensure faultline-trainer writer
