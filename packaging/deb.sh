#!/usr/bin/env bash
# Usage: deb.sh [VERSION]. Makes artifacts/rt_VERSION_ARCHITECTURE.deb of bin/rt, its man pages and completions, of the version of
# Directory.Build.props. Its maintainer is who made the commit, or $DEBFULLNAME <$DEBEMAIL>. The same input gives the same bytes.
# Needs no root; has no maintainer scripts.
set -euo pipefail
cd "$(dirname "$0")/.."
version=${1:-$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)}
architecture=$(dpkg --print-architecture)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
maintainer="${DEBFULLNAME:-$(git log -1 --format=%an)} <${DEBEMAIL:-$(git log -1 --format=%ae)}>"
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
chmod 755 "$stage"

# Everything comes out of its static binary: what it needs of others would be seen here.
if ldd bin/rt >/dev/null 2>&1; then
    echo "deb.sh: bin/rt needs shared libraries, which the package names none of" >&2
    exit 1
fi
umask 022
make --no-print-directory --silent install DESTDIR="$stage" PREFIX=/usr \
    zshcompletiondir=/usr/share/zsh/vendor-completions
gzip --best --no-name "$stage"/usr/share/man/man8/*.8

doc=$stage/usr/share/doc/rt
mkdir -p "$doc" "$stage/usr/share/lintian/overrides" "$stage/DEBIAN"
install -m 644 packaging/copyright "$doc/copyright"
install -m 644 docs/{commands,docker,containerd,kubernetes,podman,hardening}.md SECURITY.md "$doc"
sed -i 's|](\.\./SECURITY\.md|](SECURITY.md|g; s|\[\([^]]*\)\](docs/design\.md[^)]*)|\1|g; s|](docs/|](|g; s|\[\([^]]*\)\](\.\./vm/[^)]*)|\1|g; s|\[\([^]]*\)\](src/[^)]*)|\1|g' "$doc"/*.md
gzip --best --no-name --stdout >"$doc/changelog.gz" <<END
rt ($version) unstable; urgency=medium

  * Commit $(git rev-parse --short HEAD).

 -- $maintainer  $(date --utc --rfc-email --date "@$SOURCE_DATE_EPOCH")
END
printf 'rt: statically-linked-binary [usr/bin/rt]\n' >"$stage/usr/share/lintian/overrides/rt"

# No Provides: Debian has no virtual package of OCI runtimes, and what depends on runc calls a program of that name.
# Conflicts: the command line of Request Tracker is /usr/bin/rt, by way of alternatives, which dpkg does not know of.
cat >"$stage/DEBIAN/control" <<END
Package: rt
Version: $version
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $(du --apparent-size -sk "$stage/usr" | cut -f1)
Suggests: uidmap
Conflicts: rt4-clients, rt5-clients
Section: admin
Priority: optional
Description: low-level OCI runtime, a drop-in for runc
 rt turns an OCI bundle, a config.json and a root file system, into a running
 container. It takes the commands and options of runc, so that Docker,
 containerd, Podman and Kubernetes can use it; "rt doctor" shows how they are
 told to, and what of the host it can use.
 .
 It is one static binary, which needs no daemon and no configuration.
END
(cd "$stage" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
mkdir -p artifacts
dpkg-deb --root-owner-group --build -Zxz "$stage" "artifacts/rt_${version}_$architecture.deb" >/dev/null
echo "artifacts/rt_${version}_$architecture.deb: $(stat -c %s "artifacts/rt_${version}_$architecture.deb") bytes"
