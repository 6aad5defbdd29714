share := artifacts/share

# The programs share a folder of intermediate files.
.NOTPARALLEL:

.PHONY: all build install uninstall deb deb-test demo test fuzz attack vm-test vm-shell bench conformance spec reproducible clean

all: build $(share)/made

build:
	./build.sh

# Where things are installed, by the names of the GNU coding standards.
PREFIX ?= /usr/local
prefix = $(PREFIX)
exec_prefix = $(prefix)
bindir = $(exec_prefix)/bin
datarootdir = $(prefix)/share
mandir = $(datarootdir)/man
man8dir = $(mandir)/man8
bashcompletiondir = $(datarootdir)/bash-completion/completions
zshcompletiondir = $(datarootdir)/zsh/site-functions
fishcompletiondir = $(datarootdir)/fish/vendor_completions.d
INSTALL = install

# Made anew where their sources are newer, so that root may install what somebody else has built.
bin/rt: $(shell find src/Runtime \( -name bin -o -name obj \) -prune -o -type f -print) Directory.Build.props Directory.Packages.props
	./build.sh

$(share)/made: $(wildcard src/Manual/*.cs src/Runtime/Cli/*.cs) docs/commands.md Directory.Build.props
	src/Manual/manual.sh $(share)
	touch $@

# The binary by rename: whoever starts rt meanwhile gets the old one or the new one, and what runs is not touched.
install: bin/rt $(share)/made
	@mkdir -p "$(DESTDIR)$(bindir)" "$(DESTDIR)$(man8dir)" "$(DESTDIR)$(bashcompletiondir)" "$(DESTDIR)$(zshcompletiondir)" \
		"$(DESTDIR)$(fishcompletiondir)" && test -w "$(DESTDIR)$(bindir)" || { \
		echo "make install: $(DESTDIR)$(prefix) can't be written to: do it as root, or with PREFIX=\$$HOME/.local" >&2; exit 1; }
	$(INSTALL) -m 755 bin/rt "$(DESTDIR)$(bindir)/.rt.new"
	mv -f "$(DESTDIR)$(bindir)/.rt.new" "$(DESTDIR)$(bindir)/rt"
	$(INSTALL) -m 644 $(share)/man/man8/*.8 "$(DESTDIR)$(man8dir)"
	$(INSTALL) -m 644 $(share)/bash-completion/completions/rt "$(DESTDIR)$(bashcompletiondir)/rt"
	$(INSTALL) -m 644 $(share)/zsh/site-functions/_rt "$(DESTDIR)$(zshcompletiondir)/_rt"
	$(INSTALL) -m 644 $(share)/fish/vendor_completions.d/rt.fish "$(DESTDIR)$(fishcompletiondir)/rt.fish"

# Its pages by name: other packages have some that begin with rt-, too.
uninstall:
	rm -f "$(DESTDIR)$(bindir)/rt" "$(DESTDIR)$(man8dir)/rt.8"
	for page in $$(sed -n 's/^## rt /rt /p' docs/commands.md | grep -oE 'rt [a-z]+' | tr ' ' -); do rm -f "$(DESTDIR)$(man8dir)/$$page.8"; done
	rm -f "$(DESTDIR)$(bashcompletiondir)/rt" "$(DESTDIR)$(zshcompletiondir)/_rt" "$(DESTDIR)$(fishcompletiondir)/rt.fish"

# A Debian package, artifacts/rt_VERSION_ARCHITECTURE.deb.
deb: bin/rt $(share)/made
	packaging/deb.sh

# That package, judged by lintian and installed, upgraded, removed and purged in a Debian root of its own. As root.
deb-test: deb
	packaging/deb-test.sh

# A busybox container, from an empty clone to its output.
demo: build
	src/Runtime.Tests/busybox.sh artifacts/demo
	src/Runtime.Tests/demo.sh artifacts/demo

# All tests but the attacks, as root: in a private mount namespace with cgroup v2 alone at /sys/fs/cgroup.
test: build $(share)/made
	src/Runtime.Tests/busybox.sh artifacts/test
	src/Runtime.Tests/run.sh --filter "FullyQualifiedName!~Rt.Tests.Attacks."

# Hostile images and containers against bin/rt, a test for each class of attack. RT_ATTACK_ROUNDS=100 shortens the races.
attack: build
	src/Runtime.Tests/busybox.sh artifacts/test
	src/Runtime.Tests/run.sh --filter "FullyQualifiedName~Rt.Tests.Attacks."

# A million inputs for all parsers, and a table of what came of them. RT_FUZZ_CASES and RT_FUZZ_SEED change which.
fuzz:
	src/Runtime.Tests/fuzz.sh

# What only a machine of one's own can show: groups of tests in virtual machines. GROUP=cgroups runs one of them.
vm-test: build $(share)/made
	vm/test.sh $(GROUP)

# A shell in such a machine: VM=debian, or a small one, VM=mini.
vm-shell: build
	vm/shell.sh $(or $(VM),debian)

# The validation programs of OCI runtime-tools against rt, and against crun and runc for comparison.
conformance: build
	conformance/run.sh

# What of runtime-spec is met, and how much of it is proven.
spec:
	spec/counts.sh

bench: build
	bench/run.sh

# Two builds of this commit in two folders must give the same bytes.
reproducible: build
	src/Runtime.Tests/reproducible.sh

clean:
	rm -rf bin artifacts src/*/bin src/*/obj
