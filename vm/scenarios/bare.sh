# shellcheck shell=bash disable=SC2016
# Commands that engines call, and what they get to hear.

scenario "run: output and exit code" '^\[7\]$' <<'END'
prepare 'echo $$ hello; exit 7'; oci run --bundle box box
END
scenario "run: killed by a signal" '^\[143\]$' <<'END'
prepare 'exec sh -c "kill -TERM $$; sleep 1"' 'del(.linux.namespaces[] | select(.type == "pid"))'; oci run --bundle box box
END
scenario "create, state, start, kill, delete" '"stopped"' <<'END'
prepare 'exec sleep 600' '.annotations = {a: "b"}'; oci create --bundle box --pid-file pid box >/dev/null </dev/null
state; test "$(<pid)" = "$(oci state box | jq .pid)"; rm pid
oci start box; state
oci kill box KILL; stopped; state
oci delete box; state
END
scenario "no such container" 'does not exist' <<'END'
oci state nobody
oci start nobody
oci kill nobody KILL
oci delete nobody
oci delete --force nobody
oci exec nobody true
oci pause nobody; oci resume nobody
oci ps nobody
END
scenario "an id that exists" 'already exists|exists already' <<'END'
prepare 'exec sleep 600'; oci create --bundle box box >/dev/null </dev/null
oci create --bundle box box
oci run --bundle box box
gone
END
scenario "ids that are none" '^\[1\]$' <<'END'
prepare true
oci create --bundle box ../box; oci create --bundle box 'a b'; oci create --bundle box ''; oci create --bundle box a/b
END
scenario "what can't be started" 'not found in \$path' <<'END'
for program in nothing /nothing /etc/passwd /etc; do prepare true ".process.args = [\"$program\"]"; oci create --bundle box box </dev/null | words; done; oci state box
END
scenario "exec" '^in / as 0$' <<'END'
prepare 'exec sleep 600'; oci create --bundle box box >/dev/null </dev/null; oci start box
oci exec box sh -c 'echo in $PWD as $(id -u); exit 5'
oci exec --user 1000:1000 --cwd /tmp --env A=b box sh -c 'echo in $PWD as $(id -u):$(id -g) with $A'
oci exec --cap CAP_SYS_PTRACE --no-new-privs box grep -E 'CapEff|NoNew' /proc/self/status
echo '{"args": ["sh", "-c", "id -u; pwd"], "cwd": "/tmp", "user": {"uid": 5}, "env": ["PATH=/bin"]}' >process.json; oci exec --process process.json box
oci exec --detach --pid-file pid box sleep 500; sleep 0.5; tr '\0' ' ' </proc/$(<pid)/cmdline; rm pid process.json
for program in nothing /nothing /etc/passwd /etc; do oci exec box $program | words; done
gone
END
scenario "exec in containers that do not run" '^\[255\]$' <<'END'
prepare true; oci create --bundle box box >/dev/null </dev/null; oci start box; stopped
oci exec box true | sed 's/.*\(not running\|stopped\).*/\1/'
gone
END
scenario "start: twice, and of one that has ended" '^\[1\]$' <<'END'
prepare 'exec sleep 600'; oci create --bundle box box >/dev/null </dev/null; oci start box
oci start box >/dev/null
oci kill box KILL; stopped; oci start box >/dev/null
gone
END
scenario "kill: one that has ended" 'not running' <<'END'
prepare true; oci create --bundle box box >/dev/null </dev/null; oci start box; stopped
oci kill box KILL; oci kill --all box KILL
gone
END
scenario "kill: signals by name and by number" '^usr1$' <<'END'
prepare 'trap "echo usr1" USR1; trap "echo hup; exit 4" HUP; while :; do sleep 0.1; done'; oci create --bundle box box >out </dev/null; oci start box; sleep 0.5
oci kill box USR1; sleep 0.5; oci kill box SIGUSR1; sleep 0.5; oci kill box 10; sleep 0.5; oci kill box NOTHING >/dev/null; oci kill box 1
stopped; cat out; rm out; gone
END
scenario "delete: one that runs" '^\[1\]$' <<'END'
prepare 'exec sleep 600'; oci create --bundle box box >/dev/null </dev/null; oci start box
oci delete box | sed 's/.*\(not stopped\).*/\1/'; state
oci delete --force box; state
END
scenario "pause, resume" '"paused"' <<'END'
prepare 'exec sleep 600'; oci create --bundle box box >/dev/null </dev/null; oci start box
oci pause box; state; cat /sys/fs/cgroup/box/cgroup.freeze
oci pause box >/dev/null; oci exec box true >/dev/null
oci resume box; state; oci resume box >/dev/null
oci pause box; gone
END
scenario "ps, list" '"running"' <<'END'
prepare 'exec sleep 600'; oci create --bundle box box >/dev/null </dev/null; oci start box
oci ps --format json box | jq length; oci ps box | awk '{ print $NF }'
oci list --quiet; oci list --format json | jq -c '.[] | [.id, .status, (.pid > 0), (.bundle | split("/")[-1])]'
gone
END
scenario "update" '^33$' limits <<'END'
prepare 'exec sleep 600' '.linux.resources.pids = {limit: 50}'; oci create --bundle box box >/dev/null </dev/null; oci start box
oci update --pids-limit 33 --memory 67108864 --cpu-quota 50000 --cpu-period 100000 --cpuset-cpus 0 box; (cd /sys/fs/cgroup/box && cat pids.max memory.max cpu.max cpuset.cpus)
echo '{"memory": {"limit": 50331648, "swap": 100663296}, "pids": {"limit": 34}}' | oci update --resources - box; (cd /sys/fs/cgroup/box && cat pids.max memory.max memory.swap.max cpu.max)
gone
END
scenario "hooks" '^poststop stopped$' <<'END'
hook() { echo "{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"echo $1 \$(jq -r .status) >>$work/hooks\"]}"; }
prepare 'echo program' ".hooks = {prestart: [$(hook prestart)], createRuntime: [$(hook createRuntime)], poststart: [$(hook poststart)], poststop: [$(hook poststop)]}"
oci create --bundle box box >/dev/null </dev/null; oci start box; oci delete --force box; cat hooks; rm hooks
END
scenario "a hook that fails" '^\[1\]$' <<'END'
prepare true '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "exit 3"]}]'; oci create --bundle box box >/dev/null </dev/null; state
END
scenario "a mount that fails" '^no such file$' <<'END'
prepare true '.mounts += [{destination: "/x", type: "bind", source: "/nothing", options: ["bind"]}]'; oci create --bundle box box </dev/null | words; state
END
scenario "a cgroup that fails" '^\[1\]$' limits <<'END'
prepare true '.linux.resources.cpu.cpus = "77"'; oci create --bundle box box >/dev/null </dev/null; state
END
scenario "a bundle that is none" '^no such file$' <<'END'
mkdir empty; oci create --bundle empty box | words
oci create --bundle nowhere box | words; rmdir empty
prepare true; echo '{' >box/config.json; oci create --bundle box box >/dev/null
oci state box
END
scenario "spec" '^true$' <<'END'
mkdir new; (cd new && oci spec && jq -c '[.process.args, .process.terminal, .root, (.linux.namespaces | map(.type) | sort)]' config.json; oci spec | words); jq '.ociVersion | startswith("1.")' new/config.json; rm -r new
END
scenario "a terminal" '^/dev/pts/0$' <<'END'
prepare 'tty; exit 3' '.process.terminal = true'; SHELL=/bin/bash script --quiet --return --command "${paths[$runtime]} --root /run/$runtime run --bundle box box" /dev/null | sed 's/\^@//g'
END
