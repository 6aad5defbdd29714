# shellcheck shell=bash disable=SC2016
# A container's life: in the background, exec, stop and the like.

state() { docker inspect --format '{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}} {{.State.Error}}' box; }
until_state() { for _ in {1..100}; do [[ $(docker inspect --format '{{.State.Status}}' box) != "$1" ]] || return 0; sleep 0.1; done; }

scenario "run --detach, logs, wait" '^one$' <<'END'
docker run --detach --network none --name box busybox sh -c 'echo one; echo two >&2; exit 5' >/dev/null
docker wait box
docker logs box
state; gone
END
scenario "logs --follow" '^three$' <<'END'
docker run --detach --network none --name box busybox sh -c 'for i in one two three; do echo $i; sleep 0.3; done' >/dev/null
docker logs --follow box; docker logs --tail 1 box
gone
END
scenario "--detach --tty" 'pts/0' <<'END'
docker run --detach --tty --network none --name box busybox sh -c 'tty; sleep 600' >/dev/null
docker exec --tty box sh -c 'tty; ls /dev/pts'
docker logs box
gone
END
scenario "exec" '^root beside sleep$' <<'END'
sleeper --env A=1
docker exec box sh -c 'echo $(id -un) beside $(cat /proc/1/comm); echo $A $HOME; pwd'
docker exec --user 1000:1000 --workdir /tmp --env B=2 box sh -c 'id; pwd; echo $A $B $HOME; grep Cap /proc/self/status'
docker exec box sh -c 'exit 3'
echo typed | docker exec --interactive box cat
docker exec box sh -c 'ls /proc/self/fd; cat /proc/self/cgroup; cat /proc/self/attr/current; grep -E "Secc|NoNew|Cap" /proc/self/status'
gone
END
scenario "exec: what can't be started" '"nothing-of-that-name": executable file not found in \$PATH' <<'END'
sleeper
docker exec box nothing-of-that-name
docker exec box /etc/passwd
docker exec box /etc
docker exec --workdir /nothing box pwd 2>&1 | words
docker exec --user nobody-of-that-name box id
gone
END
scenario "exec --privileged" '^CapEff:.000001ff' <<'END'
sleeper
docker exec --privileged box grep -E 'Cap|NoNew' /proc/self/status
gone
END
scenario "exec --detach" '^\[0\]$' <<'END'
sleeper
docker exec --detach box sh -c 'echo done >/tmp/done'
for i in {1..50}; do docker exec box cat /tmp/done 2>/dev/null && break; sleep 0.1; done
gone
END
scenario "exec --interactive --tty, on a terminal" '/dev/pts/' <<'END'
sleeper
SHELL=/bin/bash script --quiet --return --command 'stty rows 40 cols 100; docker exec --interactive --tty box sh -c "sleep 1; tty; stty size; exit 4"' /dev/null
gone
END
scenario "exec in containers that do not run" 'is not running' <<'END'
docker create --name box --network none busybox true >/dev/null
docker exec box true | sed 's/container [0-9a-f]*/container ID/'
docker start --attach box
docker exec box true
gone
docker exec box true
END
scenario "stop: a program that heeds it" '^exited 9 ' <<'END'
docker run --detach --network none --name box busybox sh -c 'trap "exit 9" TERM; while :; do sleep 0.1; done' >/dev/null
sleep 1; docker stop --time 20 box; state; gone
END
scenario "stop: a program that does not" '^exited 137 ' <<'END'
sleeper; docker stop --time 1 box; state; gone
END
scenario "stop: --stop-signal" '^exited 3 ' <<'END'
docker run --detach --network none --name box --stop-signal USR1 busybox sh -c 'trap "exit 3" USR1; while :; do sleep 0.1; done' >/dev/null
sleep 1; docker stop --time 20 box; state; gone
END
scenario "kill" '^exited 137 ' <<'END'
sleeper
docker kill --signal NOTHING box
docker kill --signal 0 box
docker kill box; docker wait box; state
docker kill box
gone
END
scenario "kill: other signals" '^caught$' <<'END'
docker run --detach --network none --name box busybox sh -c 'trap "echo caught" USR1; while :; do sleep 0.1; done' >/dev/null
sleep 1; docker kill --signal USR1 box; sleep 1; docker kill --signal 9 box; docker wait box; docker logs box; gone
END
scenario "pause, unpause" '^frozen 1$' <<'END'
sleeper
docker pause box; state; frozen; docker pause box
docker exec box true
docker unpause box; state; frozen; docker unpause box
docker exec box echo again
gone
END
scenario "kill and remove while paused" '^paused 0 ' <<'END'
sleeper; docker pause box; state; docker rm --force box; docker inspect box
END
scenario "top" '^sleep 600' <<'END'
sleeper
docker top box | awk '{ print $1, $NF }'; docker top box -o pid,args | sed 's/^[0-9]* *//'
gone
END
scenario "cp" '^back$' <<'END'
sleeper; echo there >file
docker cp --quiet file box:/tmp/file; docker exec box cat /tmp/file
docker exec box sh -c 'echo back >/tmp/file'; docker cp --quiet box:/tmp/file file; cat file
docker kill box >/dev/null; docker cp --quiet box:/etc/passwd - | tar -tf -
docker cp box:/nothing .
gone; rm file
END
scenario "create, start --attach, restart" '^2$' <<'END'
docker create --name box --network none busybox sh -c 'echo x >>/file; wc -l </file; exit 2' >/dev/null
docker start --attach box
docker restart box; docker wait box
state; gone
END
scenario "start: a program that is not there" '^created 127' <<'END'
docker create --name box --network none busybox nothing-of-that-name >/dev/null
docker start box; state; gone
END
scenario "--restart on-failure" '^2 3$' <<'END'
docker run --detach --network none --name box --restart on-failure:2 busybox sh -c 'exit 3' >/dev/null
for i in {1..100}; do [ "$(docker inspect --format '{{.RestartCount}} {{.State.Status}}' box)" != "2 exited" ] || break; sleep 0.2; done
docker inspect --format '{{.RestartCount}} {{.State.ExitCode}}' box; gone
END
scenario "--restart always, after a kill of the program" '^1 running$' <<'END'
sleeper --restart always
pid=$(docker inspect --format '{{.State.Pid}}' box); [ "$pid" -gt 1 ] && kill -KILL "$pid"
for i in {1..100}; do [ "$(docker inspect --format '{{.RestartCount}} {{.State.Status}}' box)" != "1 running" ] || break; sleep 0.2; done
docker inspect --format '{{.RestartCount}} {{.State.Status}}' box; gone
END
scenario "--restart unless-stopped, and another start of the daemon" '^exited after a stop$' <<'END'
sleeper --restart unless-stopped
service restart docker; until_state running; state; docker exec box echo it lives
docker stop --time 1 box >/dev/null; service restart docker; sleep 2
docker inspect --format '{{.State.Status}} after a stop' box; gone
END
scenario "health checks" '^healthy$' <<'END'
sleeper --health-cmd 'test -e /tmp/well' --health-interval 1s --health-timeout 20s --health-retries 1
for i in {1..40}; do [ "$(docker inspect --format '{{.State.Health.Status}}' box)" != unhealthy ] || break; sleep 0.5; done
docker inspect --format '{{.State.Health.Status}}' box; docker exec box touch /tmp/well
for i in {1..40}; do [ "$(docker inspect --format '{{.State.Health.Status}}' box)" != healthy ] || break; sleep 0.5; done
docker inspect --format '{{.State.Health.Status}}' box; gone
END
scenario "attach, and detach by keys" '^1 running$' <<'END'
docker run --detach --interactive --tty --network none --name box busybox sh -c 'echo ready; read line; echo got $line; sleep 600' >/dev/null
typed_until_detached | SHELL=/bin/bash script --quiet --return --command 'timeout 60 docker attach box' /dev/null | grep -o 'got hello'
docker inspect --format '1 {{.State.Status}}' box; gone
END
scenario "a name that is taken" '^\[125\]$' <<'END'
sleeper
docker run --name box --network none busybox true
gone
END
scenario "containers that are not there" 'No such container' <<'END'
docker start box; docker kill box; docker rm box; docker pause box; docker logs box; docker stop box
END
scenario "diff, commit, export" '^A /new$' <<'END'
docker run --network none --name box busybox sh -c 'echo x >/new; rm /etc/group'
docker diff box | sort
docker commit box second >/dev/null && quick second cat /new
docker export box | tar -tf - new
gone; docker rmi second | grep -c Untagged
END
scenario "rename, events" '^container start' <<'END'
since=$(date +%s)
docker run --name box --network none busybox true
docker rename box other; docker rm other
docker events --since $since --until $(($(date +%s) + 1)) --format '{{.Type}} {{.Action}} {{.Actor.Attributes.exitCode}}' | grep -v network
END
scenario "the program that outlives its parent" '^\[0\]$' <<'END'
docker run --network none --name box busybox sh -c 'sleep 600 & exit 0'
state; gone
END
scenario "much output" '^\[0\]$' <<'END'
quick busybox sh -c 'seq 1 200000' | md5sum
quick busybox sh -c 'seq 1 100000 >&2' 2>&1 | md5sum
END
scenario "--cidfile, --label, ps" '^box busybox' <<'END'
sleeper --cidfile cid --label key=value
wc -c <cid; rm cid
docker ps --format '{{.Names}} {{.Image}} {{.State}} {{.Labels}}'
gone
END
scenario "mount failures" '^no such file$' <<'END'
quick --volume /dev/null:/proc/self/x busybox true 2>&1 | words
quick --mount type=volume,target=/v,volume-opt=type=nothing,volume-opt=device=/x busybox true 2>&1 | words
docker volume prune --force --all >/dev/null
END
