# shellcheck shell=bash
# linux.resources.rdma.

refused "rdma: a device that is not there" "linux.resources.rdma.mlx5_0" inside true \
    '.linux.resources.rdma = {mlx5_0: {hcaHandles: 3}}'
skip "rdma: a limit keeps handles from being made" "the VM has no RDMA device: QEMU has none, the kernel none in software (rxe, siw)"
