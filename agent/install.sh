#!/bin/sh
# install.sh connects this machine to the private network of a Muster server:
#
#   curl -fsSL URL/install.sh | sh -s -- --control URL --key mkey_…
#
# It fetches muster-agent from that server, and `muster-agent up` does the rest: it says what it does,
# asks for the password if it must, and knows how to undo everything (muster-agent uninstall).
# All arguments are those of `muster-agent up`.
#
# - These bytes are the same on every server: nothing is filled in, so nothing can be slipped in.
# - All work is in functions, and the last line calls one: a download cut short runs nothing.
# - With --pin, nothing is fetched from a server that shows any other certificate.
# - The key goes on by standard input: it is in no process list but that of the pasted line itself.

set -u
umask 077
LC_ALL=C
export LC_ALL

main() {
    key=${MUSTER_KEY:-} control=${MUSTER_CONTROL:-} pin=${MUSTER_PIN:-}
    unset MUSTER_KEY # not for the eyes of the programs started from here

    # Takes out what is needed here; the rest goes round to the end of the list, for muster-agent.
    left=$#
    while [ "$left" -gt 0 ]; do
        option=$1
        shift
        left=$((left - 1))
        case $option in
        --key=* | --token=* | --setup-key=* | --key-file=* | --control=* | --pin=*)
            set -- "${option%%=*}" "${option#*=}" "$@"
            left=$((left + 2))
            ;;
        --key | --token | --setup-key | --key-file | --control | --pin)
            [ "$left" -gt 0 ] || misuse "$option needs a value."
            case $option in
            --control) control=$1 ;;
            --pin) pin=$1 ;;
            --key-file) key=$(read_key "$1") || misuse "The key file $1 cannot be read." ;;
            *) key=$1 ;;
            esac
            shift
            left=$((left - 1))
            ;;
        *) set -- "$@" "$option" ;;
        esac
    done
    check_arguments

    folder=$(mktemp -d "${TMPDIR:-/tmp}/muster-install.XXXXXX") || fail "No temporary folder can be made."
    trap 'rm -rf "$folder"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    fetch_agent

    # From here on muster-agent stands in for this program, and removes the temporary folder itself.
    [ -z "$pin" ] || set -- --pin "$pin" "$@"
    exec sh "$folder/muster-agent" up --control "$control" --key-file - "$@" <<KEY
$key
KEY
}

read_key() { # FILE, or - for standard input
    if [ "$1" = - ]; then head -n 1; else head -n 1 <"$1"; fi 2>/dev/null
}

check_arguments() {
    control=${control%/}
    case $control in
    '') misuse "The server's address is missing: add --control https://…" ;;
    *[!]A-Za-z0-9:/._~%[-]*) misuse "--control is not an address this program understands." ;;
    http://?* | https://?*) ;;
    *) misuse "--control needs an address that begins with https://" ;;
    esac
    [ -n "$key" ] || misuse "The key is missing: add --key mkey_…"
    case $pin,$control in
    ,* | sha256//*,https://*) ;;
    *,http://*) misuse "--pin needs an address that begins with https://" ;;
    *) misuse "--pin needs a value that begins with sha256//" ;;
    esac
}

fetch_agent() {
    agent=$folder/muster-agent
    : >"$agent"
    if command -v curl >/dev/null; then
        # -q, --no-config: what this person has set for other downloads, say a lesser check, is not for this one.
        curl -q -fsS -g --connect-timeout 10 --max-time 60 ${pin:+-k --pinnedpubkey "$pin"} \
            -o "$agent" "$control/muster-agent" 2>/dev/null || explain "curl $?"
    elif wget --version 2>/dev/null | grep -q '^GNU Wget 1\.'; then
        wget --no-config -q --no-hsts --max-redirect=0 --tries=2 --timeout=10 \
            ${pin:+--no-check-certificate "--pinnedpubkey=$pin"} \
            -O "$agent" "$control/muster-agent" 2>/dev/null || explain "wget $?"
    else
        ask_for_curl
    fi
    # A whole program, not half of one, nor the page of a hotel's network.
    if [ "$(head -n 1 "$agent")" != '#!/bin/sh' ] || [ "$(tail -n 1 "$agent")" != '# end of muster-agent' ]; then
        fail "What came from $(host) is not the complete program. Please paste the line again."
    fi
}

host() { # of the server, and its port
    rest=${control#*://}
    printf '%s\n' "${rest%%/*}"
}

# Says in words why the download failed.
explain() { # "PROGRAM STATUS"
    case $1 in
    'curl 90' | 'curl 60' | 'curl 51' | 'curl 77' | 'wget 5')
        if [ -n "$pin" ]; then
            fail "$(host) did not show the certificate named by --pin, so nothing was done." \
                "Ask whoever sent you the line for a new one."
        fi
        fail "The certificate of $(host) is not trusted by this machine, so nothing was done." \
            "If the server made its own certificate, use the line that contains --pin."
        ;;
    'curl 22' | 'wget 8')
        fail "$(host) answered, but not like a Muster server. Please check the address."
        ;;
    esac
    fail "Cannot reach $(host). Check that this machine is online and that the address is right," \
        "then paste the line again."
}

# BusyBox's wget, for one, verifies no certificate.
ask_for_curl() {
    root=''
    [ "$(id -u)" -eq 0 ] || root='sudo '
    for get in 'apt-get install -y' 'dnf install -y' 'apk add' 'pacman -S --noconfirm' 'zypper install -y'; do
        ! command -v "${get%% *}" >/dev/null || fail "This needs curl. To get it: $root$get curl"
    done
    fail "This needs curl, which is not here. Please install it first."
}

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

misuse() {
    printf '%s\n' "$*" >&2
    exit 2
}

main "$@"
