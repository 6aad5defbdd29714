# shellcheck shell=bash
# To be sourced: need PROGRAM PACKAGE... installs by apt those packages whose program is missing.
need() {
    local missing=()
    while (($#)); do
        command -v "$1" >/dev/null || missing+=("$2")
        shift 2
    done
    ((${#missing[@]})) || return 0
    if ((EUID != 0)); then
        echo "${0##*/}: missing packages; as root: apt-get install ${missing[*]}" >&2
        return 1
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}
