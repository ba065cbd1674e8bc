#!/bin/sh
# Installs what the tests need beside Python packages: a C compiler (to make disk faults) and openssl (to make an
# expired certificate). As root on Debian and Ubuntu by itself; else it says what to install.
set -eu
missing=""
command -v cc >/dev/null 2>&1 || missing="$missing gcc libc6-dev"
command -v openssl >/dev/null 2>&1 || missing="$missing openssl"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2
else
    echo "The tests need these packages; install them first:$missing" >&2
    exit 1
fi
