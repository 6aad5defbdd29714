#!/usr/bin/env bash
# The same with containerd 1.7, as older nodes have it.
# vm: debian
# seconds: 5400
# shellcheck source=vm/pods.sh
source /vm/pods.sh
