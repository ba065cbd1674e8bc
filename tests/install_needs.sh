#!/bin/sh
# Installs what the tests need beside Python packages: a C compiler (to make disk faults), openssl (to make an
# expired certificate), iproute2 and util-linux (hosts that vanish), servers of PostgreSQL, IMAP (Dovecot)
# and SMTP (Postfix), and Chromium. As root on Debian and Ubuntu by itself; else it says what to install.
set -eu
missing=""
command -v cc >/dev/null 2>&1 || missing="$missing gcc libc6-dev"
command -v openssl >/dev/null 2>&1 || missing="$missing openssl"
PATH="$PATH:/usr/sbin:/sbin" command -v ip >/dev/null 2>&1 || missing="$missing iproute2"
command -v unshare >/dev/null 2>&1 || missing="$missing util-linux"
if ! command -v postgres >/dev/null 2>&1 && ! ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; then
    missing="$missing postgresql"
fi
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
PATH="$PATH:/usr/sbin" command -v dovecot >/dev/null 2>&1 || missing="$missing dovecot-imapd"
PATH="$PATH:/usr/sbin" command -v postfix >/dev/null 2>&1 || missing="$missing postfix"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    # The tests start servers of their own: Debian is not to make and start one.
    clusters=/etc/postgresql-common/createcluster.d
    mkdir -p "$clusters" && echo "create_main_cluster = false" >"$clusters/relevo-tests.conf"
    echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2
else
    echo "The tests need these packages; install them first:$missing" >&2
    exit 1
fi
