#!/usr/bin/env bash
# containerd 2 as a kubelet drives it, over the CRI, with the same pods under rt, runc and crun.
# vm: debian
# seconds: 5400
export PATH=/vm/containerd:$PATH
# shellcheck source=vm/pods.sh
source /vm/pods.sh
