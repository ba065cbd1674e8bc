#!/bin/sh
# Installs what the bench measures beside Relevo: HAProxy for the part `takeover`, Request Tracker for the part `rt`.
# As root on Debian and Ubuntu by itself; else it says what to install. Without a part it looks for both.
set -eu
part="${1:-}"
missing=""
case "$part" in
"" | takeover) [ -x /usr/sbin/haproxy ] || command -v haproxy >/dev/null 2>&1 || missing="$missing haproxy" ;;
esac
case "$part" in
"" | rt)
    if [ ! -x /usr/share/request-tracker5/libexec/rt-server ]; then
        missing="$missing request-tracker5 rt5-standalone rt5-db-sqlite dbconfig-no-thanks"
        # It wants some mail transport agent, and would else bring one that starts; one that is there stays.
        [ -x /usr/sbin/sendmail ] || missing="$missing msmtp-mta"
    fi
    ;;
esac
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    # The bench starts servers of its own: Debian is not to start one.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
        trap 'rm -f "$policy"' EXIT
    fi
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2
else
    echo "The bench needs these packages; install them first:$missing" >&2
    exit 1
fi
