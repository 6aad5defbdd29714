.PHONY: all build demo test fuzz attack vm-test vm-shell bench conformance spec reproducible clean

all: build

build:
	./build.sh

# A busybox container, from an empty clone to its output.
demo: build
	src/Runtime.Tests/busybox.sh artifacts/demo
	src/Runtime.Tests/demo.sh artifacts/demo

# All tests but the attacks, as root: in a private mount namespace with cgroup v2 alone at /sys/fs/cgroup.
test: build
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
vm-test: build
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
