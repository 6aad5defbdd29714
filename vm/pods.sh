# shellcheck shell=bash
# To be sourced by groups: starts the containerd that is in $PATH, with a runtime handler for each runtime, and runs the scenarios
# of pods. What a kubelet says to a CRI server is said by the functions here, by vm/cri/.
# shellcheck source=vm/lib.sh
source /vm/lib.sh
# shellcheck source=vm/compare.sh
source /vm/compare.sh
# shellcheck source=vm/images.sh
source /vm/images.sh
cri() { /vm/cri "$@"; }
export runtime

containerd_toml() { # a handler for each runtime but rt, which is as rt has it, and one each whose cgroups containerd makes itself
    local plugin=io.containerd.cri.v1.runtime name
    if [[ $version == 1 ]]; then
        plugin=io.containerd.grpc.v1.cri
        printf 'version = 2\n[plugins."%s"]\nsandbox_image = "localhost/pause:latest"\n' $plugin
        printf 'disable_hugetlb_controller = false\n'
        printf '[plugins."%s".cni]\nbin_dir = "/usr/lib/cni"\n' $plugin
    else
        printf 'version = 3\n[plugins."io.containerd.cri.v1.images".pinned_images]\nsandbox = "localhost/pause:latest"\n'
        printf '[plugins."%s"]\ndisable_hugetlb_controller = false\n' $plugin
        printf '[plugins."%s".cni]\nbin_dirs = ["/usr/lib/cni"]\n' $plugin
    fi
    for name in runc crun; do handler_toml $name true; done
    for name in runc crun rt; do handler_toml ${name}fs false; done
}
handler_toml() { # name by-systemd
    printf '[plugins."%s".containerd.runtimes.%s]\nruntime_type = "io.containerd.runc.v2"\n' $plugin "$1"
    printf '[plugins."%s".containerd.runtimes.%s.options]\nBinaryName = "%s"\nSystemdCgroup = %s\n' $plugin "$1" "${paths[${1%fs}]}" "$2"
}

ready() { cri call Status | jq --exit-status '[.status.conditions[].status] | all' >/dev/null; }

# Requests. Filters of jq's change them from what a kubelet has where a manifest says nothing.
pod_template='{metadata: {name: "pod", namespace: "default", uid: $uid}, hostname: "pod", log_directory: $logs,
    linux: {cgroup_parent: "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podX.slice",
        security_context: {namespace_options: {pid: "CONTAINER"}, seccomp: {profile_type: "RuntimeDefault"}}}}'
container_template='{metadata: {name: $name}, image: {image: "docker.io/library/busybox:latest"}, command: $ARGS.positional,
    log_path: ($name + ".log"),
    linux: {resources: {cpu_period: 100000, cpu_shares: 2, oom_score_adj: 1000},
        security_context: {namespace_options: {pid: "CONTAINER"}, seccomp: {profile_type: "Unconfined"},
            masked_paths: ["/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
                "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap"],
            readonly_paths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]}}}'

# shellcheck disable=SC2120 # the filter is given by scenarios
pod() { # [filter]: sets pod, the id of one that was started; its configuration is in pod.json
    rm -rf logs
    mkdir logs
    jq --null-input --arg uid "$RANDOM$RANDOM" --arg logs "$PWD/logs" "$pod_template | ${1-.}" >pod.json
    pod=$(jq --arg handler "${handler-$runtime}" '{config: ., runtime_handler: $handler}' pod.json |
        cri call RunPodSandbox - | jq -r .podSandboxId)
    [[ $pod ]]
}
create() { # name filter command...: sets container, the id of one in the pod
    jq --null-input --arg name "$1" "$container_template | $2" --args -- "${@:3}" >container.json
    container=$(jq --null-input --arg pod "$pod" --slurpfile config container.json --slurpfile sandbox pod.json \
        '{pod_sandbox_id: $pod, config: $config[0], sandbox_config: $sandbox[0]}' | cri call CreateContainer - | jq -r .containerId)
    [[ $container ]]
}
start() { cri call StartContainer "{\"container_id\": \"$container\"}" >/dev/null; }
run() { create "$@" && start; }
stop() { cri call StopContainer "{\"container_id\": \"$container\", \"timeout\": $1}" >/dev/null; } # grace period in seconds
rm_container() { cri call RemoveContainer "{\"container_id\": \"$container\"}" >/dev/null; }
status() { cri call ContainerStatus "{\"container_id\": \"$container\"}" | jq -c ".status | ${1-{state, exitCode, reason, message\}}"; }
ended() { cri wait "$container" | jq -r '"\(.reason) \(.exitCode // 0) \(.message // "")"'; }
logs() { cut -d ' ' -f 2- "logs/$1.log"; } # name: what came when, by which stream, and whether it is a full line
rmp() {
    cri call StopPodSandbox "{\"pod_sandbox_id\": \"$pod\"}" >/dev/null
    cri call RemovePodSandbox "{\"pod_sandbox_id\": \"$pod\"}" >/dev/null
}

# Most scenarios need no pod of their own. These stay, one for each runtime.
in_standing_pod() {
    cd "$work/$runtime.pod"
    pod=$(<id)
}
once() { # filter command...: a container in the standing pod, to its end; prints what it printed, and how it ended
    in_standing_pod
    if create once "$@"; then
        start
        ended
        cut -d ' ' -f 4- logs/once.log
    fi
    [[ ! $container ]] || rm_container
    rm -f logs/once.log
}
sleeper() { # filter: a container in the standing pod
    in_standing_pod
    run sleeper "$1" sleep 600
}

# containerd
mkdir -p /etc/containerd /etc/cni/net.d
version=$(containerd --version | awk '{ sub(/v/, "", $3); print int($3) }')
containerd_toml >/etc/containerd/config.toml
rt doctor --engine containerd >"$work/rt.toml"
sed '/^version/d' "$work/rt.toml" >>/etc/containerd/config.toml
jq --null-input '{cniVersion: "1.0.0", name: "pods", plugins: [{type: "bridge", bridge: "cni0", isGateway: true,
    ipam: {type: "host-local", ranges: [[{subnet: "10.88.0.0/16"}]], routes: [{dst: "0.0.0.0/0"}]}}]}' >/etc/cni/net.d/pods.conflist
if [[ $VM_KIND != here ]]; then # systemd's unit has its own idea of where containerd is
    mkdir -p /run/systemd/system/containerd.service.d
    printf '[Service]\nEnvironment=PATH=%s\nExecStart=\nExecStart=%s\n' "$PATH" "$(command -v containerd)" \
        >/run/systemd/system/containerd.service.d/path.conf
    systemctl daemon-reload
fi
check "containerd $version starts" service restart containerd
import_image k8s.io docker.io/library/busybox:latest /vm/rootfs sh
mkdir "$work/pause"
cp /usr/bin/catatonit "$work/pause"
import_image k8s.io localhost/pause:latest "$work/pause" /catatonit -P
eventually "its CRI is ready" ready
for runtime in "${runtimes[@]}"; do
    mkdir "$work/$runtime.pod"
    cd "$work/$runtime.pod"
    standing_pod() { pod && echo "$pod" >id; }
    check "a pod by $runtime" standing_pod
done

for part in /vm/scenarios/cri-*.sh; do
    cd "$work"
    # shellcheck source=/dev/null
    source "$part"
done

for runtime in "${runtimes[@]}"; do
    in_standing_pod
    check "the end of the pod by $runtime" rmp
done
service stop containerd
echo "# milliseconds of all scenarios: runc ${seconds[runc]}, crun ${seconds[crun]}, rt ${seconds[rt]}" >&3
finish
